"""The life of an entry: set up, tried again, unloaded, migrated, switched off, removed."""

import asyncio

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import sampled_from

from core.entries.conftest import DEMO, House
from core.registry.rooms import Disk
from linli.clock import SimulatedClock
from linli.entries import EntryState, NotReady
from linli.entries.config_entries import IDLE, JITTER, TRIED_AGAIN
from linli.errors import NotFound


async def test_an_entry_is_set_up_and_told(house: House):
    entry = await house.make()
    assert entry.state is EntryState.LOADED
    assert house.states_told() == ["not_loaded", "setup_in_progress", "loaded"]
    assert [change.type for change in house.changes] == ["added", "updated", "updated"]
    assert (await house.again()).entries.need(entry.entry_id).state is EntryState.NOT_LOADED


async def test_an_entry_waits_for_its_plugin(clock: SimulatedClock):
    house = House(clock, Disk())
    entry = await house.make()
    assert (entry.state, house.plugin.calls) == (EntryState.NOT_LOADED, [])
    await house.entries.set_up_domain(DEMO)
    assert house.entries.need(entry.entry_id).state is EntryState.LOADED
    await house.entries.close()


async def test_what_is_not_ready_is_tried_again_with_growing_pauses(house: House, clock: SimulatedClock):
    house.plugin.troubles = [NotReady("no answer", key="no_answer", parameters={"host": "x"}) for _ in range(7)]
    entry = await house.make()
    assert (entry.state, entry.reason) == (EntryState.SETUP_RETRY, "no answer")
    assert (entry.reason_key, entry.reason_parameters) == ("no_answer", {"host": "x"})
    await clock.forward(hours=1)
    pauses = [after - before for before, after in zip(house.plugin.at, house.plugin.at[1:], strict=False)]
    for pause, least in zip(pauses, [5, 10, 20, 40, 80, 80, 80], strict=True):
        assert least <= pause <= least * (1 + JITTER)
    entry = house.entries.need(entry.entry_id)
    assert (entry.state, entry.reason, entry.reason_key) == (EntryState.LOADED, None, None)
    assert house.ledger.account(DEMO).counts == {}


async def test_any_other_failure_is_shown_charged_and_tried_again_with_growing_pauses(
    house: House, clock: SimulatedClock
):
    house.plugin.troubles = [KeyError("x") for _ in range(8)]
    entry = await house.make()
    assert (entry.state, entry.reason) == (EntryState.SETUP_ERROR, "'x'")
    await clock.forward(hours=1)
    pauses = [after - before for before, after in zip(house.plugin.at, house.plugin.at[1:], strict=False)]
    for pause, least in zip(pauses, [5, 10, 20, 40, 80, 160, 300, 300], strict=True):
        assert least <= pause <= least * (1 + JITTER)
    assert house.ledger.account(DEMO).counts == {"error": 8}
    assert house.entries.need(entry.entry_id).state is EntryState.LOADED


async def test_an_entry_that_failed_and_was_unloaded_is_not_tried_again(house: House, clock: SimulatedClock):
    house.plugin.troubles = [KeyError("x")]
    entry = await house.make()
    await house.entries.unload(entry.entry_id)
    await clock.forward(hours=1)
    assert len(house.plugin.at) == 1
    assert (await house.entries.reload(entry.entry_id)).state is EntryState.LOADED


async def test_a_time_out_is_a_failure(house: House):
    house.plugin.troubles = [TimeoutError()]
    assert (await house.make()).state is EntryState.SETUP_ERROR
    assert house.ledger.account(DEMO).counts == {"timeout": 1}


async def test_one_entry_that_fails_keeps_none_of_the_others(house: House):
    house.plugin.troubles = [KeyError("x")]
    house.entries.adopt(DEMO, [{"name": "a"}, {"name": "b"}, {"name": "c"}])
    await house.entries.set_up_domain(DEMO)
    states = sorted(entry.state.value for entry in house.entries.all())
    assert states == ["loaded", "loaded", "setup_error"]


async def test_a_set_up_that_is_cancelled_leaves_the_entry_not_loaded(house: House, clock: SimulatedClock):
    house.plugin.takes = 30
    making = asyncio.ensure_future(house.make())
    await clock.forward(1)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    (entry,) = house.entries.all()
    assert entry.state is EntryState.NOT_LOADED
    house.plugin.takes = 0
    assert (await house.entries.set_up(entry.entry_id)).state is EntryState.LOADED


