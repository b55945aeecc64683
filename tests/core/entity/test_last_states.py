"""Last states over restarts: kept without a recorder, and never more believable than before."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect

import databases
from core.entity.home import Door, Gauge, Home, Lamp
from linli.clock import SimulatedClock
from linli.context import Context
from linli.entity.handle import Last
from linli.entity.last_states import HISTORY, LastStates, decode, encode
from linli.ids import EntityId, PluginDomain, RegistryId
from linli.states import Doubt, State
from linli.storage import Database
from linli.storage.migrate import migrate

GUARD = PluginDomain("guard")


async def test_before_set_up_a_known_entity_shows_that_it_is_restored(folder: Path, clock: SimulatedClock):
    home = await Home.open(folder, clock)
    door = await home.door()
    door.add(Gauge(unique_id="t", name="T", unit_of_measurement="°C")).write(20)
    door.add(Lamp(unique_id="1", name="L", enabled_default=False))
    await home.stop()
    home = await Home.open(folder, clock)
    assert {state.entity_id: state.state for state in home.states.all()} == {"gauge.t": "unavailable"}
    assert home.state("gauge.t").attributes["restored"] is True
    assert home.states.owner("gauge.t") == "demo"
    await home.stop()


async def test_who_wants_it_gets_the_last_state_back_until_the_first_reading(folder: Path, clock: SimulatedClock):
    home = await Home.open(folder, clock)
    (await home.door()).add(Gauge(unique_id="t", name="T", icon="mdi:a", attributes={"own": 1})).write(25)
    await home.stop()
    home = await Home.open(folder, clock)
    gauge = (await home.door()).add(Gauge(unique_id="t", name="Tank", restore=True))
    await clock.settle()
    assert gauge.last is not None
    assert gauge.last.state == "25"
    assert home.state("gauge.t").state == "25"
    assert home.state("gauge.t").attributes == {
        "state_class": "measurement", "trend": "up", "own": 1, "friendly_name": "Tank",
    }  # fmt: skip
    gauge.write(1)
    assert home.shown("gauge.t") == "1"
    await home.stop()


async def test_a_kill_costs_at_most_a_minute(folder: Path, clock: SimulatedClock):
    home = await Home.open(folder, clock)
    lamp = (await home.door()).add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    await clock.forward(61)
    lamp.write(False)
    await home.kill()
    home = await Home.open(folder, clock)
    lamp = (await home.door()).add(Lamp(unique_id="1", name="L"))
    assert lamp.last is not None
    assert lamp.last.state == "on"
    await home.stop()


async def test_only_what_changed_is_written(home: Home, door: Door, clock: SimulatedClock):
    lamps = [door.add(Lamp(unique_id=str(number), name=f"L{number}")) for number in range(5)]
    for lamp in lamps:
        lamp.write(True)
    assert await home.platforms.last_states.save() == 5
    lamps[3].write(False)
    assert await home.platforms.last_states.save() == 1
    home.states.doubt(lamps[1].entity_id, GUARD, "silent")
    assert await home.platforms.last_states.save() == 1
    assert await home.platforms.last_states.save() == 0


async def test_what_a_plugin_wants_remembered_comes_back(folder: Path, clock: SimulatedClock):
    home = await Home.open(folder, clock)
    meter = (await home.door()).add(Gauge(unique_id="t", name="T", remember=lambda: {"total": 41}))
    meter.write(1)
    await home.stop()
    home = await Home.open(folder, clock)
    meter = (await home.door()).add(Gauge(unique_id="t", name="T"))
    assert meter.remembered == {"total": 41}
    await home.stop()


@pytest.mark.parametrize("restore", [True, False])
async def test_a_doubt_survives_a_restart_and_only_a_fresh_reading_ends_it(
    folder: Path, clock: SimulatedClock, restore: bool
):
    home = await Home.open(folder, clock)
    lamp = (await home.door()).add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    home.states.doubt(EntityId("lamp.l"), GUARD, "silent")
    await home.stop()
    home = await Home.open(folder, clock)
    lamp = (await home.door()).add(Lamp(unique_id="1", name="L", restore=restore))
    await clock.settle()
    assert home.shown("lamp.l") == "unknown"
    assert "doubt_since" in home.state("lamp.l").attributes
    lamp.write(True, fresh=False)
    assert home.shown("lamp.l") == "unknown"
    assert lamp.last is not None
    assert lamp.last.state == "on"
    lamp.write(True)
    assert home.shown("lamp.l") == "on"
    assert "doubt_since" not in home.state("lamp.l").attributes
    await home.stop()


async def test_a_doubt_survives_a_reload(home: Home, door: Door, clock: SimulatedClock):
    lamp = door.add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    home.states.doubt(EntityId("lamp.l"), GUARD, "silent")
    await home.entries.reload(door.entry.entry_id)
    again = home.doors["main"].add(Lamp(unique_id="1", name="L"))
    again.write(True, fresh=False)
    await clock.settle()
    assert home.shown("lamp.l") == "unknown"
    again.write(False)
    assert home.shown("lamp.l") == "off"


async def test_an_entity_that_does_not_live_keeps_its_doubts(folder: Path, clock: SimulatedClock):
    def doubts(entity_id: str) -> list[str]:
        return [doubt.reason for doubt in home.states.doubts(EntityId(entity_id))]

    home = await Home.open(folder, clock)
    door = await home.door()
    door.add(Lamp(unique_id="1", name="L")).write(True)
    home.states.doubt(EntityId("lamp.l"), GUARD, "silent")
    await home.entries.unload(door.entry.entry_id)
    assert doubts("lamp.l") == ["silent"]
    home.states.doubt(EntityId("lamp.l"), GUARD, "moved")
    await home.registries.entities.update("lamp.l", new_entity_id="lamp.desk")
    assert (doubts("lamp.desk"), doubts("lamp.l")) == (["silent", "moved"], [])
    await home.stop()
    home = await Home.open(folder, clock)
    assert (doubts("lamp.desk"), home.shown("lamp.desk")) == (["silent", "moved"], "unavailable")
    home.states.doubt(EntityId("lamp.desk"), GUARD, "late")
    await clock.forward(61)
    await home.kill()
    home = await Home.open(folder, clock)
    assert doubts("lamp.desk") == ["silent", "moved", "late"]
    lamp = (await home.door()).add(Lamp(unique_id="1", name="L"))
    assert lamp.last is not None
    assert (lamp.last.state, lamp.last.entity_id) == ("on", "lamp.desk")
    lamp.write(True, fresh=False)
    assert home.shown("lamp.desk") == "unknown"
    await home.stop()


async def test_a_doubt_survives_being_disabled_over_a_restart(folder: Path, clock: SimulatedClock):
    home = await Home.open(folder, clock)
    (await home.door()).add(Lamp(unique_id="1", name="L")).write(True)
    home.states.doubt(EntityId("lamp.l"), GUARD, "silent")
    await home.registries.entities.update("lamp.l", disabled_by="user")
    await home.stop()
    home = await Home.open(folder, clock)
    lamp = (await home.door()).add(Lamp(unique_id="1", name="L"))
    await home.registries.entities.update("lamp.l", disabled_by=None)
    lamp.write(True, fresh=False)
    assert home.shown("lamp.l") == "unknown"
    await home.stop()


async def test_an_entity_that_stays_silent_keeps_what_was_known_before(folder: Path, clock: SimulatedClock):
    home = await Home.open(folder, clock)
    (await home.door()).add(Lamp(unique_id="1", name="L")).write(True)
    await home.stop()
    for _ in range(2):
        home = await Home.open(folder, clock)
        lamp = (await home.door()).add(Lamp(unique_id="1", name="L"))
        await clock.forward(200)
        assert lamp.last is not None
        assert lamp.last.state == "on"
        await home.stop()


async def test_a_row_that_cannot_be_read_is_forgotten(folder: Path, clock: SimulatedClock):
    home = await Home.open(folder, clock)
    (await home.door()).add(Lamp(unique_id="1", name="L")).write(True)
    await home.stop()
    assert databases.current.execute(folder, "hub", "UPDATE last_states SET value = '{'") == 1
    home = await Home.open(folder, clock)
    assert (await home.door()).add(Lamp(unique_id="1", name="L", restore=True)).last is None
    await home.stop()


async def test_the_row_of_a_removed_entity_is_deleted(folder: Path, home: Home, door: Door):
    lamp = door.add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    await home.platforms.last_states.save()
    await lamp.remove()
    await home.platforms.last_states.save()
    assert databases.current.rows(folder, "hub", "SELECT count(*) FROM last_states") == [(0,)]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(
    state=texts,
    attributes=st.dictionaries(texts, plain, max_size=4),
    remembered=st.dictionaries(texts, plain, max_size=2),
    doubts=st.lists(st.builds(Doubt, texts, texts, st.floats(0, 2e9), st.booleans()), max_size=3),
)
def test_every_last_state_comes_back_as_it_was(
    state: str, attributes: dict[str, object], remembered: dict[str, object], doubts: list[Doubt]
):
    entity_id = EntityId("a.b")
    value, doubted = encode(Last(State(entity_id, state, attributes, 5.5, 6.5, Context()), tuple(doubts), remembered))
    found = decode(entity_id, value, doubted)
    assert (found.state.state, found.state.attributes) == (state, attributes)
    assert (found.state.last_changed, found.state.last_updated) == (5.5, 6.5)
    assert (found.doubts, found.remembered) == (tuple(doubts), remembered)


async def test_the_tables_are_those_that_the_migrations_make(folder: Path, clock: SimulatedClock, tmp_path: Path):
    made: list[list[tuple[str, str, int]]] = []
    for name, history in (("described", HISTORY), ("migrated", replace(HISTORY, metadata=None))):
        database = Database(name, databases.current.of(name, tmp_path), clock=clock)
        await database.open()
        await migrate(database, history, clock=clock, copies=tmp_path / "copies")
        columns = await database.read(lambda tx: inspect(tx.connection).get_columns("last_states"))
        made.append([(each["name"], str(each["type"]), each["nullable"]) for each in columns])
        await database.close()
    assert made[0] == made[1]
    assert len(made[0]) == 4


async def test_a_state_that_cannot_be_written_takes_no_other_along_and_keeps_what_can_be_read(
    folder: Path, clock: SimulatedClock
):
    home = await Home.open(folder, clock)
    door = await home.door()
    door.add(Gauge(unique_id="odd", name="Odd", attributes={"step": Decimal("0.5")}, restore=True)).write(20)
    door.add(Lamp(unique_id="1", name="L", restore=True)).write(True)
    await clock.forward(130)
    assert home.ledger.account(PluginDomain("demo")).counts == {"error": 1}
    await home.kill()
    home = await Home.open(folder, clock)
    door = await home.door()
    odd = door.add(Gauge(unique_id="odd", name="Odd", restore=True))
    lamp = door.add(Lamp(unique_id="1", name="L", restore=True))
    assert lamp.last is not None
    assert odd.last is not None
    assert (lamp.last.state, odd.last.state, odd.last.attributes["step"]) == ("on", "20", "0.5")
    await home.stop()


async def test_what_the_disk_raises_keeps_no_hub_from_stopping(home: Home, door: Door):
    door.add(Lamp(unique_id="1", name="L")).write(True)

    async def broken(work: object) -> None:
        raise OSError("read-only")

    last_states = LastStates(_Store(SimpleNamespace(transaction=broken)), home.clock, home.ledger)
    last_states.ended(RegistryId("r"), Last(home.state("lamp.l")))
    await last_states.close()


class _Store:
    """Storage whose database is what a test says."""

    def __init__(self, hub: Any) -> None:
        self.hub = hub

    async def migrate(self, database: Any, history: Any) -> Any:
        return None
