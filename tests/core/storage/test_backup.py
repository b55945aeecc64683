"""A backup holds what a hub needs and nothing that lets anybody in; what comes back is the same hub, held."""

import asyncio
import errno
import gzip
import io
import json
import os
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pyrage
import pytest

from linli.auth import Auth, AuthSettings
from linli.auth.passwords import Cost
from linli.clock import RealClock, SimulatedClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, Storage, StorageRefused, backup
from linli.storage.address import is_same_database
from linli.storage.archive import (
    GivenUp,
    Member,
    Written,
    identities_of,
    look_whole,
    make_identity,
    read_archive,
    write_archive,
)
from linli.storage.backup import Made, Sidecar, make_backup, sidecars
from linli.storage.heads import Heads
from linli.storage.heads_place import FolderPlace
from linli.storage.heads_verify import verify_with_heads
from linli.storage.restore import restore_backup
from linli.storage.sealing_key import FILE as KEY_FILE

pytestmark = pytest.mark.sqlite_only  # a server is backed up with its own tools

PASSWORD = "correct horse battery"


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return tmp_path / "backup.identity"


@pytest.fixture
def recipient(identity: Path) -> str:
    return make_identity(identity)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


async def with_auth(storage: Storage, clock) -> Auth:
    async def run(function, *arguments, **named):
        return function(*arguments, **named)

    return await Auth.open(storage, clock, run, settings=AuthSettings(cost=Cost(memory_kib=8, passes=1)))


async def furnish(storage: Storage, clock) -> str:
    """A user with a password and a long-lived token, a document, and some journal; the token."""
    auth = await with_auth(storage, clock)
    user = await auth.users.create(
        "王芳", role="admin", actor=SYSTEM, username="anna", password=PASSWORD, is_owner=True
    )
    grant = await auth.tokens.create_long_lived(user.id, client_name="tablet", lifespan_days=9, actor=SYSTEM)
    await auth.first_owner.reopen(actor=SYSTEM)
    await storage.documents.put("core.area_registry", "kitchen", {"name": "厨房"})
    await auth.close()
    return grant.access_token


async def back_up(storage: Storage, clock, shelf: Path, recipient: str, configuration: bytes | None = None) -> Made:
    return await make_backup(storage, clock, shelf, [recipient], configuration=configuration, actor=SYSTEM)


async def restored_into(folder: Path, made: Path, identity: Path, clock) -> Storage:
    await restore_backup(made, identity, folder, clock=clock, ledger=Ledger(clock), actor=SYSTEM)
    return await Storage.open(folder, clock=clock, ledger=Ledger(clock))


def contents(archive: Path, identity: Path) -> dict[str, bytes]:
    """What anybody with age and tar finds in it."""
    [key] = identities_of(identity)
    plain = gzip.decompress(pyrage.decrypt(archive.read_bytes(), [key]))
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


async def test_a_backup_comes_back_whole(storage, clock, shelf, recipient, identity, tmp_path):
    await furnish(storage, clock)
    made = await back_up(storage, clock, shelf, recipient)
    back = await restored_into(tmp_path / "new", made.file, identity, clock)
    assert (await back.documents.get("core.area_registry", "kitchen")).value == {"name": "厨房"}
    assert (await back.journal.verify()).holds
    assert back.instance.instance_id == storage.instance.instance_id
    auth = await with_auth(back, clock)
    assert auth.users.by_username("anna").name == "王芳"
    await auth.close()
    await back.close()


async def test_it_holds_no_token_no_set_up_secret_and_no_signing_key(
    storage, clock, shelf, recipient, identity, folder
):
    token = await furnish(storage, clock)
    elsewhere = folder.parent / "heads"
    elsewhere.mkdir()
    await storage.keep_heads(Heads(storage, clock, [FolderPlace(elsewhere, clock)]))
    await storage.journal.seal()
    found = contents((await back_up(storage, clock, shelf, recipient)).file, identity)
    with closing(sqlite3.connect(folder / "safety.db")) as live:
        secrets = [row[0] for row in live.execute("SELECT secret_hash FROM auth_token")]
        secrets += [row[0] for row in live.execute("SELECT hash FROM auth_access")]
        secrets += [row[0] for row in live.execute("SELECT secret_hash FROM auth_setup")]
    secrets += [token.encode(), (folder / KEY_FILE).read_bytes()[9:73]]
    secrets = [secret for secret in secrets if secret]
    assert len(secrets) == 4, "a token, an access, a set-up secret or the key is not there to be looked for"
    whole = b"".join(found.values())
    assert not [secret for secret in secrets if secret in whole]
    assert "safety.db" in found
    assert KEY_FILE not in found
    assert storage.instance.public_key.encode() in found["manifest.json"]


