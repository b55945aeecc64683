"""States: what is published, when it changed, who is told, and that a doubted entity is never believed."""

import json
import tracemalloc
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from linli.bus import Event, EventBus
from linli.clock import SimulatedClock
from linli.context import Context
from linli.errors import InvalidRequest
from linli.ids import EntityId, PluginDomain, UserId
from linli.ledger import Ledger
from linli.states import (
    DOUBT_SINCE,
    MOST_AT_ONCE,
    STATE_CHANGED,
    STATE_REPORTED,
    UNAVAILABLE,
    UNKNOWN,
    StateChange,
    StateStore,
)

DOOR = EntityId("binary_sensor.door")
LAMP = EntityId("light.lamp")
GUARD, LIFT = PluginDomain("guard"), PluginDomain("lift")


@pytest.fixture
def changes(bus: EventBus) -> list[StateChange]:
    heard: list[StateChange] = []
    bus.listen(STATE_CHANGED, heard.append)  # type: ignore[arg-type]  # every state_changed is a StateChange
    return heard


async def test_the_three_times_move_as_home_assistants_do(states: StateStore, clock: SimulatedClock) -> None:
    start = clock.timestamp()

    def times() -> tuple[float, float, float]:
        state = states.get(DOOR)
        assert state is not None
        return (state.last_changed - start, state.last_updated - start, state.last_reported - start)

    states.set(DOOR, "on", {"a": 1})
    await clock.forward(1)
    states.set(DOOR, "on", {"a": 1})
    assert times() == (0, 0, 1)
    await clock.forward(1)
    states.set(DOOR, "on", {"a": 2})
    assert times() == (0, 2, 2)
    await clock.forward(1)
    states.set(DOOR, "off", {"a": 2})
    assert times() == (3, 3, 3)
    await clock.forward(1)
    states.set(DOOR, "off", {"a": 2}, force=True)
    assert times() == (4, 4, 4)


def test_only_what_differs_is_told_and_what_is_repeated_is_reported_to_those_who_ask(
    states: StateStore, bus: EventBus, changes: list[StateChange]
) -> None:
    reported: list[Event[Any]] = []
    states.set(DOOR, "on")
    bus.listen(STATE_REPORTED, reported.append)
    states.set(DOOR, "on")
    states.set(DOOR, "off")
    assert [(change.old and change.old.state, change.new and change.new.state) for change in changes] == [
        (None, "on"),
        ("on", "off"),
    ]
    assert [event.data["entity_id"] for event in reported] == [DOOR]


def test_a_change_carries_its_cause_into_event_and_state(states: StateStore, changes: list[StateChange]) -> None:
    cause = Context(UserId("anna"))
    states.set(DOOR, "on", context=cause)
    event, state = json.loads(changes[0].json()), states.get(DOOR)
    assert state is not None
    assert state.context is cause
    assert event["context"] == event["data"]["new_state"]["context"] == cause.as_dict()
    assert changes[0].data["new_state"] is state


def test_the_json_of_a_state_is_made_once_and_follows_its_reports(states: StateStore, clock: SimulatedClock) -> None:
    state = states.set(DOOR, "on", {"colours": {"red"}, 5: "five"})
    assert state.json() is state.json()
    assert json.loads(state.json())["attributes"] == {"colours": ["red"], "5": "five"}
    before = state.json()
    states.set(DOOR, "on", {"colours": {"red"}, 5: "five"})
    assert json.loads(state.json())["last_reported"] == json.loads(before)["last_reported"]


def test_followers_of_one_entity_hear_it_alone_also_before_it_exists(states: StateStore) -> None:
    heard: list[str] = []
    unsubscribe = states.track([DOOR, DOOR], lambda change: heard.append(change.entity_id), LIFT)
    states.set(LAMP, "on")
    states.set(DOOR, "on")
    states.remove(DOOR)
    states.set(DOOR, "on")
    unsubscribe()
    unsubscribe()
    states.set(DOOR, "off")
    assert heard == [DOOR] * 3
    assert states.tracked() == 0


def test_names_that_were_only_followed_leave_nothing_behind(states: StateStore) -> None:
    for number in range(100):
        states.track([EntityId(f"a.n{number}")], lambda change: None)()
    assert states._slots == {}


def test_a_follower_that_raises_keeps_nobody_from_hearing(states: StateStore, ledger: Ledger) -> None:
    heard: list[StateChange] = []
    states.track([DOOR], lambda change: 1 / 0, LIFT)
    states.track([DOOR], heard.append, GUARD)
    states.set(DOOR, "on")
    assert len(heard) == 1
    assert ledger.account(LIFT).counts == {"error": 1}


