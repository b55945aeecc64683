"""The process of a plugin that dies, hangs, floods or talks rubbish: bounded, charged, started again; nobody waits."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from linli.children import session as sessions
from linli.children import share
from linli.clock import SimulatedClock
from linli.errors import HandlerFailed, NotFound
from linli.hub import Hub
from linli.ids import PluginDomain
from linli.plugin.overview import PluginState
from linli.testing import Deployment, running_hub

LAMP = PluginDomain("lamp")
SOURCE = '''
    """Lamp: one entity, and services that misbehave."""
    import asyncio
    import os
    import time
    from dataclasses import dataclass
    from typing import ClassVar

    from linli import NO_ATTRIBUTES, Capabilities, EntityDescription, Manifest, SupportsResponse, hookimpl

    MANIFEST = Manifest(
        domain="lamp", layer="perception",
        capabilities=Capabilities(entities=("switch",), fires=("lamp_flood",), listens=("lamp_news",)),
    )

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Lamp(EntityDescription[bool]):
        domain: ClassVar[str] = "switch"

        def render(self, reading):
            return ("on" if reading else "off"), NO_ATTRIBUTES

    def line():
        import gc
        from linli.children.inside.line import Line
        return next(each for each in gc.get_objects() if isinstance(each, Line))

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        lamp = ctx.entities.add(Lamp(unique_id="lamp", name="Lamp"))
        lamp.write(True)

        async def hang(call):
            await asyncio.Event().wait()

        async def stand_still(call):
            time.sleep(60)

        async def rubbish(call):
            line()._sock.sendall(b"\\x00\\x00\\x00\\x03[1]")

        async def unknown(call):
            line().post("post", 1, "storage.close", ())
            await asyncio.Event().wait()

        async def too_large(call):
            line()._sock.sendall(b"\\x7f\\xff\\xff\\xff")

        async def flood(call):
            while True:
                for _ in range(1000):
                    ctx.bus.fire("lamp_flood", {"x": 1})
                await asyncio.sleep(0)

        async def ask_much(call):
            return {"outcomes": sorted({type(outcome).__name__ for outcome in await asyncio.gather(
                *(ctx.services.call("lamp", "hang") for _ in range(600)), return_exceptions=True
            )})}

        for function in (hang, stand_still, rubbish, unknown, too_large, flood):
            ctx.services.register("lamp", function.__name__, function, within=None)
        ctx.services.register("lamp", "ask_much", ask_much, response=SupportsResponse.ONLY, within=5)
        ctx.services.register("lamp", "raise_it", lambda call: 1 / 0)
'''


@asynccontextmanager
async def lamp(tmp_path: Path, *, trusted: bool = True) -> AsyncIterator[Hub]:
    way = "trusted: [lamp], children: [lamp]" if trusted else "packs: []"
    home = Deployment(tmp_path, f"linli: {{{way}}}\nlamp: {{}}").drop_in("lamp", SOURCE)
    async with running_hub(home, clock=SimulatedClock()) as hub:
        yield hub


def state(hub: Hub) -> PluginState:
    status = hub.rooms.overview.get("lamp")
    assert status is not None
    return status.state


def shown(hub: Hub) -> str:
    found = hub.rooms.states.get("switch.lamp")
    assert found is not None
    return found.state


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def comes_back(hub: Hub) -> None:
    clock = hub.rooms.clock
    assert isinstance(clock, SimulatedClock)
    async with asyncio.timeout(10):
        while state(hub) is not PluginState.RUNNING:
            await clock.forward(seconds=1)
            await asyncio.sleep(0.02)
    await clock.settle()


async def called(hub: Hub, *services: str) -> None:
    """Call them one after the other."""
    async with asyncio.timeout(5):
        for service in services:
            await hub.rooms.services.call("lamp", service)


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_what_it_made_cannot_be_reached_while_it_is_gone_and_comes_back(tmp_path: Path) -> None:
    async with lamp(tmp_path) as hub:
        assert (state(hub), shown(hub)) == (PluginState.RUNNING, "on")
        hanging = asyncio.ensure_future(hub.rooms.services.call("lamp", "hang"))
        await asyncio.sleep(0.05)
        pid = hub.rooms.children.pid(LAMP)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(HandlerFailed, match="the process of lamp has ended"):
            async with asyncio.timeout(2):
                await hanging
        await until(lambda: state(hub) is PluginState.RETRYING)
        assert shown(hub) == "unavailable"
        with pytest.raises(NotFound):
            await hub.rooms.services.call("lamp", "hang")
        await comes_back(hub)
        assert shown(hub) == "on"
        assert hub.rooms.children.starts(LAMP) == 2
        assert b'linli_plugin_process_starts_total{plugin="lamp"} 2' in hub.rooms.metrics.expose()
        assert hub.rooms.ledger.account(LAMP).counts["ended"] == 1


@pytest.mark.parametrize("service", ["rubbish", "unknown", "too_large"])
async def test_one_that_sends_what_makes_no_sense_is_ended_and_charged(tmp_path: Path, service: str) -> None:
    async with lamp(tmp_path) as hub:
        with pytest.raises(HandlerFailed):
            await called(hub, service, "hang")
        await until(lambda: state(hub) is PluginState.RETRYING)
        await comes_back(hub)
        assert shown(hub) == "on"


async def test_a_flood_leaves_the_hub_its_time_and_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the hub does for it is played by a sleep, so that a busy machine makes neither more nor less of it."""
    monkeypatch.setattr(share, "FLOOD_ENDS_S", 1.0)
    async with lamp(tmp_path, trusted=False) as hub:
        heard, held = 0, 0.0

        def hear(event: object) -> None:
            nonlocal heard, held
            heard += 1
            if heard % 100 == 0:
                began = time.monotonic()
                time.sleep(0.01)
                held += time.monotonic() - began

        hub.rooms.bus.listen("lamp_flood", hear)
        began = time.monotonic()
        with pytest.raises(HandlerFailed):
            async with asyncio.timeout(60):
                await hub.rooms.services.call("lamp", "flood")
        assert 0 < held < 0.5 * (time.monotonic() - began)  # a quarter is its share, and a frame may have been begun
        await until(lambda: state(hub) is PluginState.RETRYING)


