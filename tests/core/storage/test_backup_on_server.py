"""A backup of data that stand on a server: one snapshot, without what lets anybody in, and back."""

import asyncio
import gzip
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import psycopg
import pyrage
import pytest

import databases
from linli.auth import Auth, AuthSettings
from linli.auth.passwords import Cost
from linli.clock import RealClock, SimulatedClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, Storage, StorageRefused
from linli.storage.archive import GivenUp, Member, identities_of, make_identity, write_archive
from linli.storage.backup import Made, make_backup
from linli.storage.drill import drill
from linli.storage.errors import DatabaseUnreachable
from linli.storage.never_kept import NEVER_KEPT
from linli.storage.restore import restore_backup

PASSWORD = "correct horse battery"


pytestmark = pytest.mark.server_only


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return tmp_path / "backup.identity"


@pytest.fixture
def recipient(identity: Path) -> str:
    return make_identity(identity)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "new"


async def with_auth(storage: Storage, clock) -> Auth:
    async def run(function, *arguments, **named):
        return function(*arguments, **named)

    return await Auth.open(storage, clock, run, settings=AuthSettings(cost=Cost(memory_kib=8, passes=1)))


async def furnish(storage: Storage, clock) -> str:
    """A user with a password and a token, a set-up that is open, a document; the token."""
    auth = await with_auth(storage, clock)
    user = await auth.users.create(
        "王芳", role="admin", actor=SYSTEM, username="anna", password=PASSWORD, is_owner=True
    )
    grant = await auth.tokens.create_long_lived(user.id, client_name="tablet", lifespan_days=9, actor=SYSTEM)
    await auth.first_owner.reopen(actor=SYSTEM)
    await storage.documents.put("core.area_registry", "kitchen", {"name": "厨房"})
    await auth.close()
    return grant.access_token


async def back_up(storage: Storage, clock, shelf: Path, recipient: str, **said) -> Made:
    return await make_backup(storage, clock, shelf, [recipient], configuration=None, actor=SYSTEM, **said)


async def restored_into(folder: Path, made: Path, identity: Path, clock, **said) -> Storage:
    url = databases.current.url(folder)
    await restore_backup(made, identity, folder, clock=clock, ledger=Ledger(clock), actor=SYSTEM, database=url, **said)
    return await Storage.open(folder, clock=clock, ledger=Ledger(clock))


def contents(archive: Path, identity: Path) -> dict[str, bytes]:
    [key] = identities_of(identity)
    plain = gzip.decompress(pyrage.decrypt(archive.read_bytes(), [key]))
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def schemas_of(folder: Path) -> set[str]:
    wanted = "SELECT nspname FROM pg_namespace WHERE nspname IN ('safety', 'hub', 'linli_restoring')"
    return {name for (name,) in databases.current.rows(folder, "public", wanted)}


async def test_it_comes_back_whole_and_held(storage, clock, shelf, recipient, identity, new):
    await furnish(storage, clock)
    tables = "CREATE TABLE gone_plugin (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, x JSONB UNIQUE)"
    databases.current.execute(storage.folder.path, "hub", tables, "INSERT INTO gone_plugin (x) VALUES ('[1]')")
    made = await back_up(storage, clock, shelf, recipient)
    await clock.forward(hours=2)
    back = await restored_into(new, made.file, identity, clock)
    assert (await back.documents.get("core.area_registry", "kitchen")).value == {"name": "厨房"}
    assert (await back.journal.verify()).holds
    assert [row.action for row in await back.journal.rows(limit=1)] == ["storage.restored"]
    assert back.instance.instance_id == storage.instance.instance_id
    assert back.instance.database == databases.current.url(new)
    assert back.restored.held
    assert back.instance.epoch > storage.instance.epoch
    assert schemas_of(new) == {"safety", "hub"}
    assert not (new / "server.dump").exists()
    assert databases.current.rows(new, "hub", "SELECT x FROM gone_plugin") == [([1],)], "nobody's tables come too"
    auth = await with_auth(back, clock)
    user = auth.users.by_username("anna")
    assert user.name == "王芳"
    assert await auth.tokens.of_user(user.id) == []
    await auth.close()
    await back.journal.append("after", actor=SYSTEM)
    databases.current.execute(new, "hub", "INSERT INTO gone_plugin (x) VALUES ('[2]')")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        databases.current.execute(new, "safety", "DELETE FROM journal")
    await back.close()


