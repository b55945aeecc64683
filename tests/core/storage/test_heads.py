"""Heads kept elsewhere: what a chain alone cannot show is found, by damage done by hand to real files."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import databases
from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, RowId, Storage, StorageRefused
from linli.storage.chain import Link
from linli.storage.heads import Heads, exchange_key
from linli.storage.heads_place import AddressPlace, FolderPlace, newest_seal, post
from linli.storage.heads_verify import HeadsVerification, verify_with_heads
from linli.storage.sealing_key import FILE
from linli.storage.seals import Seal

Running = Callable[..., AbstractAsyncContextManager[tuple[Storage, Heads]]]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    place = tmp_path / "other-disk"
    place.mkdir()
    return place


@pytest.fixture
def running(folder: Path, elsewhere: Path, clock: SimulatedClock) -> Running:
    """A store that seals its journal, as a hub's does."""

    @asynccontextmanager
    async def run(data: Path = folder) -> AsyncIterator[tuple[Storage, Heads]]:
        storage = await Storage.open(data, clock=clock, ledger=Ledger(clock))
        try:
            heads = Heads(storage, clock, [FolderPlace(elsewhere, clock)])
            await storage.keep_heads(heads)
            yield storage, heads
        finally:
            await storage.close()

    return run


async def write(storage: Storage, count: int = 3) -> None:
    for number in range(count):
        await storage.journal.append("light.renamed", actor=SYSTEM, subject=f"light.{number}", details={"to": "灯"})


async def verified(data: Path, place: Path, clock: SimulatedClock) -> HeadsVerification:
    storage = await Storage.open_for_command(data, clock=clock, ledger=Ledger(clock))
    try:
        return await verify_with_heads(storage, clock, place)
    finally:
        await storage.close()


def found(verification: HeadsVerification) -> set[str]:
    return {one.what for one in (*verification.journal.breaks, *verification.seals.breaks)}


def by_hand(data: Path, *statements: str) -> None:
    """Write past every guard, as somebody with the file or the server in hand would."""
    databases.current.unguard(data)
    databases.current.execute(data, "safety", *statements)


async def test_what_nobody_touched_holds(running, folder, elsewhere, clock):
    async with running() as (storage, _):
        await write(storage)
        assert await storage.journal.seal() is not None
    verification = await verified(folder, elsewhere, clock)
    assert verification.holds, found(verification)
    assert verification.journal.rows == 3
    assert verification.seals.anchors[-1].sequence == 3


async def test_a_hub_that_is_killed_after_a_seal_is_no_old_copy(running, folder, elsewhere, clock):
    async with running() as (storage, _):
        await write(storage)
        await storage.journal.seal()
        await storage.journal.seal()
        beside = await verified(folder, elsewhere, clock)
        assert beside.holds, found(beside)


async def test_a_changed_byte_is_found(running, folder, elsewhere, clock):
    async with running() as (storage, _):
        await write(storage)
    by_hand(folder, "UPDATE journal SET subject = 'light.9' WHERE sequence = 2")
    assert found(await verified(folder, elsewhere, clock)) == {"hash"}


async def test_a_cut_tail_is_found(running, folder, elsewhere, clock):
    async with running() as (storage, _):
        await write(storage)
    by_hand(folder, *(f"DELETE FROM {table} WHERE sequence = 3" for table in ("journal", "journal_details")))
    verification = await verified(folder, elsewhere, clock)
    assert [(one.row, one.what) for one in verification.journal.breaks] == [(RowId("hub", 3), "anchor")]


async def test_an_old_copy_brought_back_is_found(running, folder, elsewhere, clock, tmp_path):
    async with running() as (storage, _):
        await write(storage)
    databases.current.keep_copy(folder, tmp_path / "old copy")
    async with running() as (storage, _):
        await write(storage)
    databases.current.bring_back(tmp_path / "old copy", folder)
    assert found(await verified(folder, elsewhere, clock)) == {"anchor", "rolled_back"}


async def test_an_old_copy_is_found_by_the_hub_itself_and_stays_found(running, folder, elsewhere, clock, tmp_path):
    async with running() as (storage, _):
        await write(storage)
    databases.current.keep_copy(folder, tmp_path / "old copy")
    async with running() as (storage, _):
        await write(storage)
    databases.current.bring_back(tmp_path / "old copy", folder)
    troubles = []
    async with running() as (storage, heads):
        heads.on_trouble(lambda place, trouble: troubles.append(trouble.what))
        [row] = await storage.journal.rows(limit=1)
        assert row.action == "journal.rolled_back"
        await write(storage, 20)
    assert troubles == ["rolled_back"]
    assert "anchor" in found(await verified(folder, elsewhere, clock))


