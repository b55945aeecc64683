"""Who fails three times is put out until a person lets them in; what is for safety never is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from linli.auth import COMMAND_ACTOR
from linli.bus import Event
from linli.callers import NOBODY, on_account_of
from linli.clock import SimulatedClock
from linli.config import check, load
from linli.context import Context
from linli.errors import Busy, HandlerFailed, NotFound, NotSupported
from linli.hub import Hub
from linli.ids import EntityId, PluginDomain, UserId
from linli.plugin.catalog import PluginCatalog
from linli.plugin.overview import PluginState
from linli.plugin.quarantine import KIND, Failures
from linli.process.held import Frame, Hold
from linli.storage import StorageError
from linli.testing import Deployment, running_hub

CLUMSY = '''
    """Clumsy: falls over whenever it is spoken to."""
    from dataclasses import dataclass
    from typing import ClassVar
    from linli import Capabilities, EntityDescription, Manifest, NO_ATTRIBUTES, hookimpl

    MANIFEST = Manifest(domain="clumsy", layer="perception",
                        capabilities=Capabilities(entities=("sensor",), fires=("came_up",)))

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Count(EntityDescription[int]):
        domain: ClassVar[str] = "sensor"

        def render(self, reading):
            return str(reading), NO_ATTRIBUTES

    @hookimpl
    def linli_setup_entry(ctx, entry):
        ctx.bus.fire("came_up", {})
        ctx.entities.add(Count(unique_id="count", name="Count")).write(1)
        ctx.bus.listen("clumsy_spoken_to", fall)
        ctx.services.register("clumsy", "fall", lambda call: 1 / 0)
        ctx.services.register("clumsy", "greet", lambda call: None)
        hurried = []
        ctx.bus.listen("clumsy_hurried", hurried.append)

        async def hurry():
            if hurried:
                raise RuntimeError("ouch")

        ctx.every(60, hurry, name="hurry")

    @hookimpl
    def linli_unload_entry(ctx, entry):
        return False

    def fall(event):
        raise RuntimeError("ouch")
'''

LEANING = '''
    """Leaning: cannot do without the clumsy one."""
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="leaning", layer="application", requires=("clumsy",))

    @hookimpl
    def linli_setup_entry(ctx, entry):
        ctx.bus.listen("leaning_spoken_to", print)
'''


def home(tmp_path: Path, yaml: str = "clumsy: {}\nleaning: {}") -> Deployment:
    return Deployment(tmp_path, yaml).drop_in("clumsy", CLUMSY).drop_in("leaning", LEANING)


async def user(hub: Hub, name: str) -> UserId:
    users = hub.rooms.auth.users
    known = next((each for each in users.all() if each.username == name), None)
    return (known or await users.create(name, role="admin", username=name, actor=COMMAND_ACTOR)).id


async def ask(hub: Hub, user_id: UserId) -> None:
    with pytest.raises(HandlerFailed):
        await hub.rooms.services.call("clumsy", "fall", context=Context(user_id))
    await hub.rooms.clock.forward(seconds=1)  # type: ignore[attr-defined]  # the simulated clock


async def spoken_to(hub: Hub, times: int, *, every_s: float = 1.0) -> None:
    for _ in range(times):
        hub.rooms.bus.fire("clumsy_spoken_to")
        await hub.rooms.clock.forward(seconds=every_s)  # type: ignore[attr-defined]  # the simulated clock


def state_of(hub: Hub, domain: str = "clumsy") -> PluginState:
    status = hub.rooms.overview.get(domain)
    assert status is not None
    return status.state


async def test_the_third_failure_in_ten_minutes_puts_a_plugin_out_whatever_it_says(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        await spoken_to(hub, 2)
        assert state_of(hub) is PluginState.RUNNING
        await spoken_to(hub, 1)
        assert state_of(hub) is PluginState.QUARANTINED
        assert "clumsy_spoken_to" not in hub.rooms.bus.counts()
        shown = hub.rooms.states.get(EntityId("sensor.count"))
        assert shown is not None
        assert shown.state == "unavailable"
        (note,) = [each for each in hub.rooms.notifications.all(admin=True) if each.notification_id.startswith("quar")]
        said = hub.rooms.translator.text(note.message, "en")
        assert "failed 3 times" in said
        assert "clumsy.py:" in said
        rows = [row for row in await hub.rooms.storage.journal.rows() if row.action == "plugin.quarantined.done"]
        assert [row.subject for row in rows] == ["clumsy"]


async def test_nobody_has_a_plugin_put_out_by_asking_again_and_again_for_what_it_fails_at(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        users = [await user(hub, name) for name in ("li", "wang", "zhao")]
        for _ in range(5):
            await ask(hub, users[0])
            with on_account_of(NOBODY):
                await spoken_to(hub, 1)
        assert state_of(hub) is PluginState.RUNNING
        assert hub.rooms.ledger.account(PluginDomain("clumsy")).counts["error"] == 10
        await ask(hub, users[1])
        assert state_of(hub) is PluginState.QUARANTINED


async def test_what_one_user_met_counts_once_beside_what_a_plugin_fails_at_by_itself(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        for _ in range(3):
            await ask(hub, await user(hub, "li"))
        await spoken_to(hub, 1)
        assert state_of(hub) is PluginState.RUNNING
        await spoken_to(hub, 1)
        assert state_of(hub) is PluginState.QUARANTINED


async def test_what_a_plugin_does_by_itself_is_its_own_also_where_a_person_let_it_in(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        with on_account_of("li"):
            await hub.rooms.quarantine.disable("clumsy", COMMAND_ACTOR)
            await hub.rooms.quarantine.release("clumsy", COMMAND_ACTOR)
        await hub.rooms.clock.forward(minutes=3)  # type: ignore[attr-defined]  # the simulated clock
        assert state_of(hub) is PluginState.RUNNING
        hub.rooms.bus.fire("clumsy_hurried")
        await hub.rooms.clock.forward(minutes=4)  # type: ignore[attr-defined]  # the simulated clock
        assert state_of(hub) is PluginState.QUARANTINED


def test_failures_are_forgotten_after_ten_minutes() -> None:
    failures = Failures()
    assert [failures.add(at, None) for at in (0.0, 100.0, 601.0, 602.0)] == [1, 2, 2, 3]
    failures = Failures()
    assert [failures.add(at, who) for at, who in ((0.0, "li"), (500.0, "li"), (900.0, "wang"), (1200.0, "li"))] == [
        1, 1, 2, 2
    ]  # fmt: skip


async def test_failures_that_lie_further_apart_do_not(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        await spoken_to(hub, 6, every_s=301)
        assert state_of(hub) is PluginState.RUNNING


async def test_who_needs_it_waits_and_comes_back_with_it(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        assert hub.rooms.bus.counts()["leaning_spoken_to"] == 1
        await spoken_to(hub, 3)
        assert state_of(hub, "leaning") is PluginState.RETRYING
        assert "leaning_spoken_to" not in hub.rooms.bus.counts()
        await hub.rooms.quarantine.release("clumsy", COMMAND_ACTOR)
        assert (state_of(hub), state_of(hub, "leaning")) == (PluginState.RUNNING, PluginState.RUNNING)
        assert hub.rooms.bus.counts()["leaning_spoken_to"] == 1
        shown = hub.rooms.states.get(EntityId("sensor.count"))
        assert shown is not None
        assert shown.state == "1"


async def test_no_line_of_it_runs_after_a_restart_until_it_is_released(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        await spoken_to(hub, 3)
    async with running_hub(home(tmp_path)) as hub:
        heard: list[Event[object]] = []
        hub.rooms.bus.listen("came_up", heard.append)
        await hub.rooms.clock.forward(hours=1)  # type: ignore[attr-defined]  # the simulated clock
        assert state_of(hub) is PluginState.QUARANTINED
        assert "quarantine_clumsy" in {each.notification_id for each in hub.rooms.notifications.all(admin=True)}
        assert heard == []
        await hub.rooms.quarantine.release("clumsy", COMMAND_ACTOR)
        assert len(heard) == 1
        assert state_of(hub, "leaning") is PluginState.RUNNING
    async with running_hub(home(tmp_path)) as hub:
        assert state_of(hub) is PluginState.RUNNING


async def test_an_administrator_keeps_a_plugin_off_over_restarts(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path)) as hub:
        await hub.rooms.quarantine.disable("clumsy", COMMAND_ACTOR)
        assert state_of(hub) is PluginState.DISABLED
        with pytest.raises(NotFound):
            await hub.rooms.quarantine.disable("nobody", COMMAND_ACTOR)
    async with running_hub(home(tmp_path)) as hub:
        assert state_of(hub) is PluginState.DISABLED
        await hub.rooms.quarantine.release("clumsy", COMMAND_ACTOR)
        assert state_of(hub) is PluginState.RUNNING
        rows = {row.action: row.actor.kind for row in await hub.rooms.storage.journal.rows()}
        assert rows["plugin.disabled.done"] == rows["plugin.released.done"] == "command"


@pytest.mark.parametrize(
    "yaml",
    ["clumsy: {safety: true}", "clumsy: {}\nleaning: {safety: true}"],
    ids=["marked itself", "needed by one that is marked"],
)
async def test_what_is_for_safety_is_started_again_with_growing_pauses_and_runs_on_between(
    tmp_path: Path, yaml: str
) -> None:
    async with running_hub(home(tmp_path, yaml)) as hub:
        came_up: list[float] = []
        begun = hub.rooms.clock.monotonic()
        hub.rooms.bus.listen("came_up", lambda event: came_up.append(hub.rooms.clock.monotonic() - begun))
        for _ in range(300):
            await spoken_to(hub, 1)
            assert state_of(hub) is PluginState.RUNNING
            assert hub.rooms.bus.counts()["clumsy_spoken_to"] == 1
        assert came_up == [pytest.approx(at, abs=2) for at in (2, 62, 182)]
        assert "leaning" not in yaml or state_of(hub, "leaning") is PluginState.RUNNING
        restarts = [row for row in await hub.rooms.storage.journal.rows() if row.action == "plugin.restarted"]
        assert {row.subject for row in restarts} == {"clumsy"}
        assert len(restarts) == 3
        await hub.rooms.clock.forward(hours=3)  # type: ignore[attr-defined]  # the simulated clock
        await spoken_to(hub, 10)
        assert len(came_up) == 5


@pytest.mark.parametrize("lost", ["hub", "safety"])
async def test_what_the_disk_refused_an_administrator_has_not_been_done(tmp_path: Path, lost: str) -> None:
    async with running_hub(home(tmp_path)) as hub:
        await getattr(hub.rooms.storage, lost).close()
        with pytest.raises(StorageError):
            await hub.rooms.quarantine.disable("clumsy", COMMAND_ACTOR)
        assert state_of(hub) is PluginState.RUNNING
        assert hub.rooms.quarantine.bar(PluginDomain("clumsy")) is None
        await getattr(hub.rooms.storage, lost).open()
        await hub.rooms.quarantine.disable("clumsy", COMMAND_ACTOR)
        await getattr(hub.rooms.storage, lost).close()
        with pytest.raises(StorageError):
            await hub.rooms.quarantine.release("clumsy", COMMAND_ACTOR)
        assert state_of(hub) is PluginState.DISABLED
        await getattr(hub.rooms.storage, lost).open()
        assert len(await hub.rooms.storage.documents.load(KIND)) == 1


@pytest.mark.parametrize(
    "yaml",
    ["clumsy: {safety: true}", "clumsy: {}\nleaning: {safety: true}"],
    ids=["marked itself", "needed by one that is marked"],
)
async def test_what_is_for_safety_runs_on_and_is_a_critical_issue(tmp_path: Path, yaml: str) -> None:
    async with running_hub(home(tmp_path, yaml)) as hub:
        await spoken_to(hub, 9)
        assert state_of(hub) is PluginState.RUNNING
        (issue,) = [each for each in hub.rooms.issues.all() if each.issue_id == "plugin_fails_clumsy"]
        assert issue.severity == "critical"
        with pytest.raises(NotSupported, match="cannot be disabled"):
            await hub.rooms.quarantine.disable("clumsy", COMMAND_ACTOR)


async def test_a_plugin_for_safety_that_does_not_come_up_is_a_critical_issue_until_it_does(tmp_path: Path) -> None:
    source = CLUMSY.replace(
        'ctx.bus.fire("came_up", {})', "fall(None) if not ctx.states.get('sensor.mended') else None"
    )
    source = source.replace("def linli_setup_entry(ctx, entry)", "def linli_setup(ctx)").replace(
        'ctx.entities.add(Count(unique_id="count", name="Count")).write(1)', "pass"
    )
    async with running_hub(Deployment(tmp_path, "clumsy: {safety: true}").drop_in("clumsy", source)) as hub:
        absent = [each for each in hub.rooms.issues.all() if each.issue_id == "plugin_absent_clumsy"]
        assert [each.severity for each in absent] == ["critical"]
        hub.rooms.states.set(EntityId("sensor.mended"), "yes")
        await hub.rooms.clock.forward(minutes=10)  # type: ignore[attr-defined]  # the simulated clock
        assert state_of(hub) is PluginState.RUNNING
        assert [each for each in hub.rooms.issues.all() if each.issue_id == "plugin_absent_clumsy"] == []


async def test_who_answers_the_network_runs_on_so_that_somebody_can_look(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, "http: {port: 0}\napi: {}")) as hub:
        for number in range(5):
            hub.rooms.ledger.error(PluginDomain("api"), f"route {number}", RuntimeError("ouch"))
        await hub.rooms.clock.forward(seconds=1)  # type: ignore[attr-defined]  # the simulated clock
        assert state_of(hub, "api") is PluginState.RUNNING
        for domain in ("api", "triggers"):  # the one answers, the other is required by it
            with pytest.raises(NotSupported):
                await hub.rooms.quarantine.disable(domain, COMMAND_ACTOR)


@pytest.mark.parametrize("yaml", ["clumsy: {}", "clumsy: {safety: true}"], ids=["any plugin", "for safety"])
async def test_what_the_hub_before_was_killed_for_does_not_run_unless_it_is_for_safety(
    tmp_path: Path, yaml: str
) -> None:
    made = home(tmp_path, yaml)
    hold = Hold("clumsy", Frame("/plugins/clumsy.py", 12, "stand_still"))
    checked = check(load(made.folder), PluginCatalog(made.folder / "plugins"))
    hub = await Hub.build(checked, made.data, blamed=hold)
    try:
        await hub.start()
        safe = "safety" in yaml
        assert state_of(hub) is (PluginState.RUNNING if safe else PluginState.QUARANTINED)
        assert [each.severity for each in hub.rooms.issues.all() if each.issue_id == "plugin_fails_clumsy"] == (
            ["critical"] if safe else []
        )
        bar = hub.rooms.quarantine.bar(PluginDomain("clumsy"))
        if not safe:
            assert bar is not None
            assert "clumsy.py:12" in hub.rooms.translator.text(bar.cause, "zh-Hans")
    finally:
        await hub.stop()


HELD = Frame("/plugins/clumsy.py", 12, "stand_still")


@asynccontextmanager
async def after_a_hold(made: Deployment, by: str | None) -> AsyncIterator[Hub]:
    """The hub that follows one which was killed on that caller's account."""
    checked = check(load(made.folder), PluginCatalog(made.folder / "plugins"))
    clock = SimulatedClock()
    hub = await Hub.build(checked, made.data, blamed=Hold("clumsy", HELD, by), clock=clock)
    try:
        await hub.start()
        yield hub
    finally:
        await hub.stop()


