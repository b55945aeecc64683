"""Whatever a plugin raises, cancels or keeps: the hub starts and stops, the others run, and nothing is left behind."""

import asyncio
from pathlib import Path
from textwrap import dedent

import pytest

from linli.cancelling import undisturbed
from linli.clock import RealClock, SimulatedClock
from linli.config import check, load
from linli.entries import EntryState
from linli.hub import STOP_WITHIN_S, Hub
from linli.ids import CORE, PluginDomain
from linli.plugin.catalog import PluginCatalog
from linli.plugin.overview import PluginState
from linli.rooms import HubState
from linli.testing import Deployment, running_hub

BAD = PluginDomain("bad")

HEAD = '''
"""A plugin of one file."""
import asyncio
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import voluptuous as vol
from linli import (Answer, Capabilities, EntityDescription, InvalidRequest, Manifest, NO_ATTRIBUTES, NotReady,
                   SupportsResponse, hookimpl, hookspec)

CAN = Capabilities(entities=("sensor", "test"), fires=("told",), listens=("foo",))
MANIFEST = Manifest(domain="{domain}", layer="perception", requires={requires}, capabilities=CAN)
CONFIG = vol.Schema({{}})

async def await_something_cancelled():
    task = asyncio.ensure_future(asyncio.sleep(100))
    task.cancel()
    await task

@dataclass(frozen=True, kw_only=True, eq=False)
class Sensor(EntityDescription):
    domain: ClassVar[str] = "sensor"

    def render(self, reading):
        return str(reading), NO_ATTRIBUTES
'''
GOOD = """
@hookimpl
async def linli_setup(ctx):
    ctx.states.set("test.good", "up")
"""


def plugin(domain: str, body: str, requires: tuple[str, ...] = ()) -> str:
    return HEAD.format(domain=domain, requires=requires) + dedent(body)


def home(tmp_path: Path, body: str, **others: str) -> Deployment:
    made = Deployment(tmp_path, "".join(f"{name}: {{}}\n" for name in ("bad", *others)))
    made.drop_in("bad", plugin("bad", body))
    for name, source in others.items():
        made.drop_in(name, source)
    return made


@pytest.mark.parametrize("what", ["await await_something_cancelled()", "sys.exit('needs libfoo')"])
@pytest.mark.parametrize("hook", ["linli_setup(ctx)", "linli_setup_entry(ctx, entry)", "linli_started(ctx)"])
async def test_what_ends_a_hook_of_a_plugins_life_does_not_end_the_start(tmp_path: Path, hook: str, what: str) -> None:
    body = f"@hookimpl\nasync def {hook}:\n    {what}\n"
    async with running_hub(home(tmp_path, body, good=plugin("good", GOOD))) as hub:
        assert hub.state is HubState.RUNNING
        assert hub.rooms.states.get("test.good") is not None
        assert hub.rooms.ledger.account(BAD).counts == {"error": 1}
    assert hub.state is HubState.STOPPED


async def test_what_ends_an_unload_hook_does_not_end_the_stop(tmp_path: Path) -> None:
    body = """
        @hookimpl
        async def linli_setup_entry(ctx, entry):
            ctx.bus.listen("foo", lambda event: None)

        @hookimpl
        async def linli_unload_entry(ctx, entry):
            await await_something_cancelled()
    """
    async with running_hub(home(tmp_path, body)) as hub:
        pass
    assert hub.state is HubState.STOPPED
    assert hub.rooms.bus.counts().get("foo", 0) == 0
    assert hub.rooms.ledger.account(BAD).counts == {"error": 1}


async def test_a_module_that_exits_is_that_plugins_failure(tmp_path: Path) -> None:
    made = home(tmp_path, "", good=plugin("good", GOOD))
    (made.folder / "plugins" / "bad.py").unlink()
    folder = made.folder / "plugins" / "bad"
    folder.mkdir()
    (folder / "__init__.py").write_text(plugin("bad", ""), encoding="utf-8")
    (folder / "plugin.py").write_text("import sys\nsys.exit('needs libfoo')\n", encoding="utf-8")
    async with running_hub(made) as hub:
        status = hub.rooms.overview.get("bad")
        assert status is not None
        assert (status.state, status.reason) == (PluginState.FAILED, "SystemExit: needs libfoo")
        assert hub.rooms.states.get("test.good") is not None