async def test_a_chain_recomputed_with_the_right_hashes_is_found(running, folder, elsewhere, clock):
    async with running() as (storage, _):
        await write(storage)
    recompute(folder, forged_subject="light.nobody")
    storage = await Storage.open_for_command(folder, clock=clock, ledger=Ledger(clock))
    assert (await storage.journal.verify()).holds, "the chain alone does not show it"
    await storage.close()
    verification = await verified(folder, elsewhere, clock)
    assert [one.what for one in verification.journal.breaks] == ["anchor"]


def recompute(data: Path, forged_subject: str) -> None:
    """Change the first row and give every row the hash that it then must have."""
    literal = databases.current.bytes
    columns = ", ".join(Link.__slots__)
    previous, changes = bytes(32), []
    for row in databases.current.rows(data, "safety", f"SELECT {columns} FROM journal ORDER BY sequence"):
        said = dict(zip(Link.__slots__, row, strict=True)) | {"previous": previous}
        if said["sequence"] == 1:
            said["subject"] = forged_subject
        link = Link(**said)
        changes.append(
            f"UPDATE journal SET previous = {literal(previous)}, hash = {literal(link.hash())},"
            f" subject = '{link.subject}' WHERE sequence = {link.sequence}"
        )
        previous = link.hash()
    by_hand(data, *changes)


async def test_details_can_be_forgotten_while_it_holds(running, folder, elsewhere, clock):
    async with running() as (storage, _):
        await write(storage)
        await storage.journal.seal()
        await storage.journal.forget(RowId("hub", 2), actor=SYSTEM, reason="erasure")
    assert (await verified(folder, elsewhere, clock)).holds


def lines_of(place: Path) -> tuple[Path, list[str]]:
    [file] = place.glob("*/*.jsonl")
    return file, file.read_text().splitlines()


async def seal_five_times(running: Running) -> None:
    async with running() as (storage, _):
        for _ in range(5):
            await write(storage, 1)
            await storage.journal.seal()


@pytest.mark.parametrize("damage", ["changed", "cut", "reordered", "no line", "all gone", "foreign key"])
async def test_damage_at_the_second_place_is_found(running, folder, elsewhere, clock, damage):
    await seal_five_times(running)
    file, lines = lines_of(elsewhere)
    said = json.loads(lines[-1])
    if damage == "changed":
        lines[-1] = json.dumps(said | {"at_us": said["at_us"] + 1})
    elif damage == "cut":
        del lines[-2:]
    elif damage == "reordered":
        lines.append(lines[1])
    elif damage == "no line":
        lines.append("{}")
    elif damage == "all gone":
        lines = []
    else:
        lines[-1] = json.dumps(said | {"key": "00" * 32})
    file.write_text("".join(f"{line}\n" for line in lines))
    expected = {"changed": "signature", "cut": "heads_cut", "reordered": "order", "no line": "form",
                "all gone": "none", "foreign key": "signature"}  # fmt: skip
    assert expected[damage] in found(await verified(folder, elsewhere, clock))


async def test_a_stranger_with_a_key_of_his_own_is_found(running, folder, elsewhere, clock):
    await seal_five_times(running)
    (folder / FILE).unlink()
    async with running() as (storage, _):
        await write(storage, 1)
    assert "key" in found(await verified(folder, elsewhere, clock))


async def test_a_rotated_key_is_vouched_for_and_journaled(running, folder, elsewhere, clock):
    async with running() as (storage, _):
        await write(storage, 1)
        await storage.journal.seal()
        before = storage.instance.public_key
        public = await exchange_key(storage, clock, actor=SYSTEM)
        [row] = await storage.journal.rows(limit=1)
        assert (row.action, row.subject, row.details) == ("journal.key_rotated", public, {"before": before})
        await storage.journal.seal()
    assert newest_seal(elsewhere / storage.instance.instance_id).key.hex() == public
    verification = await verified(folder, elsewhere, clock)
    assert verification.holds, found(verification)


async def test_the_key_is_for_its_owner_only(running, folder):
    async with running() as (storage, _):
        await storage.journal.seal()
    assert (folder / FILE).stat().st_mode & 0o077 == 0
    assert json.loads((folder / "instance.json").read_text())["public_key"] == storage.instance.public_key