async def test_nothing_of_it_can_be_read_without_the_key(storage, clock, shelf, recipient, identity, tmp_path):
    await furnish(storage, clock)
    made = await back_up(storage, clock, shelf, recipient)
    for file in shelf.iterdir():
        content = file.read_bytes()
        assert "王芳".encode() not in content
        assert b"SQLite format" not in content
        assert file.stat().st_mode & 0o077 == 0
    other = tmp_path / "other.identity"
    make_identity(other)
    with pytest.raises(StorageRefused, match="another key"):
        await restored_into(tmp_path / "new", made.file, other, clock)
    assert not list((tmp_path / "new").iterdir()), "what could not be restored leaves nothing behind"


async def test_after_a_restore_tokens_are_void_and_passwords_are_not(
    storage, clock, shelf, recipient, identity, tmp_path
):
    token = await furnish(storage, clock)
    made = await back_up(storage, clock, shelf, recipient)
    back = await restored_into(tmp_path / "new", made.file, identity, clock)
    auth = await with_auth(back, clock)
    user = auth.users.by_username("anna")
    assert await auth.tokens.of_user(user.id) == []
    with closing(sqlite3.connect(tmp_path / "new" / "safety.db")) as raw:
        assert raw.execute("SELECT count(*) FROM auth_credential WHERE kind = 'password'").fetchone() == (1,)
        assert raw.execute("SELECT secret_hash FROM auth_setup").fetchall() in ([(None,)], [])
    assert token
    await auth.close()
    await back.close()


async def test_an_archive_that_holds_tokens_after_all_is_not_restored(
    storage, clock, shelf, recipient, identity, tmp_path, monkeypatch
):
    await furnish(storage, clock)
    with monkeypatch.context() as careless:
        careless.setattr(backup, "void_credentials", lambda file: None)
        made = await back_up(storage, clock, shelf, recipient)
    with pytest.raises(StorageRefused):
        await restored_into(tmp_path / "new", made.file, identity, clock)


async def test_a_restored_hub_says_so_until_it_is_released(storage, clock, shelf, recipient, identity, tmp_path):
    made = await back_up(storage, clock, shelf, recipient)
    since = round(clock.timestamp() * 1_000_000)
    await clock.forward(hours=2)
    new = tmp_path / "new"
    back = await restored_into(new, made.file, identity, clock)
    assert back.restored.held
    assert back.restored.since_us == since
    assert back.instance.restored
    assert back.instance.epoch > storage.instance.epoch
    released = []
    back.after_restore.on_release(lambda: released.append(True))
    command = await Storage.open_for_command(new, clock=clock, ledger=Ledger(clock))
    assert await command.after_restore.release(actor=SYSTEM)
    assert not await command.after_restore.release(actor=SYSTEM)
    await command.close()
    async with asyncio.timeout(5):
        while not released:
            await asyncio.sleep(0.01)
    assert back.restored is None
    assert not back.instance.restored
    assert [row.action for row in await back.journal.rows(limit=2)] == ["storage.restored_released", "storage.restored"]
    await back.close()


async def test_no_hub_starts_on_the_half_of_a_restore(storage, clock, shelf, recipient, identity, tmp_path):
    made = await back_up(storage, clock, shelf, recipient)
    new = tmp_path / "new"
    work = restore_backup(made.file, identity, new, clock=clock, ledger=Ledger(clock), actor=SYSTEM)
    restoring = asyncio.ensure_future(work)
    while not (new / "safety.db").exists():
        await asyncio.sleep(0)
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("restoring", "safety.db"):
        shutil.copy(new / name, killed / name)
    await restoring
    with pytest.raises(StorageRefused, match="not finished"):
        await Storage.open(killed, clock=clock, ledger=Ledger(clock))
    await (await Storage.open(new, clock=clock, ledger=Ledger(clock))).close()