LATE = """
    tries = []

    @hookimpl
    async def linli_setup(ctx):
        tries.append(1)
        if len(tries) < 2:
            raise RuntimeError("not yet")

    @hookimpl
    async def linli_started(ctx):
        ctx.bus.fire("told", {})
"""


async def test_a_plugin_that_comes_up_late_is_told_once_that_all_has_started(tmp_path: Path) -> None:
    clock, told = SimulatedClock(), []
    async with running_hub(home(tmp_path, LATE), clock=clock) as hub:
        hub.rooms.bus.listen("told", told.append)
        await clock.forward(minutes=10)
        status = hub.rooms.overview.get("bad")
        assert status is not None
        assert status.state is PluginState.RUNNING
    assert len(told) == 1


DECLARER = """
    @hookspec
    def decl_ask(number: int) -> Answer[int]:
        "Ask."

    @hookimpl
    async def linli_setup(ctx):
        async def ask(call):
            answers = await ctx.hooks.gather(decl_ask, number=1)
            return {"asked": list(answers)}
        ctx.services.register("decl", "ask", ask, response=SupportsResponse.OPTIONAL)
"""
ANSWER = "@hookimpl\nasync def decl_ask(number):\n    return number\n"


async def test_only_plugins_that_are_set_up_are_asked(tmp_path: Path) -> None:
    clock = SimulatedClock()
    made = home(
        tmp_path, LATE + dedent(ANSWER).replace("\n", "\n    ").join(("    ", "")), decl=plugin("decl", DECLARER)
    )
    async with running_hub(made, clock=clock) as hub:
        ask = hub.rooms.services.call
        assert await ask("decl", "ask", return_response=True) == {"asked": []}
        await clock.forward(seconds=5)
        assert await ask("decl", "ask", return_response=True) == {"asked": ["bad"]}
        table = hub.rooms.hook_table
    assert [info.implementers for info in table.list() if info.name == "decl_ask"] == [()]


@pytest.mark.parametrize("written", ["decl: {}\na: {}\nb: {}", "b: {}\na: {}\ndecl: {}"])
async def test_the_order_of_answers_is_the_manifests_not_the_yamls(tmp_path: Path, written: str) -> None:
    made = Deployment(tmp_path, written)
    made.drop_in("decl", plugin("decl", DECLARER))
    made.drop_in("a", plugin("a", ANSWER, requires=("decl", "b")))
    made.drop_in("b", plugin("b", ANSWER, requires=("decl",)))
    async with running_hub(made) as hub:
        answer = await hub.rooms.services.call("decl", "ask", return_response=True)
    assert answer == {"asked": ["b", "a"]}


async def test_a_slow_plugin_keeps_only_those_waiting_that_wait_for_it(tmp_path: Path) -> None:
    slow = """
        @hookimpl
        async def linli_setup_entry(ctx, entry):
            await ctx.clock.sleep(30)
    """
    first, good = plugin("first", ""), plugin("good", GOOD, requires=("first",))
    waiting = plugin("waiting", GOOD.replace("good", "waiting"), requires=("bad",))
    clock = SimulatedClock()
    made = home(tmp_path, slow, first=first, good=good, waiting=waiting)
    hub = await built(made, clock)
    starting = asyncio.create_task(hub.start())
    await clock.settle()
    assert hub.rooms.states.get("test.good") is not None
    assert hub.rooms.states.get("test.waiting") is None
    await clock.forward(seconds=30)
    await starting
    assert hub.rooms.states.get("test.waiting") is not None
    await hub.stop()


