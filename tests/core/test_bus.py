"""Events: who hears what, in which order, and that one listener's fault is its own."""

import asyncio
import json
import time
from collections import deque
from typing import Any

import pytest

from linli.bus import LONGEST_CHAIN, MOST_AT_ONCE, REMOTE, Event, EventBus
from linli.clock import SimulatedClock
from linli.context import Context
from linli.ids import PluginDomain, UserId
from linli.ledger import SLOW_CALL_S, Ledger

LIFT = PluginDomain("lift")


def test_listeners_hear_their_type_in_the_order_of_listening_and_those_to_all_after_them(bus: EventBus) -> None:
    heard: list[str] = []
    bus.listen("*", lambda event: heard.append(f"all {event.event_type}"))
    bus.listen("rang", lambda event: heard.append("first"))
    bus.listen("rang", lambda event: heard.append("second"))
    bus.fire("rang")
    bus.fire("other")
    assert heard == ["first", "second", "all rang", "all other"]


def test_everybody_gets_the_same_event_with_its_cause_and_time(bus: EventBus, clock: SimulatedClock) -> None:
    heard: list[Event[Any]] = []
    bus.listen("rang", heard.append)
    bus.listen("rang", heard.append)
    fired = bus.fire("rang", {"door": {3}}, Context(UserId("anna")), REMOTE)
    assert heard[0] is heard[1] is fired
    assert json.loads(fired.json()) == {
        "event_type": "rang",
        "data": {"door": [3]},
        "origin": "REMOTE",
        "time_fired": "2025-01-01T00:00:00+00:00",
        "context": {"id": fired.context.id, "parent_id": None, "user_id": "anna"},
    }
    assert fired.json() is fired.json()


def test_a_listener_may_leave_and_others_may_come_while_an_event_is_told(bus: EventBus) -> None:
    heard: list[str] = []

    def once(_: Event[Any]) -> None:
        heard.append("once")
        leave()
        bus.listen("rang", lambda event: heard.append("late"))

    leave = bus.listen("rang", once)
    bus.listen("rang", lambda event: heard.append("always"))
    bus.fire("rang")
    bus.fire("rang")
    assert heard == ["once", "always", "always", "late"]


def test_what_a_listener_fires_is_told_when_all_have_heard_what_it_answers(bus: EventBus) -> None:
    heard: list[str] = []

    def open_the_door(_: Event[Any]) -> None:
        heard.append("first rang")
        bus.fire("opened")
        bus.fire("lit")
        bus.listen("opened", lambda event: heard.append("a late one opened"))

    bus.listen("rang", open_the_door)
    bus.listen("rang", lambda event: heard.append("second rang"))
    bus.listen("opened", lambda event: heard.append("opened"))
    bus.listen("*", lambda event: heard.append(f"all {event.event_type}"))
    bus.fire("rang")
    assert heard == ["first rang", "second rang", "all rang", "opened", "all opened", "all lit"]
    heard.clear()
    bus.fire("opened")
    assert heard == ["opened", "a late one opened", "all opened"]


@pytest.mark.parametrize("echoes", [1, 2, 3])
def test_listeners_that_answer_themselves_are_charged_and_end(bus: EventBus, ledger: Ledger, echoes: int) -> None:
    heard: list[int] = []
    for _ in range(echoes):
        bus.listen("rang", lambda event: bus.fire("rang") and None, LIFT)
    bus.listen("rang", lambda event: heard.append(1))
    bus.fire("rang")
    assert LONGEST_CHAIN <= len(heard) <= 2 * MOST_AT_ONCE
    assert ledger.account(LIFT).counts["error"] > 0
    heard.clear()
    bus.fire("other")
    bus.listen("quiet", lambda event: bus.fire("other"))
    bus.fire("quiet")
    assert heard == []
    assert bus._waiting == deque()


def test_types_that_nobody_hears_any_more_leave_nothing_behind(bus: EventBus) -> None:
    kept = set(bus._by_type)
    for number in range(100):
        bus.listen(f"type_{number}", lambda event: None)()
    assert set(bus._by_type) == kept


def test_leaving_twice_takes_no_later_listener_along(bus: EventBus) -> None:
    heard: list[Event[Any]] = []
    leave = bus.listen("rang", lambda event: None)
    leave()
    bus.listen("rang", heard.append)
    leave()
    bus.fire("rang")
    assert len(heard) == 1
    assert bus.counts() == {"rang": 1}


def test_listeners_that_somebody_holds_stay_the_same(bus: EventBus) -> None:
    held = bus.listeners_of("rang")
    bus.listen("rang", lambda event: None)()
    bus.listen("rang", lambda event: None)
    assert len(held.members) == 1


@pytest.mark.parametrize("error", [ValueError("mine"), asyncio.CancelledError()], ids=["error", "a cancelled future"])
def test_a_listener_that_raises_stops_nobody_and_is_charged(
    bus: EventBus, ledger: Ledger, error: BaseException
) -> None:
    heard: list[Event[Any]] = []

    def broken(_: Event[Any]) -> None:
        raise error

    bus.listen("rang", broken, LIFT)
    bus.listen("rang", heard.append)
    bus.fire("rang")
    assert len(heard) == 1
    assert ledger.account(LIFT).counts == {"error": 1}
    assert "broken" in ledger.account(LIFT).recent[0].where


def test_a_listener_that_holds_the_loop_is_charged(bus: EventBus, ledger: Ledger) -> None:
    bus.listen("rang", lambda event: __import__("time").sleep(SLOW_CALL_S + 0.005), LIFT)
    bus.fire("rang")
    assert ledger.account(LIFT).counts == {"slow": 1}


def test_what_was_fired_is_counted(bus: EventBus) -> None:
    bus.fire("rang")
    bus.fire("rang")
    assert bus.fired == 2


def test_thousands_of_listeners_leave_about_as_fast_as_they_came(bus: EventBus) -> None:
    began = time.process_time()
    leaving = [bus.listen("rang", lambda event: None) for _ in range(3_000)]
    came = time.process_time()
    for leave in leaving:
        leave()
    left = time.process_time()
    assert left - came < 2 * (came - began)
    assert "rang" not in bus._by_type