async def test_one_whose_loop_stands_still_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "BEAT_S", 0.1)
    async with lamp(tmp_path) as hub:
        monkeypatch.setattr(sessions, "SILENT_ENDS_S", 0.5)
        with pytest.raises(HandlerFailed):
            async with asyncio.timeout(5):
                await hub.rooms.services.call("lamp", "stand_still")
        await until(lambda: state(hub) is PluginState.RETRYING)
        assert hub.rooms.ledger.account(LAMP).counts["timeout"] >= 1


async def test_one_that_does_not_read_costs_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_UNSENT", 200_000)
    async with lamp(tmp_path) as hub:
        pid = hub.rooms.children.pid(LAMP)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        for number in range(200):
            hub.rooms.states.set("switch.lamp", str(number), {"long": "x" * 5000})
            await asyncio.sleep(0)
        await until(lambda: state(hub) is PluginState.RETRYING)
        await until(lambda: not alive(pid))


async def test_more_than_it_may_ask_at_once_is_refused(tmp_path: Path) -> None:
    async with lamp(tmp_path) as hub:
        asking = asyncio.ensure_future(hub.rooms.services.call("lamp", "ask_much", return_response=True))
        clock = hub.rooms.clock
        assert isinstance(clock, SimulatedClock)
        await asyncio.sleep(0.5)
        await clock.forward(seconds=6)
        with pytest.raises(HandlerFailed, match="did not end within"):
            await asking
        assert state(hub) is PluginState.RUNNING
        assert hub.rooms.ledger.account(LAMP).counts.get("error", 0) == 0


async def test_what_it_raises_is_charged_with_its_own_line(tmp_path: Path) -> None:
    async with lamp(tmp_path) as hub:
        with pytest.raises(HandlerFailed):
            await hub.rooms.services.call("lamp", "raise_it")
        charge = hub.rooms.ledger.account(LAMP).recent[-1]
        assert charge.line is not None
        assert charge.line.startswith("plugins/lamp.py:")
        assert "ZeroDivisionError" in charge.what


async def test_three_failures_quarantine_it_and_its_process_ends(tmp_path: Path) -> None:
    async with lamp(tmp_path) as hub:
        pid = hub.rooms.children.pid(LAMP)
        assert pid is not None
        for _ in range(3):
            with pytest.raises(HandlerFailed):
                await hub.rooms.services.call("lamp", "raise_it")
        await until(lambda: state(hub) is PluginState.QUARANTINED)
        await until(lambda: not alive(pid))
        from linli.storage.actor import SYSTEM

        await hub.rooms.quarantine.release("lamp", SYSTEM)
        assert (state(hub), shown(hub)) == (PluginState.RUNNING, "on")
        assert hub.rooms.children.pid(LAMP) not in (None, pid)


async def test_the_test_kit_puts_a_plugin_apart(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "lamp: {}").drop_in("lamp", SOURCE)
    clock = SimulatedClock()
    async with running_hub(home, clock=clock, children=["lamp"]) as hub:
        await clock.settle()
        assert (shown(hub), hub.rooms.children.is_up(LAMP)) == ("on", True)


async def test_nothing_is_left_when_the_hub_stops(tmp_path: Path) -> None:
    async with lamp(tmp_path) as hub:
        pid = hub.rooms.children.pid(LAMP)
        assert pid is not None
    assert not alive(pid)


async def test_no_process_of_a_plugin_outlives_a_killed_hub(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "linli: {trusted: [lamp], children: [lamp]}\nlamp: {}").drop_in("lamp", SOURCE)
    command = [sys.executable, str(Path(__file__).with_name("one_hub.py")), str(home.folder), str(home.data)]
    hub = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert hub.stdout is not None
    pid = int(await hub.stdout.readline())
    assert alive(pid)
    hub.kill()
    await hub.wait()
    await until(lambda: not alive(pid))
