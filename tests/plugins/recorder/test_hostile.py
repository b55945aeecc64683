"""What goes wrong together, or is meant to: a census that talks nonsense, a disk that is full, rows of no hour."""

import asyncio
import math
import sqlite3
from typing import Any

import pytest

from linli import Context, EntityId, PlaceId, loads
from linli.storage.errors import DatabaseFull
from linli_recorder import recorder as recording
from linli_recorder.api import (
    Form,
    Period,
    StatesAsked,
    StatisticsApi,
    StatisticsAsked,
    StatisticsMeta,
    StatisticsRow,
    Tenancy,
)
from linli_recorder.statistics.errors import BadStatistics

from .conftest import FLAT, HUB, Home, Start, recorder_of
from .test_statistics import ENERGY, START, ask


def pages(most: int) -> Any:
    return lambda connection: connection.connection.driver_connection.execute(
        f"PRAGMA max_page_count={most}"
    ).fetchone()


@pytest.mark.sqlite_only
async def test_who_moves_in_while_the_disk_is_full_leaves_no_row_to_those_who_left(start: Start) -> None:
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.census.told[FLAT, None] = Tenancy("first")
        await home.api.tenancies_changed()
        await home.set("sensor.bed", "theirs")
        await home.api.settle()
        recorder = recorder_of(home)
        await recorder.database.maintain(pages(1))
        home.hub.rooms.states.set(EntityId("sensor.much"), "x", {"text": "y" * 15_000})
        second = "second" + 20_000 * "x"  # so long that it is not kept either
        home.census.told[FLAT, None] = Tenancy(second)
        await home.clock.forward(seconds=130)  # the census is asked every minute
        for number in range(3):
            await home.set("sensor.bed", f"ours {number}")
        await recorder.database.maintain(pages(1_000_000))
        await home.clock.forward(seconds=5)
        whose = home.rows(
            "SELECT e.tenancy, s.state FROM states s JOIN streams e ON e.id = s.stream_id"
            " WHERE e.entity_id = 'sensor.bed' AND s.state <> 'unavailable' ORDER BY s.number"
        )
        assert whose == [("first", "theirs"), *((second, f"ours {number}") for number in range(3))]


@pytest.mark.parametrize(
    "answer",
    ["li", Tenancy(None), Tenancy("t", math.nan), Tenancy("t", math.inf), Tenancy("t", 1e300), ("t", 0)],  # type: ignore[arg-type]
    ids=["text", "no id", "nan", "inf", "far", "tuple"],
)
async def test_nonsense_of_the_census_stops_no_recording_and_gives_no_right(start: Start, answer: Any) -> None:
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.census.told[FLAT, None] = answer
        await home.set("sensor.bed", "1")
        await home.set("sensor.free", "2")
        await home.clock.forward(seconds=5)
        assert recorder_of(home).waiting == 0
        li = await home.person("li", "resident", FLAT)
        assert await home.told("sensor.bed", reader=li) == {}
        assert await home.told("sensor.bed") == {"sensor.bed": ["1"]}


async def test_a_census_that_hangs_costs_recording_its_time_once_and_not_for_each_place(start: Start) -> None:
    async with start(census=True) as home:
        for number in range(40):
            home.register(f"sensor.s{number}", f"u{number}", place := PlaceId(f"flat_{number}"))
            home.census.told[place, None] = "hang"
        for number in range(40):
            home.hub.rooms.states.set(EntityId(f"sensor.s{number}"), "1", {})
        await home.clock.forward(seconds=7)
        assert recorder_of(home).waiting == 0
        nobodys = home.rows("SELECT count(*) FROM streams WHERE tenancy = '?' AND entity_id LIKE 'sensor.s%'")
        assert nobodys == [(40,)]


