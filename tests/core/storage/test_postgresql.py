"""What is true of a server only: it goes and comes back, another hub may take it, and a commit may be in doubt."""

import asyncio
import time
from pathlib import Path

import psycopg
import pytest

import databases
from linli.clock import RealClock, SimulatedClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, DatabaseFailed, Status, Storage, StorageRefused
from linli.storage.address import of_instance, without_password
from linli.storage.errors import DatabaseBusy, DatabaseUnreachable
from linli.storage.folder import DataFolder, Instance
from linli.storage.postgresql import LOCKS

TABLES = "SELECT tablename FROM pg_tables"


pytestmark = pytest.mark.server_only


async def end_sessions(folder: Path) -> None:
    """As a server does that is restarted, or a firewall that forgets."""
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"  # noqa: E501
    await asyncio.get_running_loop().run_in_executor(None, databases.current.execute, folder, "hub", ending)
    await asyncio.sleep(0.05)


async def test_sessions_that_ended_meanwhile_are_replaced_and_nobody_notices(storage: Storage, folder: Path):
    await storage.journal.append("a.b", actor=SYSTEM)
    for _ in range(2):
        await end_sessions(folder)
        await storage.journal.append("a.b", actor=SYSTEM)
        await end_sessions(folder)
        assert len(await storage.journal.rows()) >= 2
    assert (await storage.journal.verify()).rows == 3
    heard = []
    storage.changes.subscribe("token", heard.append)
    databases.current.execute(
        folder, "safety", "INSERT INTO changes (number, topic, key, at_us) VALUES (99, 'token', 'a', 0)"
    )
    async with asyncio.timeout(3):
        while not heard:
            await asyncio.sleep(0.01)


async def test_work_whose_session_the_server_gave_up_is_done_once(real_storage: Storage):
    """As for a process that was stopped in the middle of a transaction: the others are not held up for ever."""
    safety = real_storage.safety
    await safety.maintain(
        lambda found: found.connection.driver_connection.execute("SET idle_in_transaction_session_timeout = 100")
    )
    runs = []

    def slow(tx) -> None:
        runs.append(tx.journal("row.written", actor=SYSTEM))
        if len(runs) == 1:
            time.sleep(0.5)

    await safety.transaction(slow)
    assert len(runs) == 2
    assert [row.action for row in await real_storage.journal.rows()] == ["row.written"]
    assert (await real_storage.journal.verify()).holds


async def test_a_writer_that_another_process_holds_up_too_long_says_so_and_goes_on(real_storage: Storage, folder: Path):
    safety = real_storage.safety
    await safety.maintain(lambda found: found.connection.driver_connection.execute("SET lock_timeout = 100"))
    begin = f"SELECT pg_advisory_xact_lock({LOCKS}, {safety.backend._lock('writer')})"
    with psycopg.connect(str(databases.current.url(folder))) as other:
        other.execute(begin)
        with pytest.raises(DatabaseBusy, match="held by another process"):
            await real_storage.journal.append("row.written", actor=SYSTEM)
    await real_storage.journal.append("row.written", actor=SYSTEM)
    assert len(await real_storage.journal.rows()) == 1


async def test_a_server_that_crashes_and_returns_under_load_loses_nothing_acknowledged(real_storage: Storage):
    acknowledged: set[str] = set()
    refused = 0
    stopping = asyncio.Event()

    async def write(writer: int) -> None:
        nonlocal refused
        number = 0
        while not stopping.is_set():
            number += 1
            subject = f"{writer}.{number}"
            try:
                await real_storage.journal.append("row.written", actor=SYSTEM, subject=subject)
            except DatabaseFailed:
                refused += 1
                await asyncio.sleep(0.02)
            else:
                acknowledged.add(subject)

    async def until(condition) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.01)

    writers = [asyncio.create_task(write(writer)) for writer in range(8)]
    loop = asyncio.get_running_loop()
    for _ in range(2):
        before = len(acknowledged)
        await until(lambda before=before: len(acknowledged) > before + 50)
        await loop.run_in_executor(None, databases.server().stop)
        await until(lambda before=refused: refused > before)
        await loop.run_in_executor(None, databases.server().start)
        before = len(acknowledged)
        await until(lambda before=before: len(acknowledged) > before + 50)
    stopping.set()
    await asyncio.gather(*writers)
    verified = await real_storage.journal.verify()
    assert verified.holds
    found, last = set(), None
    while page := await real_storage.journal.rows(limit=1000, before=last):
        found |= {row.subject for row in page}
        last = page[-1]
    assert acknowledged <= found
    assert real_storage.safety.status is Status.OPEN


async def test_a_second_hub_on_one_database_is_refused_with_a_sentence(
    storage: Storage, folder: Path, tmp_path: Path, clock: SimulatedClock
):
    url = databases.current.url(folder)
    with pytest.raises(StorageRefused, match=r"another hub \(session \d+ of the server\) runs on the database"):
        await Storage.open(tmp_path / "elsewhere", clock=clock, ledger=Ledger(clock), database=url)


