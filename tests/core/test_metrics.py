"""Metrics: what is counted, how it reads, and that one failing reading hides no other."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.bus import EventBus
from linli.clock import SimulatedClock
from linli.errors import ContractError
from linli.hub_metrics import LoopLag, measure_plugins, measure_states
from linli.ids import EntityId, PluginDomain
from linli.ledger import Ledger
from linli.metrics import MAX_SERIES, Metrics
from linli.states import StateStore

LIFT = PluginDomain("lift")
LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\.)*)"')
UNESCAPED = {r"\\": "\\", r"\n": "\n", r"\"": '"'}

Sample = tuple[str, tuple[tuple[str, str], ...]]


def unescaped(raw: str) -> str:
    return re.sub(r"\\.", lambda found: UNESCAPED[found.group()], raw)


def read(text: bytes) -> dict[Sample, float]:
    """The samples of an exposition, by the format's own description; fails on any line that is not of it."""
    samples: dict[Sample, float] = {}
    typed: set[str] = set()
    for line in text.decode().removesuffix("\n").split("\n"):
        if line.startswith("# TYPE "):
            typed.add(line.split(" ")[2])
        elif not line.startswith("# HELP "):
            match = LINE.fullmatch(line)
            assert match is not None, line
            name, labels, value = match.groups()
            assert any(name.startswith(family) for family in typed), line
            pairs = [
                (key, re.sub(r"\\.", lambda found: UNESCAPED[found.group()], raw))
                for key, raw in LABEL.findall(labels or "")
            ]
            samples[name, tuple(pairs)] = float(value)
    return samples


@pytest.fixture
def metrics(ledger: Ledger) -> Metrics:
    return Metrics(ledger)


def test_a_counter_counts_by_its_labels(metrics: Metrics) -> None:
    counter = metrics.counter("calls_total", "Calls", ["to"])
    counter.add("lift")
    counter.add("lift", by=2)
    metrics.counter("calls_total", "Calls", ["to"]).add("bell")
    metrics.counter("idle_total", "Nothing yet")
    assert read(metrics.expose()) == {
        ("calls_total", (("to", "lift"),)): 3,
        ("calls_total", (("to", "bell"),)): 1,
        ("idle_total", ()): 0,
    }


@given(st.text(), st.text(), st.floats() | st.integers(-(2**53), 2**53))
def test_any_text_and_number_is_read_back_as_it_was(help: str, label: str, value: float) -> None:
    metrics = Metrics(Ledger(SimulatedClock()))
    metrics.gauge("g", help, lambda: {(label,): value}, ["of"])
    (found,) = read(metrics.expose()).items()
    assert found[0] == ("g", (("of", label),))
    assert found[1] == value or (math.isnan(found[1]) and math.isnan(value))


def test_a_histogram_is_cumulative_and_includes_its_bounds(metrics: Metrics) -> None:
    histogram = metrics.histogram("t_seconds", "Time", buckets=(0.1, 1))
    for value in (0.1, 0.05, 0.5, 7):
        histogram.observe(value)
    found = {(name, dict(labels).get("le")): value for (name, labels), value in read(metrics.expose()).items()}
    assert found == {
        ("t_seconds_bucket", "0.1"): 2,
        ("t_seconds_bucket", "1"): 3,
        ("t_seconds_bucket", "+Inf"): 4,
        ("t_seconds_sum", None): pytest.approx(7.65),
        ("t_seconds_count", None): 4,
    }


def test_a_reading_that_fails_is_charged_and_hides_no_other(metrics: Metrics, ledger: Ledger) -> None:
    metrics.gauge("broken", "Fails", lambda: 1 / 0, owner=LIFT)
    metrics.gauge("mislabelled", "Too many labels", lambda: {("a", "b"): 1}, ["one"], owner=LIFT)
    metrics.gauge("fine", "Works", lambda: 5)
    assert read(metrics.expose()) == {("fine", ()): 5}
    assert ledger.account(LIFT).counts == {"error": 2}