async def built(made: Deployment, clock: SimulatedClock | RealClock) -> Hub:
    return await Hub.build(check(load(made.folder), PluginCatalog(made.folder / "plugins")), made.data, clock=clock)


FAILING = """
    @hookimpl
    async def linli_setup_entry(ctx, entry):
        if ctx.states.get("test.mended") is None:
            raise {what}
"""


@pytest.mark.parametrize("what", ['RuntimeError("boom")', 'InvalidRequest("boom")', 'NotReady("boom")'])
async def test_an_entry_that_fails_is_shown_until_it_is_loaded(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SimulatedClock()
    async with running_hub(home(tmp_path, FAILING.format(what=what)), clock=clock) as hub:
        (entry,) = hub.rooms.entries.all("bad")
        await clock.forward(minutes=10)
        notification = hub.rooms.notifications.get(f"entry_{entry.entry_id}")
        assert notification is not None
        shown = notification.as_dict(hub.rooms.translator, "en")
        assert (shown["title"], shown["message"]) == ("bad does not run", "bad (bad) could not be set up: boom")
        assert "boom" in caplog.text
        hub.rooms.notifications.dismiss(notification.notification_id)
        await clock.forward(minutes=10)
        assert hub.rooms.notifications.get(notification.notification_id) is None, "dismissed, and nothing new to say"
        hub.rooms.states.set("test.mended", "yes")
        await clock.forward(minutes=10)
        assert hub.rooms.entries.need(entry.entry_id).state is EntryState.LOADED


async def test_the_notification_goes_when_the_entry_loads(tmp_path: Path) -> None:
    clock = SimulatedClock()
    async with running_hub(home(tmp_path, FAILING.format(what="KeyError(1)")), clock=clock) as hub:
        assert len(hub.rooms.notifications.all()) == 1
        hub.rooms.states.set("test.mended", "yes")
        await clock.forward(seconds=10)
        assert hub.rooms.notifications.all() == []


async def test_a_device_that_is_only_not_ready_is_shown_after_a_while(tmp_path: Path) -> None:
    clock = SimulatedClock()
    async with running_hub(home(tmp_path, FAILING.format(what="NotReady('off')")), clock=clock) as hub:
        await clock.forward(seconds=60)
        assert hub.rooms.notifications.all() == []
        await clock.forward(seconds=60)
        assert len(hub.rooms.notifications.all()) == 1


async def test_a_goodbye_that_ends_itself_leaves_nothing_of_the_entry(tmp_path: Path) -> None:
    body = """
        @hookimpl
        async def linli_setup_entry(ctx, entry):
            ctx.entities.add(Sensor(unique_id="p", name="p", removing=await_something_cancelled)).write(1)
            ctx.bus.listen("foo", lambda event: None)
    """
    async with running_hub(home(tmp_path, body)) as hub:
        (entry,) = hub.rooms.entries.all("bad")
        for _ in range(2):
            assert (await hub.rooms.entries.reload(entry.entry_id)).state is EntryState.LOADED
            assert hub.rooms.bus.counts()["foo"] == 1
        assert hub.rooms.ledger.account(BAD).counts == {"error": 2}


SLOW_TO_GO = """
    @hookimpl
    async def linli_setup_entry(ctx, entry):
        ctx.bus.listen("foo", lambda event: None)
        ctx.entities.add(Sensor(unique_id="p", name="p")).write(1)

        async def undo():
            await ctx.clock.sleep(3)

        ctx.on_unload(undo)
"""


@pytest.mark.parametrize("how", ["reload", "unload"])
async def test_an_unloading_goes_on_where_its_caller_is_cancelled(tmp_path: Path, how: str) -> None:
    clock = SimulatedClock()
    async with running_hub(home(tmp_path, SLOW_TO_GO), clock=clock) as hub:
        entries = hub.rooms.entries
        (entry,) = entries.all("bad")
        turning = asyncio.create_task(getattr(entries, how)(entry.entry_id))
        await clock.forward(seconds=1)
        turning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turning
        await clock.forward(seconds=3)
        loaded = entries.need(entry.entry_id).state is EntryState.LOADED
        assert loaded is (how == "reload")
        assert hub.rooms.bus.counts().get("foo", 0) == loaded
        await entries.set_up(entry.entry_id)
        assert hub.rooms.bus.counts()["foo"] == 1
        stopping = asyncio.create_task(hub.stop())
        await clock.forward(seconds=5)
        await stopping


async def test_a_start_that_is_cancelled_leaves_nothing_behind(tmp_path: Path) -> None:
    body = """
        @hookimpl
        async def linli_setup(ctx):
            ctx.bus.listen("foo", lambda event: None)
            ctx.spawn(ctx.clock.sleep(1000), name="x")
            await ctx.clock.sleep(5)
    """
    clock = SimulatedClock()
    hub = await built(home(tmp_path, body), clock)
    starting = asyncio.create_task(hub.start())
    await clock.settle()
    assert hub.rooms.bus.counts()["foo"] == 1
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await hub.stop()
    assert hub.rooms.bus.counts().get("foo", 0) == 0
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("bad:")] == []