@pytest.mark.parametrize(("answer", "charged"), [(False, {}), (KeyError("x"), {"error": 1})])
async def test_a_plugin_that_does_not_let_go(house: House, answer: bool | Exception, charged: dict[str, int]):
    entry = await house.make()
    house.plugin.lets_go = answer
    assert (await house.entries.unload(entry.entry_id)).state is EntryState.FAILED_UNLOAD
    assert house.ledger.account(DEMO).counts == charged
    assert (await house.entries.reload(entry.entry_id)).state is EntryState.FAILED_UNLOAD
    house.plugin.lets_go = True
    assert (await house.entries.reload(entry.entry_id)).state is EntryState.LOADED


async def test_a_reload_waits_its_turn(house: House, clock: SimulatedClock):
    entry = await house.make()
    house.plugin.takes = 1
    work = asyncio.gather(*(house.entries.reload(entry.entry_id) for _ in range(4)))
    await clock.forward(20)
    assert {done.state for done in await work} == {EntryState.LOADED}
    assert house.plugin.most_at_once == 1
    assert house.plugin.calls[1:] == [("unload", "a"), ("set up", "a")] * 4


async def test_nothing_is_tried_again_after_unloading(house: House, clock: SimulatedClock):
    house.plugin.troubles = [NotReady("x")] * 9
    entry = await house.make()
    await house.entries.unload(entry.entry_id)
    assert house.entries._retries == {}
    await clock.forward(hours=1)
    assert (len(house.plugin.at), house.entries._retries) == (1, {})


async def test_an_entry_is_switched_off_and_on(house: House):
    entry = await house.make()
    off = await house.entries.disable(entry.entry_id, "user")
    assert (off.state, off.disabled_by) == (EntryState.NOT_LOADED, "user")
    assert (await house.entries.set_up(entry.entry_id)).state is EntryState.NOT_LOADED
    assert (await house.again()).entries.need(entry.entry_id).disabled_by == "user"
    assert (await house.entries.disable(entry.entry_id, None)).state is EntryState.LOADED


async def test_a_removed_entry_is_gone(house: House):
    entry = await house.make()
    assert await house.entries.remove(entry.entry_id)
    assert (house.entries.get(entry.entry_id), house.disk.rows) == (None, {})
    assert house.plugin.calls[-1] == ("unload", "a")
    assert house.changes[-1].type == "removed"
    with pytest.raises(NotFound, match="Config entry not found"):
        await house.entries.reload(entry.entry_id)
    assert (await house.make()).entry_id == entry.entry_id


async def test_data_of_an_older_plugin_is_migrated_once(house: House):
    entry = await house.make(host="x")
    house = await house.again()
    house.plugin.version, house.plugin.migrated = 3, {"hosts": ["x"]}
    await house.entries.set_up_domain(DEMO)
    entry = house.entries.need(entry.entry_id)
    assert (entry.state, entry.written_in, entry.data) == (EntryState.LOADED, (3, 1), {"hosts": ["x"]})
    assert house.plugin.calls == [("migrate to 3.1", "a"), ("set up", "a")]
    house = await house.again()
    house.plugin.version = 3
    await house.entries.set_up_domain(DEMO)
    assert house.plugin.calls == [("set up", "a")]


@pytest.mark.parametrize(
    ("version", "migrated", "key"),
    [
        (3, None, "entries.migration_unknown"),
        (3, KeyError("x"), "entries.migration_failed"),
        (3, TimeoutError(), "entries.migration_failed"),
        (3, {"host": object()}, "entries.migration_failed"),
        (1, {"never": "asked"}, "entries.data_newer"),
    ],
    ids=["no answer", "an exception", "a time-out", "no plain values", "data of a newer plugin"],
)
async def test_data_that_cannot_be_migrated_stays_as_it_was_and_says_why(
    house: House, version: int, migrated: dict[str, object] | Exception | None, key: str
):
    house.plugin.version = 2
    entry = await house.make(host="x")
    on_disk = dict(house.disk.rows)
    house = await house.again()
    house.plugin.version, house.plugin.migrated = version, migrated
    await house.entries.set_up_domain(DEMO)
    entry = house.entries.need(entry.entry_id)
    assert (entry.state, entry.data, entry.version) == (EntryState.MIGRATION_ERROR, {"host": "x"}, 2)
    assert entry.reason_key == key
    assert entry.reason_parameters == {"title": "A", "plugin": "demo", "written": "2.1", "ours": f"{version}.1"}
    assert ("set up", "a") not in house.plugin.calls
    await house.entries.close()
    assert house.disk.rows == on_disk