async def test_what_a_census_that_stopped_first_did_not_tell_is_nobodys(start: Start) -> None:
    async with start("{commit_interval: 1h}", census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.census.told[FLAT, None] = Tenancy("t")
        await home.set("sensor.bed", "last")
    assert home.rows("SELECT tenancy FROM streams WHERE entity_id = 'sensor.bed'") == [("?",)]
    assert home.rows("SELECT count(*) FROM states WHERE state = 'last'") == [(1,)]


@pytest.mark.sqlite_only
async def test_a_new_file_that_cannot_be_begun_at_once_loses_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The damaged file was replaced on a disk that is full: what waits is written once there is room."""
    await home.set("sensor.a", "old")
    await home.api.settle()
    recorder, full = recorder_of(home), [True]
    real = recording.all_streams

    def begin(tx: Any) -> Any:
        if full[0]:
            raise DatabaseFull("recorder.db")
        return real(tx)

    monkeypatch.setattr(recording, "all_streams", begin)
    path = home.folder / "recorder.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE another (x)")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    with path.open("r+b") as file:
        file.write(b"\xff" * 40_000)
    for value in range(5):
        await home.set("sensor.a", str(value))
    await home.clock.forward(seconds=30)
    assert recorder.waiting >= 5
    full[0] = False
    await home.clock.forward(seconds=5)
    assert recorder.waiting == 0
    assert (await home.told("sensor.a"))["sensor.a"] == ["0", "1", "2", "3", "4"]


async def test_who_moves_out_while_their_question_waits_reads_nothing_of_it(start: Start) -> None:
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.census.told[FLAT, None] = Tenancy("t")
        await home.set("sensor.bed", "theirs")
        li = await home.person("li", "resident", FLAT)
        assert await home.told("sensor.bed", reader=li) == {"sensor.bed": ["theirs"]}
        turns = _turns(home)
        for _ in range(2):
            await turns._places.acquire()
        asking = asyncio.ensure_future(home.told("sensor.bed", reader=li))
        await home.clock.settle()
        home.census.told[FLAT, None] = Tenancy("others")
        await home.api.tenancies_changed([FLAT])
        for _ in range(2):
            turns._places.release()
        assert await asking == {}


async def test_who_takes_over_a_name_shows_nothing_of_the_former_before_its_own_first_row_is_written(
    start: Start,
) -> None:  # fmt: skip
    async with start("{commit_interval: 1h}") as home:
        row = home.register("sensor.a", "u1")
        await home.set("sensor.a", "former")
        await home.api.settle()
        home.hub.rooms.states.remove(EntityId("sensor.a"))
        await home.api.settle()
        await home.hub.rooms.registries.entities.remove(row)
        await home.set("sensor.a", "new")
        asked = StatesAsked(("sensor.a",), 0, home.clock.timestamp() + 1, Form.COMPRESSED)
        assert list(await home.api.states(asked, HUB)) == []


async def test_an_event_from_before_somebodys_right_began_is_not_told_to_an_administrator_either(
    start: Start,
) -> None:  # fmt: skip
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.census.told[FLAT, None] = Tenancy("t")
        await home.api.tenancies_changed()
        await home.set("sensor.bed", "1")
        home.hub.rooms.bus.fire("automation_triggered", {"entity_id": "sensor.bed", "n": 1})
        await home.clock.forward(seconds=10)
        carer = await home.person("carer", "admin")
        home.census.told[FLAT, carer.user_id] = Tenancy("t", since=home.clock.timestamp())
        await home.clock.forward(seconds=5)
        home.hub.rooms.bus.fire("automation_triggered", {"entity_id": "sensor.bed", "n": 2})
        told = await home.happened(carer, event_types=("automation_triggered",))
        assert [loads(each.event_data or "") for each in told if each.event_type] == [
            {"entity_id": "sensor.bed", "n": 2}
        ]


def _turns(home: Home) -> Any:
    provider: Any = home.hub.rooms.apis.bound(StatisticsApi, "statistics")
    while hasattr(provider, "__wrapped__") or not hasattr(provider, "__self__"):
        provider = next(cell.cell_contents for cell in provider.__closure__ if hasattr(cell.cell_contents, "__self__"))
    return provider.__self__.turns


async def test_events_of_types_that_are_no_longer_recorded_can_be_forgotten_with_what_they_said(start: Start) -> None:
    async with start() as home:
        for number in range(3):
            home.hub.rooms.bus.fire("pressed", {"secret": number})
            home.hub.rooms.bus.fire("kept", {"told": number})
        await home.api.settle()
    async with start("{exclude: {event_types: [pressed]}}", at=10) as home:
        await home.call("purge", keep_days=9, apply_filter=True)
        await home.clock.forward(seconds=5)
        types = home.rows("SELECT t.name, count(*) FROM events JOIN event_types t ON t.id = type_id GROUP BY t.name")
        assert dict(types).get("kept") == 3
        assert "pressed" not in dict(types)
        assert home.rows("SELECT count(*) FROM event_data WHERE text LIKE '%secret%'") == [(0,)]
        assert home.rows("SELECT count(*) FROM event_data WHERE text LIKE '%told%'") == [(3,)]


# imports -------------------------------------------------------------------------------------------------------------


async def test_what_stands_becomes_the_unit_of_what_is_imported(home: Home) -> None:
    api = home.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
    await api.import_statistics(ENERGY, [StatisticsRow(START, state=1, sum=1)])
    in_wh = StatisticsMeta("test:e", "test", "Wh", False, True)
    await api.import_statistics(in_wh, [StatisticsRow(START + 3600, state=2500, sum=2500)])
    found = await api.statistics(StatisticsAsked(("test:e",), START, period=Period.HOUR), HUB)
    assert [(row["state"], row["sum"]) for row in found["test:e"]] == [(1000, 1000), (2500, 2500)]
    (meta,) = await ask(home, "list_statistic_ids")
    assert meta["statistics_unit_of_measurement"] == "Wh"
    with pytest.raises(BadStatistics, match="convert"):
        await api.import_statistics(
            StatisticsMeta("test:e", "test", "m³", False, True), [StatisticsRow(START + 7200, state=1, sum=1)]
        )
    assert await api.statistics(StatisticsAsked(("test:e",), START, period=Period.HOUR), HUB) == found


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("which", ["start", "mean", "min", "max", "state", "sum", "last_reset"])
async def test_no_number_that_is_none_is_imported(home: Home, which: str, number: float) -> None:
    api = home.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
    row = StatisticsRow(**{"start": START, which: number})
    with pytest.raises(BadStatistics):
        await api.import_statistics(ENERGY, [row])
    assert home.rows("SELECT count(*) FROM statistics_meta") == [(0,)]


async def test_of_two_rows_for_one_hour_in_one_import_the_later_one_stands(home: Home) -> None:
    api = home.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
    await api.import_statistics(ENERGY, [StatisticsRow(START, sum=1), StatisticsRow(START, sum=2)])
    assert home.rows("SELECT sum FROM statistics_hourly") == [(2,)]


async def test_an_import_says_whose_it_is_and_stands_in_the_journal(home: Home) -> None:
    anna = await home.person("anna", "admin")
    metadata = {
        "has_mean": False, "has_sum": True, "name": None, "source": "test", "statistic_id": "test:e",
        "unit_of_measurement": "kWh",
    }  # fmt: skip
    stats = [{"start": "2025-01-01T00:00:00+00:00", "sum": 1.0}]
    await ask(home, "import_statistics", reader=Context(anna.user_id).vouch(), metadata=metadata, stats=stats)
    rows = [row for row in await home.hub.rooms.storage.journal.rows() if row.action == "recorder.import"][::-1]
    assert [(row.actor.id, row.details["stage"]) for row in rows] == [
        (anna.user_id, "intended"), (anna.user_id, "done"),
    ]  # fmt: skip
