"""Who names an entity is known without a look at all the others."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linli.auth.naming import NAMES, Naming, each_named
from linli.clock import SimulatedClock
from linli.context import Context
from linli.ids import EntityId
from linli.state import State, StateChange

IDS = [f"light.{letter}" for letter in "abc"]
NAMED = st.none() | st.sampled_from(IDS) | st.lists(st.sampled_from(IDS) | st.integers(0, 1), max_size=4)
NOW = SimulatedClock().timestamp()


def change(namer: str, attributes: dict[str, Any] | None) -> StateChange:
    context = Context()
    new = None if attributes is None else State(EntityId(namer), "on", attributes, NOW, NOW, context)
    return StateChange(EntityId(namer), None, new, context, NOW)


@given(st.lists(st.tuples(st.sampled_from(["scene.x", "group.y"]), st.booleans(), NAMED), max_size=12))
def test_it_says_what_the_last_states_say(steps: list[tuple[str, bool, Any]]) -> None:
    naming, shown = Naming(), dict[str, Any]()
    for namer, there, named in steps:
        naming.heard(change(namer, {NAMES: named} if there else None))
        shown[namer] = named if there else None
    for entity_id in IDS:
        assert set(naming.namers_of(entity_id)) == {n for n, named in shown.items() if entity_id in each_named(named)}
    for namer in shown:
        naming.heard(change(namer, None))
    assert naming._namers == {}, "what names nothing any more costs no memory"
    assert naming._named == {}