async def test_it_is_never_restored_over_data(storage, clock, shelf, recipient, identity, folder):
    made = await back_up(storage, clock, shelf, recipient)
    before = (folder / "instance.json").read_bytes()
    with pytest.raises(StorageRefused, match="not empty"):
        await restore_backup(made.file, identity, folder, clock=clock, ledger=Ledger(clock), actor=SYSTEM)
    assert (folder / "instance.json").read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "no backup"])
async def test_a_damaged_archive_is_refused_with_a_sentence(
    storage, clock, shelf, recipient, identity, tmp_path, damage
):
    await furnish(storage, clock)
    for number in range(30):  # megabytes: what comes before the damage is sound and is unpacked
        await storage.documents.put("core.noise", str(number), {"noise": os.urandom(100_000).hex()})
    file = (await back_up(storage, clock, shelf, recipient)).file
    content = bytearray(file.read_bytes())
    if damage == "cut":
        content = content[:-200]
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
    elif damage == "empty":
        content.clear()
    else:
        write_archive(file, [Member("holiday.jpg", b"...")], [recipient])
        content = bytearray(file.read_bytes())
    file.write_bytes(content)
    with pytest.raises(StorageRefused):
        await restored_into(tmp_path / "new", file, identity, clock)
    assert not list((tmp_path / "new").iterdir())


async def test_an_archive_that_lacks_a_row_is_refused(storage, clock, shelf, recipient, identity, tmp_path):
    await furnish(storage, clock)
    file = (await back_up(storage, clock, shelf, recipient)).file
    found = contents(file, identity)
    manifest = json.loads(found.pop("manifest.json"))
    manifest["rows"]["safety"]["auth_user"] += 1
    members = [Member("manifest.json", json.dumps(manifest).encode())]
    write_archive(file, members + [Member(*member) for member in found.items()], [recipient])
    with pytest.raises(StorageRefused, match=r"safety\.db"):
        await restored_into(tmp_path / "new", file, identity, clock)


async def test_a_member_that_leads_outside_is_refused(storage, clock, shelf, recipient, identity, tmp_path):
    manifest = b'{"form":"linli backup 1","instance_id":"x","epoch":1,"deployment":null,"at_us":0,"rows":{},' \
               b'"files":["../evil"]}'  # fmt: skip
    archive = tmp_path / "evil.age"
    write_archive(archive, [Member("manifest.json", manifest), Member("../evil", b"x")], [recipient])
    with pytest.raises(StorageRefused, match="evil"):
        await restored_into(tmp_path / "new", archive, identity, clock)
    assert not (tmp_path / "evil").exists()


async def test_it_is_one_snapshot_while_others_write(folder, shelf, identity, recipient, tmp_path):
    clock = RealClock()
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    for _ in range(200):
        await storage.journal.append("before", actor=SYSTEM, details={"text": "x" * 2000})

    async def go_on() -> int:
        count = 0
        while not made.done():
            await storage.journal.append("meanwhile", actor=SYSTEM)
            count += 1
        return count

    made = asyncio.ensure_future(back_up(storage, clock, shelf, recipient))
    written = await go_on()
    await storage.close()
    back = await restored_into(tmp_path / "new", (await made).file, identity, clock)
    verification = await back.journal.verify()
    await back.close()
    assert written > 0
    assert verification.holds
    assert verification.rows >= 200


@pytest.mark.parametrize("asked", [1, 2, 6])
async def test_one_that_nobody_wants_any_more_ends_and_leaves_nothing(
    storage, clock, shelf, recipient, identity, asked, tmp_path
):
    for number in range(5):
        await storage.documents.put("core.noise", str(number), {"noise": os.urandom(100_000).hex()})
    made = await back_up(storage, clock, tmp_path / "made", recipient)
    left = iter(range(asked))

    def go_on() -> None:
        if next(left, None) is None:
            raise GivenUp("the hub stops")

    with pytest.raises(GivenUp):
        await make_backup(storage, clock, shelf, [recipient], configuration=None, actor=SYSTEM, go_on=go_on)
    assert not shelf.exists() or not list(shelf.iterdir())
    assert not list(storage.folder.copies.glob("*.working"))
    new = tmp_path / "new"
    with pytest.raises(GivenUp):
        await restore_backup(made.file, identity, new, clock=clock, ledger=Ledger(clock), actor=SYSTEM, go_on=go_on)
    assert not list(new.iterdir())