async def test_a_hub_whose_database_another_has_taken_writes_no_more(
    storage: Storage, folder: Path, tmp_path: Path, clock: SimulatedClock
):
    url = databases.current.url(folder)
    for _ in range(2):  # behind what a start does by itself, which would take its place again
        for database in (storage.safety, storage.hub):
            await database.transaction(lambda tx: None)
    await end_sessions(folder)
    other = await Storage.open(tmp_path / "elsewhere", clock=clock, ledger=Ledger(clock), database=url)
    with pytest.raises(DatabaseFailed, match="another hub"):
        await storage.journal.append("a.b", actor=SYSTEM)
    await other.journal.append("a.c", actor=SYSTEM)
    assert [row.action for row in await other.journal.rows()] == ["a.c"]
    await other.close()


async def test_a_server_that_does_not_answer_is_refused_with_a_sentence(tmp_path: Path):
    clock = RealClock()
    with pytest.raises(DatabaseUnreachable, match=r"the database server 127\.0\.0\.1:1/linli cannot be reached"):
        await Storage.open(
            tmp_path / "d", clock=clock, ledger=Ledger(clock), database="postgresql://me:geheim@127.0.0.1:1/linli"
        )


async def test_data_that_stand_elsewhere_are_not_begun_anew(storage: Storage, folder: Path, clock: SimulatedClock):
    url = databases.current.url(folder)
    await storage.close()
    raw = Storage.open.__closure__[1].cell_contents  # type: ignore[attr-defined]  # the opening that asks no test
    with pytest.raises(StorageRefused, match="names no database"):
        await raw(folder, clock=clock, ledger=Ledger(clock))
    (folder / "instance.json").unlink()
    (folder / "safety.db").touch()
    with pytest.raises(StorageRefused, match="holds databases of its own"):
        await raw(folder, clock=clock, ledger=Ledger(clock), database=url)


async def test_another_database_than_the_folders_is_not_begun_anew(storage: Storage, folder: Path, tmp_path: Path):
    clock = RealClock()
    own = storage.instance.instance_id
    await storage.close()
    empty = databases.current.url(tmp_path / "mistyped")
    for _ in range(2):
        with pytest.raises(StorageRefused, match="is empty, but the hub of this data folder has run on a server"):
            await Storage.open(folder, clock=clock, ledger=Ledger(clock), database=empty)
        tables = {name for (name,) in databases.current.rows(tmp_path / "mistyped", "safety", TABLES)}
        assert "documents" not in tables, "nothing was made in it but the mark"
    other = await Storage.open(tmp_path / "other", clock=clock, ledger=Ledger(clock))
    await other.close()
    url = databases.current.url(tmp_path / "other")
    with pytest.raises(StorageRefused, match=f"is that of the hub {other.instance.instance_id}"):
        await Storage.open(folder, clock=clock, ledger=Ledger(clock), database=url)
    again = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    assert again.instance.instance_id == own
    await again.close()
    (folder / "instance.json").unlink()
    again = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    assert again.instance.instance_id == own, "a folder that was lost takes the identity of its data"
    await again.close()


async def test_the_folder_names_the_server_without_its_password_and_a_command_finds_it(folder: Path, tmp_path: Path):
    clock = RealClock()
    url = str(databases.current.url(folder)).replace("linli@", "linli:geheim@")
    main = tmp_path / "linli.yaml"
    main.write_text("linli:\n  database: !secret database\n")
    (tmp_path / "secrets.yaml").write_text(f"database: {url}\n")
    await (await Storage.open(folder, clock=clock, ledger=Ledger(clock), database=url, deployment=main)).close()
    said = DataFolder(folder).instance_file.read_text()
    assert "geheim" not in said
    assert of_instance(DataFolder(folder).read_instance()) == url
    beside = await Storage.open_for_command(folder, clock=clock, ledger=Ledger(clock))
    await beside.journal.append("user.created", actor=SYSTEM)
    await beside.close()
    main.write_text("linli:\n  database: postgresql://other:secret@elsewhere/x\n")
    assert of_instance(DataFolder(folder).read_instance()) == without_password(url), "another place's is not sent there"
    assert of_instance(Instance("x", None, "sqlite")) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://me:geheim@db:5433/linli", "postgresql://me@db:5433/linli"),
        ("postgresql://a,b/linli?password=geheim&sslmode=require", "postgresql://a,b/linli?sslmode=require"),
        ("postgresql://me:p%40ss@[::1]/linli", "postgresql://me@[::1]/linli"),
    ],
)
def test_no_secret_stays_in_an_address_that_is_told(url: str, told: str):
    assert without_password(url) == told


async def test_text_that_the_server_cannot_keep_is_kept_with_a_sign_for_it(storage: Storage):
    await storage.journal.append("a.b", actor=SYSTEM, subject="a\0b", details={"name": "x\0y"})
    (row,) = await storage.journal.rows()
    assert (row.subject, row.details) == ("a\u2400b", {"name": "x\0y"})
    assert (await storage.journal.verify()).holds