async def test_one_entry_that_cannot_be_migrated_keeps_none_of_the_others(house: House):
    old = await house.make("old", host="x")
    house = await house.again()
    house.plugin.version = 2
    new = await house.make("new", host="y")
    await house.entries.set_up_domain(DEMO)
    states = {entry.unique_id: entry.state for entry in house.entries.all()}
    assert states == {old.unique_id: EntryState.MIGRATION_ERROR, new.unique_id: EntryState.LOADED}


async def test_a_reload_after_the_plugin_was_mended_migrates(house: House):
    entry = await house.make(host="x")
    house = await house.again()
    house.plugin.version = 2
    await house.entries.set_up_domain(DEMO)
    house.plugin.migrated = {"host": "y"}
    assert (await house.entries.reload(entry.entry_id)).state is EntryState.LOADED


@pytest.mark.parametrize(
    ("written", "ours", "answer", "asked", "after"),
    [
        (1, 2, {"host": "y"}, True, ((1, 2), {"host": "y"})),
        (1, 2, None, True, ((1, 1), {"host": "x"})),
        (2, 1, {"host": "y"}, False, ((1, 2), {"host": "x"})),
    ],
    ids=["older and migrated", "older and readable as it is", "newer"],
)
async def test_data_of_another_minor_version_is_set_up(
    house: House, written: int, ours: int, answer: dict[str, str] | None, asked: bool, after: tuple[object, object]
):
    house.plugin.minor = written
    entry = await house.make(host="x")
    house = await house.again()
    house.plugin.minor, house.plugin.migrated = ours, answer
    await house.entries.set_up_domain(DEMO)
    entry = house.entries.need(entry.entry_id)
    assert (entry.state, (entry.written_in, entry.data)) == (EntryState.LOADED, after)
    assert (("migrate to 1.2", "a") in house.plugin.calls) is asked


class EntryMachine(RuleBasedStateMachine):
    """Whatever is asked in whatever order: one thing at a time, and loaded means loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SimulatedClock()
        self.house = House(self.clock, Disk())
        self.loop = asyncio.new_event_loop()
        self.run(self.house.entries.set_up_domain(DEMO))
        self.entry_id = self.run(self.house.make()).entry_id

    def run(self, work):  # type: ignore[no-untyped-def]
        async def on_time():  # type: ignore[no-untyped-def]
            task = asyncio.ensure_future(work)
            await self.clock.forward(1)
            return await task

        return self.loop.run_until_complete(on_time())

    @rule(trouble=sampled_from([None, NotReady("x"), KeyError("x")]), lets_go=sampled_from([True, True, False]))
    def weather(self, trouble: Exception | None, lets_go: bool) -> None:
        self.house.plugin.troubles = [] if trouble is None else [trouble]
        self.house.plugin.lets_go = lets_go

    @rule(what=sampled_from(["set_up", "unload", "reload"]))
    def ask(self, what: str) -> None:
        self.run(getattr(self.house.entries, what)(self.entry_id))

    @rule(by=sampled_from([None, "user"]))
    def disable(self, by: str | None) -> None:
        self.run(self.house.entries.disable(self.entry_id, by))

    @rule(seconds=sampled_from([1, 10, 100]))
    def wait(self, seconds: int) -> None:
        self.run(self.clock.sleep(0))
        self.loop.run_until_complete(self.clock.forward(seconds))

    @invariant()
    def loaded_means_loaded(self) -> None:
        if not hasattr(self, "entry_id"):
            return
        entry = self.house.entries.need(self.entry_id)
        done = [what for what, _ in self.house.plugin.calls]
        assert self.house.plugin.most_at_once == 1
        assert done[0] == "set up"
        if entry.state is EntryState.LOADED:
            assert done[-1] == "set up"
        assert (entry.state in TRIED_AGAIN) == bool(self.house.entries._retries)
        if entry.disabled:
            assert entry.state in IDLE | {EntryState.FAILED_UNLOAD}

    def teardown(self) -> None:
        self.run(self.house.entries.close())
        self.loop.close()


TestEntryMachine = EntryMachine.TestCase
TestEntryMachine.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