async def asks(hub: Hub, who: str) -> str:
    with on_account_of(who):
        try:
            await hub.rooms.services.call("clumsy", "greet")
        except Busy:
            return "turned away"
    return "answered"


async def test_one_user_who_had_it_hold_the_hub_is_turned_away_and_nobody_else(tmp_path: Path) -> None:
    made = home(tmp_path, "clumsy: {}")
    for _ in range(2):
        async with after_a_hold(made, "anna") as hub:
            assert state_of(hub) is PluginState.RUNNING
            assert await asks(hub, "anna") == "turned away"
            assert await asks(hub, "ben") == "answered"
            (row,) = [
                row for row in await hub.rooms.storage.journal.rows() if row.action == "plugin.caller_turned_away"
            ][-1:]
            assert row.details["caller"] == "anna"
            await hub.rooms.clock.forward(hours=1, seconds=1)  # type: ignore[attr-defined]  # the simulated clock
            assert await asks(hub, "anna") == "answered"


async def test_a_second_user_within_a_day_puts_it_out_until_it_is_released(tmp_path: Path) -> None:
    made = home(tmp_path, "clumsy: {}")
    async with after_a_hold(made, "anna") as hub:
        assert state_of(hub) is PluginState.RUNNING
    async with after_a_hold(made, "ben") as hub:
        assert state_of(hub) is PluginState.QUARANTINED
        await hub.rooms.quarantine.release("clumsy", COMMAND_ACTOR)
        assert await asks(hub, "anna") == await asks(hub, "ben") == "answered"
    async with after_a_hold(made, "ben") as hub:
        assert state_of(hub) is PluginState.RUNNING


async def test_from_what_is_for_safety_nobody_is_turned_away(tmp_path: Path) -> None:
    async with after_a_hold(home(tmp_path, "clumsy: {safety: true}"), "anna") as hub:
        assert await asks(hub, "anna") == "answered"
        assert [each.severity for each in hub.rooms.issues.all() if each.issue_id == "plugin_fails_clumsy"] == [
            "critical"
        ]


async def test_its_own_task_that_fails_for_the_third_time_ends_with_it(tmp_path: Path) -> None:
    source = CLUMSY.replace('ctx.bus.listen("clumsy_spoken_to", fall)', "ctx.every(1, again, name='again')").replace(
        "def fall(event):", "async def again():"
    )
    async with running_hub(Deployment(tmp_path, "clumsy: {}").drop_in("clumsy", source)) as hub:
        await hub.rooms.clock.forward(seconds=20)  # type: ignore[attr-defined]  # the simulated clock
        assert state_of(hub) is PluginState.QUARANTINED
        assert hub.rooms.ledger.accounts[PluginDomain("clumsy")].counts["error"] == 3