def test_a_gauge_that_was_taken_away_is_gone_and_its_name_is_free(metrics: Metrics) -> None:
    remove = metrics.gauge("queue", "Length", lambda: 1)
    remove()
    metrics.gauge("queue", "Length", lambda: 2)
    remove()
    assert read(metrics.expose()) == {("queue", ()): 2}


def test_labels_without_end_are_counted_together(metrics: Metrics) -> None:
    counter, histogram = metrics.counter("c_total", "C", ["x"]), metrics.histogram("h", "H", ["x"], buckets=(1,))
    for number in range(MAX_SERIES + 10):
        counter.add(str(number))
        histogram.observe(1, str(number))
    found = read(metrics.expose())
    assert found["c_total", (("x", "other"),)] == 10
    assert found["h_count", (("x", "other"),)] == 10
    assert len(found) == (MAX_SERIES + 1) * 5


def test_names_that_clash_or_are_none_are_refused(metrics: Metrics) -> None:
    metrics.counter("a_total", "A")
    metrics.gauge("g", "G", lambda: 1)
    for make in (
        lambda: metrics.counter("a", "A"),
        lambda: metrics.counter("a_total", "A", ["other"]),
        lambda: metrics.gauge("a_total", "A", lambda: 1),
        lambda: metrics.histogram("a_total", "A"),
        lambda: metrics.gauge("g", "G", lambda: 2),
        lambda: metrics.gauge("no name", "N", lambda: 1),
        lambda: metrics.gauge("n", "N", dict, ["Label"]),
    ):
        with pytest.raises(ContractError):
            make()
    assert read(metrics.expose()) == {("a_total", ()): 0, ("g", ()): 1}


def test_the_hub_shows_what_plugins_cost_and_what_happens(
    metrics: Metrics, ledger: Ledger, states: StateStore, bus: EventBus
) -> None:
    measure_plugins(metrics, ledger)
    measure_states(metrics, states, bus)
    ledger.note(LIFT, "dropped", "queue", "full")
    ledger.account(LIFT).hook_calls = 3
    ledger.account(LIFT).hook_seconds = 0.5
    states.set(EntityId("light.a"), "on")
    states.set(EntityId("light.a"), "off")
    bus.listen("rung", lambda event: None)
    bus.fire("rung")
    states.track([EntityId("light.a")], lambda change: None)
    found = read(metrics.expose())
    assert found["linli_plugin_hook_calls_total", (("plugin", "lift"),)] == 3
    assert found["linli_plugin_hook_seconds_total", (("plugin", "lift"),)] == 0.5
    assert found["linli_plugin_charges_total", (("plugin", "lift"), ("kind", "dropped"))] == 1
    assert (found["linli_states", ()], found["linli_state_changes_total", ()]) == (1, 2)
    assert (found["linli_events_total", ()], found["linli_state_listeners", ()]) == (1, 1)
    assert found["linli_listeners", (("event_type", "rung"),)] == 1


async def test_loop_lag_is_sampled_each_second_until_it_is_stopped(metrics: Metrics, clock: SimulatedClock) -> None:
    lag = LoopLag(clock, metrics)
    lag.start()
    await clock.forward(seconds=5)
    lag.stop()
    await clock.forward(seconds=5)
    assert read(metrics.expose())["linli_loop_lag_seconds_count", ()] == 5
    assert lag.worst == 0


async def test_work_that_holds_the_loop_shows_as_lag(metrics: Metrics) -> None:
    class Late(SimulatedClock):
        """Time as it is when something held the loop for 0.2 s before each timer."""

        def monotonic(self) -> float:
            return super().monotonic() + 0.2

    clock = Late()
    lag = LoopLag(clock, metrics)
    lag.start()
    await clock.forward(seconds=1)
    lag.stop()
    assert lag.worst == pytest.approx(0.2)
