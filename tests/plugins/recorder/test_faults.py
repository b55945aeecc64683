"""A disk that is full or damaged, a process that is killed: recording goes on, and little is lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import databases
import linli
from linli import EntityId
from linli.storage import upgrades
from linli.storage.history import History, takings
from linli_recorder.tables import TABLES, metadata

from .conftest import Home, Start, recorder_of

HISTORY = History("recorder", TABLES.folder, metadata)


def issues(home: Home) -> list[str]:
    return [issue.issue_id for issue in home.hub.rooms.issues.all()]


def set_aside(home: Home) -> list[Path]:
    return [path for path in home.folder.glob("recorder.db.set-aside-*") if not path.name.endswith(("-wal", "-shm"))]


@pytest.mark.sqlite_only
async def test_a_file_that_is_damaged_at_the_start_is_set_aside_and_named(start: Start, tmp_path: Path) -> None:
    async with start() as home:
        await home.set("sensor.a", "1")
    (tmp_path / "data" / "recorder.db").write_bytes(b"\xff" * 20_000)
    async with start(at=10) as home:
        await home.set("sensor.a", "2")
        assert await home.told("sensor.a") == {"sensor.a": ["2"]}
        (file,) = set_aside(home)
        assert f"storage_set_aside_{file.name}" in issues(home)


@pytest.mark.sqlite_only
async def test_a_file_that_is_damaged_while_the_hub_runs_is_replaced_and_recording_goes_on(home: Home) -> None:
    await home.set("sensor.a", "1")
    await home.api.settle()
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
    assert (await home.told("sensor.a"))["sensor.a"] == ["0", "1", "2", "3", "4"]
    (file_aside,) = set_aside(home)
    assert f"storage_set_aside_{file_aside.name}" in issues(home)
    assert not [issue for issue in issues(home) if issue.startswith("storage_failed")]
    assert home.rows("SELECT count(*) FROM runs") == [(1,)]


@pytest.mark.sqlite_only
async def test_a_full_disk_loses_nothing_that_fits_into_the_queue(home: Home) -> None:
    await home.set("sensor.a", "before")
    await home.api.settle()
    recorder = recorder_of(home)

    def limit(pages: int) -> Any:
        def change(connection: Any) -> Any:
            return connection.connection.driver_connection.execute(f"PRAGMA max_page_count={pages}").fetchone()

        return change

    await recorder.database.maintain(limit(1))  # no less than it has
    for value in range(300):
        home.hub.rooms.states.set(f"sensor.much_{value}", "x", {"text": "y" * 2000 + str(value)})  # type: ignore[arg-type]
    await home.clock.forward(seconds=5)
    assert "storage_full_recorder" in issues(home)
    assert recorder.waiting >= 300
    await recorder.database.maintain(limit(1_000_000))
    await home.clock.forward(seconds=5)
    assert recorder.waiting == 0
    assert "storage_full_recorder" not in issues(home)
    assert len(await home.told(*(f"sensor.much_{value}" for value in range(300)))) == 300
    assert recorder.counts.dropped == 0


async def test_a_row_that_no_database_takes_does_not_stop_the_others(home: Home) -> None:
    for value in range(50):
        home.hub.rooms.states.set(EntityId("sensor.a"), "\udc80" if value == 30 else str(value), {})
    home.hub.rooms.bus.fire("pressed")
    await home.clock.forward(seconds=2)
    recorder = recorder_of(home)
    assert (recorder.waiting, recorder.counts.unwritable) == (0, 1)
    assert home.rows("SELECT count(*) FROM states WHERE state <> ''") == [(49,)]
    assert home.rows("SELECT count(*) FROM events JOIN event_types t ON t.id = type_id WHERE name = 'pressed'") == [
        (1,)
    ]


WRITING = """
import asyncio, sys, time
from pathlib import Path
from linli.clock import RealClock
from linli.testing import Deployment, running_hub
from linli_recorder.recorder import Recorder

write_batch, longest = Recorder._write_batch, 0.0

async def timed(self):
    global longest
    began = time.monotonic()
    done = await write_batch(self)
    longest = max(longest, time.monotonic() - began)
    return done

Recorder._write_batch = timed

async def main():
    database = f'linli: {{database: "{sys.argv[2]}"}}\\n' if sys.argv[2:] else ""
    home = Deployment(Path(sys.argv[1]), database + "recorder: {commit_interval: 200ms}\\n")
    async with running_hub(home, clock=RealClock(), encoded=False) as hub:
        number = 0
        while True:
            for _ in range(20):
                number += 1
                hub.rooms.states.set(f"sensor.s{number % 10}", str(number), {"unit": "W", "odd": number % 7})
            print(number, longest, hub.rooms.clock.timestamp(), flush=True)
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


def test_a_kill_in_the_middle_of_two_thousand_changes_a_second_costs_at_most_the_commit_interval(
    tmp_path: Path,
) -> None:
    url = databases.current.url(tmp_path / "data")
    program = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path), *([] if url is None else [url])],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, _roots()))},
    )
    assert program.stdout is not None
    lines = [program.stdout.readline().split() for _ in range(150)]
    program.send_signal(signal.SIGKILL)
    lines += [line.split() for line in program.stdout.read().splitlines() if line.endswith(tuple("0123456789"))]
    program.wait()
    program.stdout.close()
    last_at = float(lines[149][2])
    a_batch = float(lines[149][1])
    kept = {
        int(state)
        for (state,) in databases.current.rows(tmp_path / "data", "recorder", "SELECT state FROM states")
        if state.isdigit()
    }
    allowed = 0.2 + 2 * a_batch  # the interval and what a batch takes; the one that was cut off may have been longer
    assert allowed < 1.0, f"a batch took {a_batch} s: what is allowed would say nothing"
    old_enough = max(int(number) for number, _, at in lines[:150] if float(at) < last_at - allowed)
    assert len(kept) >= old_enough
    assert kept == set(range(1, len(kept) + 1))
    if url is None:
        with sqlite3.connect(tmp_path / "data" / "recorder.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()


def _roots() -> list[Path]:
    core = Path(linli.__file__).parents[1]
    return [core, core.parent / "plugins", core.parent / "integrations"]


def test_the_migrations_lead_to_the_tables_that_a_fresh_database_has(tmp_path: Path) -> None:
    for begin in upgrades.starts(HISTORY):
        upgrades.check(HISTORY, tmp_path, begin, url=databases.current.url(tmp_path))


def test_the_history_of_its_tables_only_adds() -> None:
    for revision in HISTORY.revisions():
        assert revision.oldest_code
        assert takings(revision.file) == []
