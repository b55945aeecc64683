"""Every history of tables that ships: reached from every version, and what a hub does with newer or absent ones."""

from pathlib import Path

import pytest

import databases
import linli
from linli.auth.auth import AUTH_HISTORY
from linli.entity.last_states import HISTORY as ENTITY_HISTORY
from linli.ids import PluginDomain
from linli.plugin.overview import PluginState
from linli.storage import upgrades
from linli.storage.history import History
from linli.storage.storage import CORE_HISTORY, JOURNAL_HISTORY
from linli.testing.hub import Deployment, running_hub
from linli_recorder.tables import TABLES

HISTORIES = {
    history.domain: history
    for history in (
        *(AUTH_HISTORY, CORE_HISTORY, ENTITY_HISTORY, JOURNAL_HISTORY),
        History("recorder", TABLES.folder, TABLES.metadata),
    )
}
"""Whoever adds a folder of migrations adds it here."""
ROOTS = [
    Path(linli.__file__).parents[1],
    *(Path(linli.__file__).parents[2] / name for name in ("plugins", "integrations")),
]


def test_every_folder_of_migrations_that_ships_is_tried() -> None:
    found = {file.parent for root in ROOTS for file in root.rglob("migrations/**/[!_]*.py")}
    assert found == {history.folder for history in HISTORIES.values()}


@pytest.mark.parametrize("domain", HISTORIES)
def test_every_earlier_version_reaches_what_a_fresh_database_has(domain: str, tmp_path: Path) -> None:
    history = HISTORIES[domain]
    for start in upgrades.starts(history):
        upgrades.check(history, tmp_path, start, url=databases.current.url(tmp_path))


YAML = "linli: {name: Home}\nhome: {}\n"
STANDING = "SELECT revision, oldest_code FROM linli_histories WHERE domain = 'recorder'"


async def test_a_plugin_whose_tables_are_newer_does_not_run_says_so_and_touches_nothing(tmp_path: Path) -> None:
    with_recorder = Deployment(tmp_path, YAML + "recorder: {}\n")
    async with running_hub(with_recorder) as hub:
        data = hub.rooms.storage.folder.path
    newer = "UPDATE linli_histories SET revision = '9999', oldest_code = '9.0.0' WHERE domain = 'recorder'"
    databases.current.execute(data, "recorder", newer)
    async with running_hub(with_recorder) as hub:
        (entry,) = hub.rooms.entries.all("recorder")
        assert "were written by a newer version" in str(entry.reason)
        home = hub.rooms.overview.get(PluginDomain("home"))
        assert home is not None
        assert home.state is PluginState.RUNNING
    assert databases.current.rows(data, "recorder", STANDING) == [("9999", "9.0.0")]


async def test_the_tables_of_a_plugin_that_is_absent_stay_as_they_are(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML + "recorder: {}\n")) as hub:
        data = hub.rooms.storage.folder.path
        hub.rooms.states.set("sensor.x", "1", {})
    before = [databases.current.rows(data, "recorder", what) for what in (STANDING, "SELECT number FROM states")]
    async with running_hub(Deployment(tmp_path, YAML)):
        pass
    after = [databases.current.rows(data, "recorder", what) for what in (STANDING, "SELECT number FROM states")]
    assert before == after
    assert before[1], "there was something to lose"