async def test_it_holds_no_token_and_no_set_up_secret_but_that_there_is_an_owner(
    storage, clock, shelf, recipient, identity, new, folder
):
    token = await furnish(storage, clock)
    live = "SELECT secret_hash FROM auth_token UNION ALL SELECT hash FROM auth_access UNION ALL "
    live += "SELECT secret_hash FROM auth_setup"
    secrets = [bytes(row[0]) for row in databases.current.rows(folder, "safety", live) if row[0] is not None]
    assert len(secrets) == 2, "an access or a set-up secret is not there to be looked for"
    made = await back_up(storage, clock, shelf, recipient)
    found = contents(made.file, identity)
    assert "server.dump" in found
    whole = b"".join(found.values())
    for secret in (*secrets, token.encode()):
        assert secret not in whole
        assert secret.hex().encode() not in whole, "pg_dump writes bytes so"
    assert made.sidecar.rows["safety"]["auth_token"] == 0
    assert b"\xe7\x8e\x8b" not in made.file.read_bytes(), "encrypted"
    back = await restored_into(new, made.file, identity, clock)
    rows = databases.current.rows(new, "safety", "SELECT secret_hash, expires_us, owned_us IS NULL FROM auth_setup")
    assert rows == [(None, None, False)]
    for table, _ in NEVER_KEPT[:2]:
        assert databases.current.rows(new, "safety", f"SELECT count(*) FROM {table}") == [(0,)]
    await back.close()