async def test_a_poll_that_ends_itself_is_charged_and_polled_again(tmp_path: Path) -> None:
    body = """
        polls = []

        async def poll():
            polls.append(1)
            if len(polls) == 2:
                await await_something_cancelled()
            return len(polls)

        @hookimpl
        async def linli_setup_entry(ctx, entry):
            every = timedelta(seconds=10)
            ctx.entities.add(Sensor(unique_id="p", name="p", poll=poll, poll_every=every))
    """
    clock = SimulatedClock()
    async with running_hub(home(tmp_path, body), clock=clock) as hub:
        seen = []
        for _ in range(3):
            await clock.forward(seconds=10)
            state = hub.rooms.states.get("sensor.p")
            assert state is not None
            seen.append(state.state)
        assert seen == ["unavailable", "3", "4"]
        assert hub.rooms.ledger.account(BAD).counts == {"error": 1}


@pytest.mark.parametrize("room", ["platforms", "entries", "issues", "registries", "auth"])
async def test_a_room_that_cannot_close_keeps_no_other_open(
    tmp_path: Path, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        await close()
        raise OSError("disk gone")

    async with running_hub(home(tmp_path, "")) as hub:
        close = getattr(hub.rooms, room).close
        monkeypatch.setattr(getattr(hub.rooms, room), "close", fail)
    assert hub.state is HubState.STOPPED
    assert [charge.where for charge in hub.rooms.ledger.account(CORE).recent] == [f"stop {room}"]
    async with running_hub(home(tmp_path, "")):
        pass  # the folder was given back


async def test_stopping_ends_in_its_time_whatever_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = """
        @hookimpl
        async def linli_setup(ctx):
            hang_on_unload(ctx)

        @hookimpl
        async def linli_setup_entry(ctx, entry):
            hang_on_unload(ctx)

        def hang_on_unload(ctx):
            for _ in range(20):
                ctx.on_unload(lambda: ctx.clock.sleep(1000))
    """

    async def hang() -> None:
        await asyncio.Event().wait()

    clock = SimulatedClock()
    hub = await built(home(tmp_path, body), clock)
    await hub.start()
    monkeypatch.setattr(hub.rooms.issues, "close", hang)
    stopping = asyncio.create_task(hub.stop())
    await clock.forward(STOP_WITHIN_S)
    done, _ = await asyncio.wait((stopping,), timeout=5)  # for the threads of the stores
    assert done
    assert hub.state is HubState.STOPPED


async def test_a_stop_that_is_cancelled_closes_the_stores_before_it_ends(tmp_path: Path) -> None:
    clock = SimulatedClock()
    made = home(tmp_path, SLOW_TO_GO)
    hub = await built(made, clock)
    await hub.start()
    stopping = undisturbed(hub.stop(), "stop")
    await clock.forward(seconds=1)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert hub.state is HubState.STOPPED
    await clock.forward(seconds=5)