async def test_what_was_added_is_sealed_within_a_minute_and_nothing_new_is_not(running, elsewhere, clock):
    async with running() as (storage, _):
        await clock.forward(seconds=61)
        await write(storage, 1)
        await clock.forward(seconds=60)
        _, lines = lines_of(elsewhere)
        assert json.loads(lines[-1])["heads"][0][1] == 1
        await clock.forward(minutes=30)
        assert len(lines_of(elsewhere)[1]) == len(lines)
        await clock.forward(minutes=31)
        assert len(lines_of(elsewhere)[1]) == len(lines) + 1


async def test_a_second_hub_with_the_same_identity_is_refused(running, folder, clock, tmp_path):
    async with running():
        pass
    databases.current.keep_copy(folder, tmp_path / "copy")
    async with running():
        with pytest.raises(StorageRefused, match="same identity"):
            async with running(tmp_path / "copy"):
                pass
    async with running(tmp_path / "copy"):
        pass


async def test_a_hub_on_another_machine_is_seen_by_its_last_seal(running, folder, elsewhere, clock):
    async with running():
        pass
    [holder] = elsewhere.glob("*/holder.json")
    said = json.loads(holder.read_text()) | {"machine": "the other one", "ended": False}
    holder.write_text(json.dumps(said))
    with pytest.raises(StorageRefused, match="same identity"):
        async with running():
            pass
    await clock.forward(minutes=4)
    async with running():
        pass


async def test_a_place_that_takes_additions_only_takes_seals(running, folder, elsewhere, clock, monkeypatch):
    """As a folder with ``chattr +a`` on it, or a write-once share: no file of it is replaced or removed."""

    def refuse(partial: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(target))

    monkeypatch.setattr("linli.storage.heads_place.replace_durably", refuse)
    async with running() as (storage, _):
        await write(storage)
        assert await storage.journal.seal() is not None
    async with running() as (storage, _):
        await write(storage, 1)
        assert await storage.journal.seal() is not None
    assert not list(elsewhere.glob("*/holder.json"))
    verification = await verified(folder, elsewhere, clock)
    assert verification.holds, found(verification)
    assert verification.journal.rows == 4


async def test_who_takes_the_holders_file_away_does_not_bring_an_old_hub_back(running, folder, elsewhere, clock):
    async with running() as (storage, heads):
        [holder] = elsewhere.glob("*/holder.json")
        key = await heads._own_key()
        later = Seal(storage.instance.instance_id, 99, 1, 0, (), (), key.public).sealed(key)
    (holder.parent / "2099-01-01.jsonl").write_bytes(later.line())
    holder.unlink()
    with pytest.raises(StorageRefused, match="must not run any more"):
        async with running():
            pass


async def test_a_disk_that_is_not_mounted_is_told_and_tried_again(running, elsewhere, clock):
    elsewhere.rmdir()
    troubles = []
    async with running() as (storage, heads):
        heads.on_trouble(lambda place, trouble: troubles.append(trouble and trouble.what))
        assert await storage.journal.seal() is None
        elsewhere.mkdir()
        await clock.forward(seconds=61)
        assert lines_of(elsewhere)[1]
    assert troubles[0] == "unreachable"
    assert troubles[-1] is None


async def test_an_address_gets_each_seal(folder, clock):
    sent = []

    async def send(address: str, line: bytes) -> None:
        sent.append((address, json.loads(line)["counter"]))

    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    await storage.keep_heads(Heads(storage, clock, [AddressPlace("https://hub.example.org/heads", clock, send)]))
    counter = await storage.journal.seal()
    await storage.close()
    assert ("https://hub.example.org/heads", counter) in sent


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (404, False), (503, False), (0, False)])
async def test_a_real_address_takes_a_seal_or_not(status, taken):
    bodies = []

    async def answer(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        if status == 0:
            request.transport.close()
        return web.Response(status=status or 200)

    app = web.Application()
    app.router.add_post("/heads", answer)
    async with TestServer(app) as server:
        address = str(server.make_url("/heads"))
        if taken:
            await post(address, b"{}\n")
        else:
            with pytest.raises(OSError, match=str(status or "isconnect")):
                await post(address, b"{}\n")
    assert bodies == [b"{}\n"]
    with pytest.raises(OSError):
        await post(address, b"{}\n")