def test_what_has_no_state_is_not_counted_or_listed(states: StateStore) -> None:
    states.track([LAMP], lambda change: None)
    states.set(DOOR, "on")
    assert (len(states), states.ids(), [state.entity_id for state in states.all()]) == (1, [DOOR], [DOOR])
    assert states.ids("light") == []
    assert states.get(LAMP) is None
    assert states.remove(LAMP) is False
    assert states.remove(DOOR) is True
    assert len(states) == 0


def test_a_live_entity_whose_state_was_deleted_comes_back_with_its_next_write(
    states: StateStore, changes: list[StateChange]
) -> None:
    slot = states.slot(DOOR)
    slot.owner = LIFT
    states.write(slot, "on", {})
    states.remove(DOOR)
    assert (states.get(DOOR), states.owner(DOOR)) == (None, LIFT)
    states.write(slot, "off", {})
    state = states.get(DOOR)
    assert state is not None
    assert (state.state, state.context.plugin, len(changes)) == ("off", LIFT, 3)


def test_a_released_entity_belongs_to_nobody(states: StateStore) -> None:
    slot = states.slot(DOOR)
    slot.owner = LIFT
    states.write(slot, "on", {})
    states.release(slot)
    assert (states.owner(DOOR), states.get(DOOR), len(states), states._slots) == (None, None, 0, {})


def test_a_state_too_long_is_refused_and_nothing_is_written(states: StateStore) -> None:
    with pytest.raises(InvalidRequest):
        states.set(DOOR, "x" * 256)
    assert len(states) == 0


# doubts --------------------------------------------------------------------------------------------------------------


def published(states: StateStore, entity_id: EntityId = DOOR) -> tuple[str, Mapping[str, Any]]:
    state = states.get(entity_id)
    assert state is not None
    return state.state, state.attributes


async def test_a_doubted_entity_is_unknown_since_the_first_doubt_and_keeps_what_stays_true(
    states: StateStore, clock: SimulatedClock
) -> None:
    slot = states.slot(DOOR)
    slot.descriptive = {"device_class": "door"}
    states.write(slot, "off", {"device_class": "door", "battery": 5})
    since = clock.now().isoformat()
    states.doubt(DOOR, GUARD, "silent")
    await clock.forward(60)
    states.doubt(DOOR, LIFT, "stale")
    states.doubt(DOOR, LIFT, "stale")
    assert published(states) == (UNKNOWN, {"device_class": "door", DOUBT_SINCE: since})
    assert [(doubt.source, doubt.reason) for doubt in states.doubts(DOOR)] == [(GUARD, "silent"), (LIFT, "stale")]
    states.doubt(DOOR, GUARD, "gone", no_connection=True)
    assert published(states)[0] == UNAVAILABLE


def test_only_a_fresh_reading_ends_a_doubt(states: StateStore) -> None:
    slot = states.slot(DOOR)
    states.write(slot, "off", {})
    states.doubt(DOOR, GUARD, "silent")
    states.write(slot, "on", {}, fresh=False)
    assert published(states)[0] == UNKNOWN
    states.write(slot, "on", {})
    assert published(states) == ("on", {})
    assert states.doubts(DOOR) == ()


def test_a_value_set_by_api_ends_no_doubt_about_a_plugins_entity(states: StateStore) -> None:
    slot = states.slot(DOOR)
    slot.owner = LIFT
    states.write(slot, "off", {})
    states.doubt(DOOR, GUARD, "silent")
    assert states.set(DOOR, "off").state == UNKNOWN
    states.set(LAMP, "on")
    states.doubt(LAMP, GUARD, "silent")
    assert states.set(LAMP, "on").state == "on"


def test_a_doubt_survives_a_reload_until_the_first_fresh_reading(states: StateStore) -> None:
    slot = states.slot(DOOR)
    slot.owner = LIFT
    states.write(slot, "off", {})
    states.doubt(DOOR, GUARD, "silent")
    states.release(slot)
    again = states.slot(DOOR)
    again.owner = LIFT
    states.write(again, "off", {}, fresh=False)
    assert published(states)[0] == UNKNOWN
    states.write(again, "off", {})
    assert published(states)[0] == "off"


def test_a_doubt_about_a_name_without_a_state_makes_none(states: StateStore, changes: list[StateChange]) -> None:
    states.doubt(DOOR, GUARD, "silent")
    assert (states.get(DOOR), len(states), changes) == (None, 0, [])