async def test_an_archive_with_tokens_in_it_lets_nobody_in(storage, clock, shelf, recipient, identity, new, folder):
    await furnish(storage, clock)
    made = await back_up(storage, clock, shelf, recipient)
    found = contents(made.file, identity)
    dump = subprocess.run(
        ["pg_dump", "--format=custom", "--schema=safety", "--schema=hub", f"--dbname={databases.current.url(folder)}"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    found["server.dump"] = dump
    found["manifest.json"] = found["manifest.json"].replace(b'"owned":[[1,', b'"owned":[[7,')
    write_archive(made.file, [Member(*member) for member in found.items()], [recipient])
    with pytest.raises(StorageRefused):  # one row too many in auth_setup, which the manifest does not know
        await restored_into(new, made.file, identity, clock)
    assert schemas_of(new) == set()
    assert not list(new.iterdir())


async def test_it_is_one_snapshot_of_both_schemas_while_others_write(folder, shelf, identity, recipient, new):
    clock = RealClock()
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    for _ in range(50):
        await storage.journal.append("before", actor=SYSTEM, details={"text": "x" * 2000})

    async def go_on() -> int:
        count = 0
        while not made.done():
            await storage.documents.put("core.noise", "count", {"count": count})
            await storage.journal.append("meanwhile", actor=SYSTEM, subject=str(count))
            count += 1
        return count

    made = asyncio.ensure_future(back_up(storage, clock, shelf, recipient))
    written = await go_on()
    await storage.close()
    back = await restored_into(new, (await made).file, identity, clock)
    verification = await back.journal.verify()
    count = await back.documents.get("core.noise", "count") or None
    subjects = [int(row.subject) for row in await back.journal.rows(limit=1000) if row.action == "meanwhile"]
    await back.close()
    assert written > 1
    assert verification.holds
    assert count is None or count.value["count"] - max(subjects, default=-1) in (0, 1), "of one moment"


@pytest.mark.parametrize("damage", ["cut", "flipped", "no dump", "another form"])
async def test_what_is_damaged_leaves_nothing_behind(storage, clock, shelf, recipient, identity, new, damage):
    await furnish(storage, clock)
    for number in range(5):
        await storage.documents.put("core.noise", str(number), {"noise": os.urandom(100_000).hex()})
    file = (await back_up(storage, clock, shelf, recipient)).file
    content = bytearray(file.read_bytes())
    if damage == "cut":
        content = content[:-200]
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
    else:
        found = contents(file, identity)
        if damage == "no dump":
            found["server.dump"] = found["server.dump"][: len(found["server.dump"]) // 2]
        else:
            found["manifest.json"] = found["manifest.json"].replace(b"of a server 1", b"of a server 2")
        write_archive(file, [Member(*member) for member in found.items()], [recipient])
        content = bytearray(file.read_bytes())
    file.write_bytes(content)
    with pytest.raises(StorageRefused):
        await restored_into(new, file, identity, clock)
    assert not list(new.iterdir())
    assert schemas_of(new) == set()


async def test_it_is_never_restored_over_data(storage, clock, shelf, recipient, identity, new, folder):
    made = await back_up(storage, clock, shelf, recipient)
    before = databases.current.rows(folder, "safety", "SELECT count(*) FROM journal")
    url = databases.current.url(folder)
    said = {"clock": clock, "ledger": Ledger(clock), "actor": SYSTEM, "database": url}
    with pytest.raises(StorageRefused, match="give an empty one"):
        await restore_backup(made.file, identity, new, **said)
    assert databases.current.rows(folder, "safety", "SELECT count(*) FROM journal") == before
    assert not list(new.iterdir())


async def test_a_backup_of_a_server_asks_for_one_and_one_of_files_does_not(
    storage, clock, shelf, recipient, identity, new, tmp_path
):
    made = await back_up(storage, clock, shelf, recipient)
    said = {"clock": clock, "ledger": Ledger(clock), "actor": SYSTEM}
    with pytest.raises(StorageRefused, match="with --database"):
        await restore_backup(made.file, identity, new, **said)
    manifest = contents(made.file, identity)["manifest.json"].replace(b"linli backup of a server 1", b"linli backup 1")
    write_archive(tmp_path / "files.age", [Member("manifest.json", manifest)], [recipient])
    with pytest.raises(StorageRefused, match="without --database"):
        await restore_backup(tmp_path / "files.age", identity, new, **said, database=databases.current.url(new))
    assert not list(new.iterdir())


async def test_no_hub_starts_on_the_half_of_a_restore(storage, clock, shelf, recipient, identity, new, tmp_path):
    await furnish(storage, clock)
    made = await back_up(storage, clock, shelf, recipient)
    back = await restored_into(new, made.file, identity, clock)
    await back.close()
    databases.current.execute(new, "public", "CREATE SCHEMA linli_restoring")  # as a kill before the end leaves it
    url = databases.current.url(new)
    with pytest.raises(StorageRefused, match="not finished"):
        await Storage.open(tmp_path / "elsewhere", clock=clock, ledger=Ledger(clock), database=url)
    with pytest.raises(StorageRefused, match="not finished"):
        await restore_backup(
            made.file, identity, tmp_path / "again", clock=clock, ledger=Ledger(clock), actor=SYSTEM, database=url
        )


@pytest.mark.parametrize("asked", [1, 12, 40])
async def test_one_that_nobody_wants_any_more_ends_and_leaves_nothing(
    storage, clock, shelf, recipient, identity, new, asked, tmp_path
):
    for number in range(20):
        await storage.documents.put("core.noise", str(number), {"noise": os.urandom(100_000).hex()})
    made = await back_up(storage, clock, tmp_path / "made", recipient)
    left = iter(range(asked))

    def go_on() -> None:
        if next(left, None) is None:
            raise GivenUp("the hub stops")

    with pytest.raises(GivenUp):
        await back_up(storage, clock, shelf, recipient, go_on=go_on)
    assert not shelf.exists() or not list(shelf.iterdir())
    assert not list(storage.folder.copies.glob("*.working"))
    left = iter(range(asked // 4))
    with pytest.raises(GivenUp):
        await restored_into(new, made.file, identity, clock, go_on=go_on)
    assert not list(new.iterdir())
    assert schemas_of(new) == set()


async def test_a_machine_without_the_servers_tools_says_so(storage, clock, shelf, recipient, monkeypatch):
    monkeypatch.setenv("PATH", str(shelf))
    with pytest.raises(StorageRefused, match=r"pg_dump is not installed on this machine: install PostgreSQL's client"):
        await back_up(storage, clock, shelf, recipient)
    assert not shelf.exists()


async def test_no_secret_stands_on_a_command_line(storage, clock, shelf, recipient, tmp_path, monkeypatch):
    """The tool is replaced by one that keeps its words, and then does what it was asked for."""
    tools = tmp_path / "tools"
    tools.mkdir()
    kept = tools / "words"
    real = shutil.which("pg_dump")
    (tools / "pg_dump").write_text(f'#!/bin/sh\necho "$@" > {kept}\nexec {real} "$@"\n')
    (tools / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    storage.server = str(storage.server).replace("linli@", "linli:geheim@") + "?sslpassword=verborgen"
    made = await back_up(storage, clock, shelf, recipient)
    assert "geheim" not in kept.read_text()
    assert "verborgen" not in kept.read_text()
    assert made.sidecar.rows["hub"]["linli_commits"] == 1


async def drilled(storage: Storage, clock, shelf: Path, identity: Path, server: str | None = None):
    return await drill(
        shelf, storage.instance.instance_id, identity, scratch=storage.folder.copies, server=server or storage.server,
        clock=clock, ledger=Ledger(clock), go_on=lambda: None,
    )  # fmt: skip


def scratch_databases() -> list[str]:
    with psycopg.connect(databases.server().url("postgres")) as admin:
        wanted = "SELECT datname FROM pg_database WHERE datname LIKE 'linli_drill_%'"
        return [name for (name,) in admin.execute(wanted).fetchall()]


async def test_a_drill_restores_into_a_database_that_goes_again(storage, clock, shelf, recipient, identity, folder):
    await furnish(storage, clock)
    await back_up(storage, clock, shelf, recipient)
    name = f"linli_drill_{storage.instance.instance_id.lower()}"
    databases.server().run(f'CREATE DATABASE "{name}"')  # as a kill in the middle of a drill leaves it
    done = await drilled(storage, clock, shelf, identity)
    assert done.restored
    assert done.rows > 10
    assert scratch_databases() == []
    databases.current.execute(
        folder, "safety", "DROP TRIGGER journal_no_change ON journal", "UPDATE journal SET subject = 'x'"
    )
    await clock.forward(minutes=1)
    await back_up(storage, clock, shelf, recipient)
    with pytest.raises(StorageRefused, match="the journal in it is broken"):
        await drilled(storage, clock, shelf, identity)
    assert scratch_databases() == []
    assert not list(storage.folder.copies.glob("*.working"))


async def test_a_user_who_may_make_no_database_is_told_what_a_drill_needs(storage, clock, shelf, recipient, identity):
    await back_up(storage, clock, shelf, recipient)
    databases.server().run("DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN")
    with pytest.raises(StorageRefused, match="CREATEDB"):
        await drilled(storage, clock, shelf, identity, str(storage.server).replace("linli@", "narrow@"))


async def test_a_user_without_rights_and_a_server_that_is_away_are_told(
    storage, clock: SimulatedClock, shelf, recipient, identity, new
):
    made = await back_up(storage, clock, shelf, recipient)
    said = {"clock": clock, "ledger": Ledger(clock), "actor": SYSTEM}
    databases.server().run("DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN")
    narrow = str(databases.current.url(new)).replace("linli@", "narrow@")
    with pytest.raises(StorageRefused, match="GRANT CREATE"):
        await restore_backup(made.file, identity, new, **said, database=narrow)
    with pytest.raises(DatabaseUnreachable):
        await restore_backup(made.file, identity, new, **said, database="postgresql://me@127.0.0.1:1/linli")
    assert not list(new.iterdir())