async def test_a_full_disk_is_an_error_of_the_disk_and_leaves_nothing(storage, clock, shelf, recipient):
    asked = iter(range(2))

    def go_on() -> None:
        if next(asked, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        await make_backup(storage, clock, shelf, [recipient], configuration=None, actor=SYSTEM, go_on=go_on)
    assert not list(shelf.iterdir())


async def test_the_sidecar_shows_without_a_key_whether_the_file_is_whole(storage, clock, shelf, recipient):
    made = await back_up(storage, clock, shelf, recipient)
    [(file, sidecar)] = sidecars(shelf, storage.instance.instance_id)
    assert file == made.file
    assert look_whole(file, sidecar.written)
    assert sidecar.rows["safety"]["journal"] == 0
    file.write_bytes(file.read_bytes()[:-1])
    assert not look_whole(file, sidecar.written)
    assert not look_whole(file, Written(sidecar.written.length - 1, sidecar.written.sha256))
    assert Sidecar.read(shelf / "none") is None


async def test_heads_kept_elsewhere_agree_with_a_restored_hub(
    folder, clock: SimulatedClock, shelf, recipient, identity, tmp_path
):
    elsewhere = tmp_path / "other-disk"
    elsewhere.mkdir()
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    await storage.keep_heads(Heads(storage, clock, [FolderPlace(elsewhere, clock)]))
    await storage.journal.append("before", actor=SYSTEM)
    made = await back_up(storage, clock, shelf, recipient)
    await storage.journal.append("lost", actor=SYSTEM)
    await storage.journal.seal()
    await storage.close()
    new = tmp_path / "new"
    back = await restored_into(new, made.file, identity, clock)
    await back.journal.append("after", actor=SYSTEM)
    before_first_seal = await verify_with_heads(back, clock, elsewhere)
    await back.keep_heads(Heads(back, clock, [FolderPlace(elsewhere, clock)]))
    await back.journal.seal()
    verification = await verify_with_heads(back, clock, elsewhere)
    await back.close()
    assert before_first_seal.holds
    assert verification.holds, (verification.journal.breaks, verification.seals.breaks)
    assert verification.seals.restores == 1
    old = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    with pytest.raises(StorageRefused, match="must not run any more"):
        await old.keep_heads(Heads(old, clock, [FolderPlace(elsewhere, clock)]))
    await old.close()


def test_what_is_packed_and_what_fails_on_the_way(tmp_path, recipient, identity):
    target = tmp_path / "x.age"
    with pytest.raises(FileNotFoundError):
        write_archive(target, [Member("a", b"1"), Member("b", tmp_path / "missing")], [recipient])
    assert not list(tmp_path.glob("x.age*"))
    write_archive(target, [Member("a", b"1"), Member("big", bytes(3_000_000))], [recipient])
    with read_archive(target, identities_of(identity)) as members:
        assert [(name, len(stream.read())) for name, stream in members] == [("a", 1), ("big", 3_000_000)]


@pytest.mark.parametrize("key", ["age1nonsense", "", "AGE-SECRET-KEY-1"])
async def test_a_recipient_that_is_none_is_refused(storage, clock, shelf, key):
    with pytest.raises(StorageRefused, match="public age key"):
        await back_up(storage, clock, shelf, key)
    assert not shelf.exists()


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("postgresql://db.example.org/linli", True),
        ("postgresql://reader:secret@DB.example.org:5432/linli?connect_timeout=3", True),
        ("postgresql://linli@db.example.org:5433/linli", False),
        ("postgresql://linli@db.example.org/past", False),
        ("postgresql://linli@old.example.org/linli", False),
    ],
)
def test_an_address_of_the_hubs_own_database_is_no_other_server(other: str, is_same: bool) -> None:
    assert is_same_database(other, "postgresql://linli@db.example.org/linli") is is_same
