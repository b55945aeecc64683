"""What was recorded is in the hub's backups; what comes back is withheld until an owner has looked (SAFETY 14, 18)."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import databases
from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.storage import SYSTEM
from linli.storage.archive import make_identity
from linli.storage.backup import Made, make_backup
from linli.storage.restore import restore_backup
from linli.testing.hub import Deployment, running_hub
from linli_recorder.api import StatisticsApi, StatisticsAsked, StatisticsMeta, StatisticsRow, Tenancy

from .conftest import CENSUS, FLAT, Census, Home

METER = StatisticsMeta("test:meter", "test", "kWh", False, True)


class Estate:
    """One deployment whose data folder is lost and comes back from a backup."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = Census()
        self.clock = SimulatedClock()
        self.deployment = Deployment(folder, "recorder: {auto_purge: false}\nhome: {}\ncensus: {}\n")
        self.deployment.drop_in("census", CENSUS)
        self.recipient = make_identity(folder / "key")

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[Home]:
        async with running_hub(self.deployment, clock=self.clock) as hub:
            yield Home(hub, self.clock, self.deployment.data, self.said)

    async def back_up(self, home: Home, *, history: bool = True) -> Made:
        await home.clock.forward(seconds=10)  # what the registry has changed is written
        return await make_backup(
            home.hub.rooms.storage, self.clock, self.folder / "shelf", [self.recipient], configuration=None,
            actor=SYSTEM, history=history,
        )  # fmt: skip

    async def restore(self, made: Made) -> None:
        await self.clock.forward(hours=3)
        self.deployment.data = self.folder / "new data"
        await restore_backup(
            made.file, self.folder / "key", self.deployment.data, clock=self.clock, ledger=Ledger(self.clock),
            actor=SYSTEM, database=databases.current.url(self.deployment.data),
        )  # fmt: skip


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    made = Estate(tmp_path)
    monkeypatch.setitem(sys.modules, "recorder_census", made.said)
    return made


def hour(home: Home) -> float:
    return home.clock.timestamp() // 3600 * 3600 - 3600


async def imported(home: Home) -> None:
    await home.hub.rooms.apis.proxy(StatisticsApi).import_statistics(  # type: ignore[type-abstract]
        METER, [StatisticsRow(hour(home), sum=5.0)]
    )


async def counted(home: Home, reader: object) -> int:
    """How many rows of the meter somebody is shown."""
    api = home.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
    found = await api.statistics(StatisticsAsked(("test:meter",), 0), reader)  # type: ignore[arg-type]
    return len(found.get("test:meter", ()))


def issues(home: Home) -> set[str]:
    return {issue.issue_id for issue in home.hub.rooms.issues.all()}


async def test_what_was_forgotten_after_the_backup_is_shown_to_nobody_before_an_owner_releases_it(
    estate: Estate,
) -> None:
    estate.said.told[FLAT, None] = Tenancy("t1")
    async with estate.hub() as home:
        home.register("sensor.bed", "u1", FLAT)
        for value in ("1", "2"):
            await home.set("sensor.bed", value)
        home.hub.rooms.bus.fire("pressed", {"n": 1})
        await imported(home)
        li = await home.person("li", "admin")
        assert (await home.told("sensor.bed", reader=li), await counted(home, li)) == ({"sensor.bed": ["1", "2"]}, 1)
        made = await estate.back_up(home)
        await home.call("purge_entities", entity_id="sensor.bed")
        await home.clock.settle()
    await estate.restore(made)
    async with estate.hub() as home:
        assert "past_withheld" in issues(home)
        assert home.rows("SELECT count(*) FROM states WHERE state IN ('1', '2')") == [(2,)]
        await home.set("sensor.bed", "3")
        assert (await home.told("sensor.bed", reader=li), await counted(home, li)) == ({"sensor.bed": ["3"]}, 0)
        assert [each.state for each in await home.happened(reader=li, event_types=("pressed",))] == ["3"]
        await home.hub.rooms.storage.after_restore.release(actor=SYSTEM)
        await home.clock.settle()
        assert "past_withheld" not in issues(home)
        assert (await home.told("sensor.bed", reader=li), await counted(home, li)) == (
            {"sensor.bed": ["1", "2", "3"]},
            1,
        )
    async with estate.hub() as home:
        assert "past_withheld" not in issues(home)


async def test_who_might_look_back_when_it_was_backed_up_is_asked_anew(estate: Estate) -> None:
    estate.said.told[FLAT, None] = Tenancy("t1")
    async with estate.hub() as home:
        home.register("sensor.bed", "u1", FLAT)
        li = await home.person("li", "resident", FLAT)
        await home.set("sensor.bed", "1")
        assert await home.told("sensor.bed", reader=li) == {"sensor.bed": ["1"]}
        made = await estate.back_up(home)
    estate.said.told[FLAT, None] = estate.said.told[FLAT, li.user_id] = RuntimeError("the census does not answer")
    await estate.restore(made)
    async with estate.hub() as home:
        await home.hub.rooms.storage.after_restore.release(actor=SYSTEM)
        await home.clock.settle()
        assert await home.told("sensor.bed", reader=li) == {}


async def test_a_backup_can_do_without_it(estate: Estate) -> None:
    async with estate.hub() as home:
        await home.set("sensor.a", "1")
        made = await estate.back_up(home, history=False)
        assert "recorder" not in made.sidecar.rows
    await estate.restore(made)
    async with estate.hub() as home:
        assert "past_withheld" not in issues(home)
        await home.set("sensor.a", "2")
        assert await home.told("sensor.a") == {"sensor.a": ["2"]}


async def test_recording_goes_on_while_it_is_backed_up_and_statistics_go_on_after_it(estate: Estate) -> None:
    power = {"state_class": "measurement", "unit_of_measurement": "W", "device_class": "power"}
    async with estate.hub() as home:
        await home.set("sensor.p", "100", **power)
        await home.clock.forward(minutes=11)
        made = await estate.back_up(home)
        assert made.sidecar.rows["recorder"]["statistics_short"] == 2
    await estate.restore(made)
    async with estate.hub() as home:
        await home.set("sensor.p", "50", **power)
        await home.clock.forward(seconds=660)
        assert home.rows("SELECT count(*) FROM statistics_short")[0][0] >= 3


async def test_a_backup_names_a_history_that_stands_on_another_server_and_is_not_in_it(estate: Estate) -> None:
    other = databases.Databases(databases.POSTGRESQL).url(estate.folder / "other")
    assert other is not None
    with_password = other.replace("linli@", "linli:secret@")
    estate.deployment = Deployment(estate.folder, f"recorder: {{db_url: '{with_password}'}}\nhome: {{}}\n")
    async with estate.hub() as home:
        made = await estate.back_up(home)
        assert (made.elsewhere, "recorder" in made.sidecar.rows) == ({"recorder": other}, False)
        [newest] = await home.hub.rooms.storage.journal.rows(limit=1)
        assert (newest.action, newest.details["without"]) == ("backup.made", ["recorder"])
    estate.deployment = Deployment(estate.folder, "recorder: {}\nhome: {}\n")
    async with estate.hub() as home:
        made = await estate.back_up(home)
        assert (made.elsewhere, "recorder" in made.sidecar.rows) == ({}, True)
