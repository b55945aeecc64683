"""The seam between the past that was read and what comes live, by itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from linli import Context, EntityId, State, StateChange, loads
from linli_history.stream import HistoryStream
from linli_recorder.api import StatesAsked


def changed(at: float) -> StateChange:
    state = State(EntityId("light.a"), f"at {at}", {}, at, at, Context())
    return StateChange(state.entity_id, None, state, state.context, at)


@pytest.mark.parametrize(
    ("read_until", "told"), [(4.0, ["at 5.0", "at 6.0"]), (5.0, ["at 5.0", "at 6.0"]), (5.5, ["at 6.0"])]
)
def test_what_came_at_the_very_moment_until_which_was_read_is_told_live(read_until: float, told: list[str]) -> None:
    """Reading ends before that moment (``RecorderApi.settle``): a change at it is in one of the two only."""
    events: list[Any] = []
    view = SimpleNamespace(mask=lambda state: state, sees_event=lambda change: True)
    call: Any = SimpleNamespace(view=view, event=lambda payload, about: events.append(loads(payload)))
    states = SimpleNamespace(track=lambda entity_ids, heard: lambda: None)
    stream = HistoryStream(
        SimpleNamespace(states=states),
        call,
        StatesAsked(("light.a",), 0.0, 10.0),
        None,  # type: ignore[arg-type]
    )
    for at in (5.0, 6.0):
        stream._heard(changed(at))
    stream.open([], read_until)
    assert [row["s"] for row in events[1]["states"]["light.a"]] == told
