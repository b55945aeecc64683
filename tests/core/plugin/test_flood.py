"""One plugin that does too much at once disturbs nobody, loses no last word, and is charged; safety knows no limit."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.clock import SimulatedClock
from linli.errors import Busy
from linli.hub import Hub
from linli.ids import EntityId, PluginDomain
from linli.plugin.flood import CALLS, EVENTS, FLUSH_EVERY_S, LOG_LINES, STATES, Rate, StateMeter
from linli.testing import Deployment, running_hub

FLOODING = '''
    """Flooding: does as much as it is told to."""
    from dataclasses import dataclass
    from typing import ClassVar
    import voluptuous as vol
    from linli import Capabilities, EntityDescription, Manifest, NO_ATTRIBUTES, hookimpl

    MANIFEST = Manifest(domain="flooding", layer="perception",
                        capabilities=Capabilities(entities=("sensor",), calls=("other.ring",)))
    CONFIG = vol.Schema({vol.Optional("watches"): str})

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Count(EntityDescription[int]):
        domain: ClassVar[str] = "sensor"

        def render(self, reading):
            return str(reading), NO_ATTRIBUTES

    @hookimpl
    def linli_setup_entry(ctx, entry):
        handles = [ctx.entities.add(Count(unique_id=name, name=name, has_entity_name=False)) for name in ("a", "b")]
        async def go(call):
            times = call.data["times"]
            for number in range(times):
                if call.data["what"] == "events":
                    ctx.bus.fire("flooding_rang", {"number": number})
                elif call.data["what"] == "states":
                    handles[number % 2].write(number)
                elif call.data["what"] == "set":
                    ctx.states.set("sensor.free", str(number))
                elif call.data["what"] == "calls":
                    await ctx.services.call("other", "ring")
                else:
                    ctx.log.warning("line %s", number)
        ctx.services.register("flooding", "go", go, schema={"what": str, "times": int})
'''

OTHER = '''
    """Other: names what it watches over."""
    import voluptuous as vol
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="other", layer="application")
    CONFIG = vol.Schema({vol.Optional("watches", default=[], description="Entities and events"): object})

    @hookimpl
    def linli_setup_entry(ctx, entry):
        ctx.services.register("other", "ring", lambda call: None)
'''


def home(tmp_path: Path, other: str = "{}", flooding: str = "{}") -> Deployment:
    made = Deployment(tmp_path, f"flooding: {flooding}\nother: {other}")
    return made.drop_in("flooding", FLOODING).drop_in("other", OTHER)


async def go(hub: Hub, what: str, times: int) -> None:
    await hub.rooms.services.call("flooding", "go", {"what": what, "times": times})


async def forward(hub: Hub, seconds: float) -> None:
    await hub.rooms.clock.forward(seconds=seconds)  # type: ignore[attr-defined]  # the simulated clock


def dropped(hub: Hub) -> int:
    return hub.rooms.ledger.accounts[PluginDomain("flooding")].counts.get("dropped", 0)


def counted(hub: Hub, event_type: str) -> list[Any]:
    heard: list[Any] = []
    hub.rooms.bus.listen(event_type, lambda event: heard.append(event.data))
    return heard


async def test_events_beyond_the_limit_are_dropped_charged_once_a_minute_and_counted(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        heard = counted(hub, "flooding_rang")
        await go(hub, "events", int(EVENTS.burst) + 500)
        assert len(heard) == EVENTS.burst
        assert dropped(hub) == 1
        assert 'linli_plugin_floods_total{plugin="flooding",kind="events"} 500\n' in hub.rooms.metrics.expose().decode()
        await forward(hub, 1)
        await go(hub, "events", int(EVENTS.per_second) + 100)
        assert len(heard) == EVENTS.burst + EVENTS.per_second
        assert dropped(hub) == 1
        await forward(hub, 60)
        await go(hub, "events", int(EVENTS.burst) + 500)
        assert dropped(hub) == 2


@pytest.mark.parametrize(("what", "shown"), [("states", "sensor.b"), ("set", "sensor.free")])
async def test_of_readings_beyond_the_limit_the_newest_follows(tmp_path: Path, what: str, shown: str) -> None:
    async with running_hub(home(tmp_path)) as hub:
        times = int(STATES.burst) + 5_000
        await go(hub, what, times)
        state = hub.rooms.states.get(EntityId(shown))
        assert state is not None
        assert int(state.state) < times - 1
        await forward(hub, 2 * FLUSH_EVERY_S)
        state = hub.rooms.states.get(EntityId(shown))
        assert state is not None
        assert state.state == str(times - 1)
        assert dropped(hub) == 1


async def test_calls_beyond_the_limit_are_refused_with_a_sentence(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        with pytest.raises(Busy, match="too many services at once"):
            await go(hub, "calls", int(CALLS.burst) + 200)
        await forward(hub, 5)
        await go(hub, "calls", int(4 * CALLS.per_second))


async def test_log_lines_beyond_the_limit_are_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running_hub(home(tmp_path)) as hub:
        with caplog.at_level(logging.WARNING):
            await go(hub, "log lines", 900)
        lines = [record for record in caplog.records if record.name == "linli.plugins.flooding"]
        assert len(lines) == LOG_LINES.burst


@pytest.mark.parametrize(
    ("other", "flooding"),
    [("{}", "{safety: true}"), ("{safety: true, watches: [flooding_rang]}", "{}")],
    ids=["its own section is for safety", "a section for safety names the event"],
)
async def test_an_event_for_safety_is_never_dropped(tmp_path: Path, other: str, flooding: str) -> None:
    async with running_hub(home(tmp_path, other, flooding)) as hub:
        heard = counted(hub, "flooding_rang")
        await go(hub, "events", 5_000)
        assert len(heard) == 5_000


@pytest.mark.parametrize("named_as", ["[sensor.a]", "{sensor.a: {delay: 5}}"], ids=["in a list", "as a key"])
async def test_a_reading_that_a_section_for_safety_names_never_waits(tmp_path: Path, named_as: str) -> None:
    async with running_hub(home(tmp_path, f"{{safety: true, watches: {named_as}}}")) as hub:
        await go(hub, "states", 2 * int(STATES.burst) + 5_000)
        states = hub.rooms.states
        named, other = states.get(EntityId("sensor.a")), states.get(EntityId("sensor.b"))
        assert named is not None
        assert other is not None
        assert named.state == str(2 * int(STATES.burst) + 4_998)
        assert int(other.state) < 2 * STATES.burst + 4_000


@pytest.mark.parametrize(
    ("other", "third"),
    [("{safety: true}", "{}"), ("{}", "{safety: true, watches: other.ring}")],
    ids=["of a plugin for safety", "of a service that a section for safety names"],
)
async def test_calls_of_what_is_for_safety_are_never_refused(tmp_path: Path, other: str, third: str) -> None:
    made = Deployment(tmp_path, f"flooding: {{}}\nother: {other}\nthird: {third}")
    made.drop_in("flooding", FLOODING).drop_in("other", OTHER)
    source = OTHER.replace('"other"', '"third"').replace("Other:", "Third:")
    async with running_hub(made.drop_in("third", source)) as hub:
        await go(hub, "calls", int(CALLS.burst) + 2_000)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.3)), max_size=60))
@settings(deadline=None)
async def test_no_older_reading_follows_a_newer_one_and_the_last_is_never_lost(moves: list[tuple[str, float]]) -> None:
    clock = SimulatedClock()
    meter = StateMeter(clock, Rate(4, 3), lambda: None)
    shown: dict[str, list[int]] = {}

    def writer(key: str, number: int) -> Callable[[], None]:
        def write() -> None:
            meter.left -= 1
            if not (meter.left < 0 and meter.holds(key, write)):
                shown.setdefault(key, []).append(number)

        return write

    last: dict[str, int] = {}
    for number, (key, pause) in enumerate(moves):
        last[key] = number
        writer(key, number)()
        await clock.forward(seconds=pause)
    await clock.forward(seconds=60)
    assert all(numbers == sorted(numbers) for numbers in shown.values())
    assert {key: numbers[-1] for key, numbers in shown.items()} == last


async def test_what_a_section_names_for_safety_after_a_reload_is_exempt_at_once(tmp_path: Path) -> None:
    made = home(tmp_path, "{safety: true, watches: [sensor.nobody]}")
    async with running_hub(made) as hub:
        (made.folder / "linli.yaml").write_text(
            "flooding: {}\nother: {safety: true, watches: [sensor.a, sensor.free, flooding_rang]}"
        )
        await hub.rooms.renewal.take_up({"other"})
        heard = counted(hub, "flooding_rang")
        await go(hub, "events", 2 * int(EVENTS.burst))
        assert len(heard) == 2 * EVENTS.burst
        times = 2 * int(STATES.burst) + 5_000
        for what, shown, last in (("states", "sensor.a", times - 2), ("set", "sensor.free", times - 1)):
            await go(hub, what, times)
            state = hub.rooms.states.get(EntityId(shown))
            assert state is not None
            assert state.state == str(last)


async def test_a_plugin_that_a_reload_marks_for_safety_knows_no_limit_at_once(tmp_path: Path) -> None:
    made = home(tmp_path)
    async with running_hub(made) as hub:
        (made.folder / "linli.yaml").write_text("flooding: {safety: true}\nother: {}")
        await hub.rooms.renewal.take_up()
        heard = counted(hub, "flooding_rang")
        await go(hub, "events", 2 * int(EVENTS.burst))
        await go(hub, "calls", 2 * int(CALLS.burst))
        assert len(heard) == 2 * EVENTS.burst


async def test_what_a_section_named_stays_exempt_until_that_section_is_taken_up(tmp_path: Path) -> None:
    made = home(tmp_path, "{safety: true, watches: [flooding_rang]}")
    async with running_hub(made) as hub:
        (made.folder / "linli.yaml").write_text("flooding: {}\nother: {safety: true}")
        await hub.rooms.renewal.take_up({"flooding"})
        assert hub.rooms.walls.for_safety("flooding_rang")
        await hub.rooms.renewal.take_up()
        assert not hub.rooms.walls.for_safety("flooding_rang")