words = st.sampled_from(["on", "off", "12"])
sources = st.sampled_from([GUARD, LIFT])


class Doubting(RuleBasedStateMachine):
    """Whatever happens to an entity, while it is doubted nobody is told a reading of it."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SimulatedClock()
        ledger = Ledger(self.clock)
        bus = EventBus(self.clock, ledger)
        self.states = StateStore(self.clock, bus, ledger)
        self.doubted = False
        self.told: list[str] = []
        bus.listen("*", self.hear)

    def hear(self, change: Event[Any]) -> None:
        if isinstance(change, StateChange) and change.new is not None:
            self.told.append(change.new.state)
            believed = change.new.state not in (UNKNOWN, UNAVAILABLE) or DOUBT_SINCE not in change.new.attributes
            if self.doubted and believed:
                self.told.append("a doubted reading")

    @rule(state=words)
    def fresh_reading(self, state: str) -> None:
        self.doubted = False
        self.states.write(self.states.slot(DOOR), state, {"n": state})
        assert published(self.states) == (state, {"n": state})

    @rule(state=words)
    def old_reading(self, state: str) -> None:
        self.states.write(self.states.slot(DOOR), state, {}, fresh=False)

    @rule(state=words)
    def set_by_name(self, state: str) -> None:
        if self.states.owner(DOOR) is None:
            self.doubted = False
        self.states.set(DOOR, state)

    @rule(source=sources, reason=words, no_connection=st.booleans())
    def doubt(self, source: PluginDomain, reason: str, no_connection: bool) -> None:
        self.doubted = True
        self.states.doubt(DOOR, source, reason, no_connection=no_connection)

    @rule()
    def delete(self) -> None:
        if self.states.remove(DOOR) and self.states.owner(DOOR) is None:
            self.doubted = False

    @rule()
    def own(self) -> None:
        self.states.slot(DOOR).owner = LIFT

    @rule()
    def release(self) -> None:
        self.states.release(self.states.slot(DOOR))

    @rule(unit=words)
    def describe(self, unit: str) -> None:
        self.states.describe(self.states.slot(DOOR), {"unit": unit})

    @invariant()
    def nothing_doubted_is_shown(self) -> None:
        state = self.states.get(DOOR)
        assert "a doubted reading" not in self.told
        assert bool(self.states.doubts(DOOR)) == self.doubted
        assert len(self.states) == (state is not None)
        if self.doubted and state is not None:
            assert state.state in (UNKNOWN, UNAVAILABLE)
            assert DOUBT_SINCE in state.attributes


TestDoubting = Doubting.TestCase
TestDoubting.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def test_the_short_form_names_only_what_differs_from_the_ordinary(states: StateStore) -> None:
    states.set(DOOR, "on", {"a": 1}, Context(id="C1"))
    state = states.get(DOOR)
    assert state is not None
    assert json.loads(b"{%b}" % state.short_json()) == {
        DOOR: {"s": "on", "a": {"a": 1}, "c": "C1", "lc": state.last_changed}
    }
    cause = {"id": "C2", "parent_id": "C1", "user_id": None}
    states.set(LAMP, "off", {}, Context(id="C2", parent_id="C1"))
    caused = states.get(LAMP)
    assert caused is not None
    assert json.loads(b"{%b}" % caused.short_json())[LAMP]["c"] == cause


async def test_both_forms_are_made_once_and_anew_when_the_state_is(states: StateStore, clock: SimulatedClock) -> None:
    first = states.set(DOOR, "on", {"a": 1})
    assert (first.json(), first.short_json()) == (first.json(), first.short_json())
    assert first.json() is first.json()
    assert first.short_json() is first.short_json()
    await clock.forward(1)
    second = states.set(DOOR, "on", {"a": 2})
    for form in (second.json(), second.short_json()):
        assert b'"a":2' in form
    assert json.loads(b"{%b}" % second.short_json())[DOOR]["lu"] == second.last_updated
    before = second.json()
    await clock.forward(1)
    assert states.set(DOOR, "on", {"a": 2}) is second
    assert second.json() != before, "last_reported has moved on"


def test_what_is_kept_of_a_state_takes_little_more_than_its_text(states: StateStore) -> None:
    written = [states.set(EntityId(f"sensor.s{number}"), "1", {"unit": "W"}) for number in range(200)]
    tracemalloc.start()
    try:
        text = sum(len(state.json()) + len(state.short_json()) for state in written)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept / len(written) < text / len(written) + 300, "two objects' heads and the context's id"


def test_one_listener_follows_many_entities_and_leaves_all_of_them(states: StateStore) -> None:
    heard: list[StateChange] = []
    others: list[StateChange] = []
    leave = states.track([DOOR, LAMP, DOOR], heard.append)
    states.track([LAMP], others.append)
    states.set(DOOR, "on")
    states.set(LAMP, "on")
    assert [change.entity_id for change in heard] == [DOOR, LAMP]
    leave()
    states.set(DOOR, "off")
    states.set(LAMP, "off")
    assert (len(heard), len(others), states.tracked()) == (2, 2, 1)


def test_attributes_that_json_cannot_write_are_shown_as_far_as_they_can_be_and_charged_to_their_owner_once(
    states: StateStore, ledger: Ledger
) -> None:
    states.slot(LAMP).owner = LIFT
    for number in range(3):
        states.set(LAMP, "on", {"step": Decimal("0.5"), "number": number})
        state = states.get(LAMP)
        assert state is not None
        assert state.as_dict()["attributes"] == {"step": "0.5", "number": number}
        assert b'"step":"0.5"' in state.short_json()
    assert ledger.account(LIFT).counts == {"error": 1}
    states.remove(LAMP)
    states.set(LAMP, "on", {"step": Decimal("0.5")}).json()
    assert ledger.account(LIFT).counts == {"error": 2}


def seen(changes: list[StateChange]) -> list[tuple[str | None, str | None]]:
    """From which state to which."""
    return [(change.old and change.old.state, change.new and change.new.state) for change in changes]


async def test_what_a_listener_writes_back_is_heard_after_what_it_answers_by_everybody(
    states: StateStore, changes: list[StateChange], bus: EventBus
) -> None:
    followed: list[StateChange] = []
    everything: list[str] = []

    def correct(change: StateChange) -> None:
        assert change.new is not None
        if change.new.state == "1":
            states.set(LAMP, "2")
            states.set(LAMP, "2")
            states.doubt(LAMP, GUARD, "silent")
            assert states.get(LAMP).state == UNKNOWN  # type: ignore[union-attr]  # it was just written

    states.track([LAMP], correct)
    states.track([LAMP], followed.append)
    bus.listen(STATE_REPORTED, lambda event: everything.append("reported"))
    bus.listen("*", lambda event: everything.append(event.new.state))  # type: ignore[attr-defined]  # all are changes
    states.set(LAMP, "1")
    assert seen(followed) == seen(changes) == [(None, "1"), ("1", "2"), ("2", UNKNOWN)]
    assert everything == ["1", "2", "reported", UNKNOWN]


def test_who_listens_only_since_a_change_does_not_hear_of_it_and_who_left_hears_no_more(states: StateStore) -> None:
    heard: list[str] = []

    def first(change: StateChange) -> None:
        heard.append("once")
        leave()
        states.set(LAMP, "2")
        states.track([LAMP], lambda change: heard.append(f"late {change.new and change.new.state}"))

    leave = states.track([LAMP], first)
    states.track([LAMP], lambda change: heard.append(f"always {change.new and change.new.state}"))
    states.set(LAMP, "1")
    states.set(LAMP, "3")
    assert heard == ["once", "always 1", "always 2", "always 3", "late 3"]


@pytest.mark.parametrize("listeners", [1, 2])
def test_listeners_that_answer_each_other_for_ever_are_stopped_and_charged(
    states: StateStore, ledger: Ledger, listeners: int
) -> None:
    for _ in range(listeners):
        states.track([LAMP], lambda change: states.set(LAMP, str(states.writes)), LIFT)
    states.set(LAMP, "on")
    assert "error" in ledger.account(LIFT).counts
    assert states.writes <= MOST_AT_ONCE + 1
    states.track([DOOR], lambda change: states.set(EntityId("x.y"), "on"), GUARD)
    states.set(DOOR, "on")
    assert states.get("x.y") is not None
    assert "error" not in ledger.account(GUARD).counts


def test_what_the_caller_does_to_its_attributes_afterwards_changes_no_state(
    states: StateStore, changes: list[StateChange]
) -> None:
    attributes = {"a": 1}
    before = states.set(LAMP, "on", attributes)
    attributes["a"] = 2
    assert before.attributes == {"a": 1}
    states.set(LAMP, "on", attributes)
    assert [change.new and change.new.attributes for change in changes] == [{"a": 1}, {"a": 2}]
