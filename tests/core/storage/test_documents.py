"""Documents: compare-and-swap, all or none, migrated when older, replaced by their last good copy when damaged."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import databases
from linli.clock import SimulatedClock
from linli.errors import ContractError
from linli.ledger import Ledger
from linli.storage import Conflict, Delete, Document, DocumentKind, Documents, Put, Storage, StorageRefused
from linli.storage.document_rows import checksum


@pytest.fixture
def documents(storage: Storage) -> Documents:
    return storage.documents


def damage(folder: Path, statement: str) -> None:
    assert databases.current.execute(folder, "hub", statement) == 1


async def test_what_is_put_is_loaded(documents: Documents):
    written = await documents.put("area", "hall", {"name": "门厅", "floor": None})
    assert written == Document("area", "hall", 1, {"name": "门厅", "floor": None})
    assert await documents.load("area") == {"hall": written}
    assert await documents.get("area", "hall") == written
    assert await documents.get("area", "attic") is None
    assert await documents.load("floor") == {}


async def test_each_write_raises_the_revision(documents: Documents):
    await documents.put("area", "hall", {"n": 1})
    second = await documents.put("area", "hall", {"n": 2}, expected=1)
    assert second.revision == 2
    assert (await documents.load("area"))["hall"] == second


@pytest.mark.parametrize(
    ("standing", "expected"), [(0, 1), (1, 0), (1, 2), (2, 1)], ids=["gone", "there", "never", "older"]
)
async def test_another_revision_than_expected_is_a_conflict(documents: Documents, standing: int, expected: int):
    for number in range(standing):
        await documents.put("area", "hall", {"n": number})
    with pytest.raises(Conflict) as refused:
        await documents.put("area", "hall", {"n": "mine"}, expected=expected)
    assert (refused.value.revision, refused.value.expected) == (standing, expected)
    with pytest.raises(Conflict):
        await documents.delete("area", "hall", expected=expected)


async def test_a_batch_is_written_whole_or_not_at_all(documents: Documents):
    await documents.put("area", "hall", {"n": 1})
    with pytest.raises(Conflict):
        await documents.batch([Put("area", "new", {}), Put("area", "hall", {}, 7)], [Delete("area", "hall")])
    assert (await documents.load("area")).keys() == {"hall"}
    written = await documents.batch([Put("area", "new", {}), Put("floor", "f", {})], [Delete("area", "hall", 1)])
    assert [(document.kind, document.revision) for document in written] == [("area", 1), ("floor", 1)]
    assert (await documents.load("area")).keys() == {"new"}


async def test_removing_what_is_not_there_is_no_error(documents: Documents):
    await documents.delete("area", "hall")


async def test_a_write_takes_part_in_another_transaction(storage: Storage):
    def work(tx) -> None:
        storage.documents.write(tx, [Put("area", "hall", {})])
        raise LookupError

    with pytest.raises(LookupError):
        await storage.hub.transaction(work)
    assert await storage.documents.load("area") == {}


async def test_a_change_of_a_kind_is_told_once_a_transaction(storage: Storage):
    heard: list[str | None] = []
    storage.changes.subscribe("documents", lambda change: heard.append(change.key))
    await storage.documents.batch([Put("area", str(number), {}) for number in range(50)])
    assert heard == ["area"]


@pytest.mark.parametrize("kind", ["../evil", "Area", "", "a/b"])
async def test_a_kind_has_a_plain_name(documents: Documents, kind: str):
    with pytest.raises(ContractError):
        await documents.put(kind, "x", {})


async def test_a_document_is_an_object(documents: Documents):
    value: Any = ["no", "object"]
    with pytest.raises(ContractError):
        await documents.put("area", "x", value)


async def test_older_documents_are_migrated_and_stay_so(storage: Storage):
    await storage.documents.put("area", "hall", {"title": "Hall"})
    storage.documents.register(
        DocumentKind("area", 2, migrate=lambda version, value: {"name": value["title"], "from": version})
    )
    assert (await storage.documents.load("area"))["hall"] == Document("area", "hall", 2, {"name": "Hall", "from": 1})
    assert (await storage.documents.load("area"))["hall"].revision == 2


async def test_newer_documents_are_refused_with_a_sentence(storage: Storage):
    storage.documents.register(DocumentKind("area", 3))
    await storage.documents.put("area", "hall", {})
    storage.documents.register(DocumentKind("area", 2))
    with pytest.raises(StorageRefused, match="shape 3; this version of linli knows up to 2"):
        await storage.documents.load("area")


DAMAGES = {
    "value": "UPDATE documents SET value = replace(value, 'Hall', 'Hxll') WHERE key = 'hall'",
    "no JSON": "UPDATE documents SET value = substr(value, 2) WHERE key = 'hall'",
    "checksum": "UPDATE documents SET checksum = 1 WHERE key = 'hall'",
    "version": "UPDATE documents SET schema_version = 0 WHERE key = 'hall'",
    "key": "UPDATE documents SET key = 'hbll' WHERE key = 'hall'",
}
ONLY_IN_FILES = {
    "no text": "UPDATE documents SET value = CAST(x'ff00' || value AS TEXT) WHERE key = 'hall'",
    "blob": "UPDATE documents SET value = x'00' WHERE key = 'hall'",
}
"""A server does not let this happen."""


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=list(DAMAGES))
async def test_a_damaged_document_is_set_aside_named_and_replaced(
    storage: Storage, folder: Path, clock: SimulatedClock, statement: str
):
    await is_replaced(storage, folder, clock, statement)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("statement", ONLY_IN_FILES.values(), ids=list(ONLY_IN_FILES))
async def test_what_no_longer_is_a_text_is_set_aside_named_and_replaced(
    storage: Storage, folder: Path, clock: SimulatedClock, statement: str
):
    await is_replaced(storage, folder, clock, statement)


async def is_replaced(storage: Storage, folder: Path, clock: SimulatedClock, statement: str) -> None:
    await storage.documents.batch([Put("area", "hall", {"name": "Hall"}), Put("area", "attic", {"name": "Attic"})])
    await clock.forward(seconds=6)
    damage(folder, statement)
    loaded = await storage.documents.load("area")
    assert {key: document.value["name"] for key, document in loaded.items()} == {"hall": "Hall", "attic": "Attic"}
    assert len(loaded.damages) == 1
    assert loaded.damages[0].kind == "area"
    assert storage.documents.damages == list(loaded.damages)
    again = await storage.documents.load("area")
    assert (dict(again), again.damages) == (dict(loaded), ())
    assert databases.current.rows(folder, "hub", "SELECT kind FROM documents_set_aside") == [("area",)]


async def test_a_damaged_document_without_a_copy_is_named_and_the_rest_loads(storage: Storage, folder: Path):
    await storage.documents.batch([Put("area", "hall", {}), Put("area", "attic", {})])
    damage(folder, "UPDATE documents SET value = '{' WHERE key = 'hall'")
    loaded = await storage.documents.load("area")
    assert loaded.keys() == {"attic"}
    assert [(found.key, found.restored) for found in loaded.damages] == [("hall", False)]


async def test_a_document_that_is_nested_without_end_is_damaged_whatever_its_checksum(storage: Storage, folder: Path):
    await storage.documents.batch([Put("area", "hall", {}), Put("area", "attic", {})])
    text = '{"a":' * 100_000 + "0" + "}" * 100_000
    sum = checksum("area", "hall", 1, text.encode())
    damage(folder, f"UPDATE documents SET value = '{text}', checksum = {sum} WHERE key = 'hall'")
    loaded = await storage.documents.load("area")
    assert (loaded.keys(), [found.key for found in loaded.damages]) == ({"attic"}, ["hall"])
    assert "recursion" not in loaded.damages[0].reason.lower()


async def test_what_its_owner_cannot_take_counts_as_damaged(storage: Storage, folder: Path, clock: SimulatedClock):
    def check(key: str, value: dict[str, Any]) -> None:
        int(value["size"])

    await storage.documents.put("area", "hall", {"size": 1})
    await clock.forward(seconds=6)
    await storage.documents.put("area", "hall", {"size": "big"})
    storage.documents.register(DocumentKind("area", check=check))
    loaded = await storage.documents.load("area")
    assert loaded["hall"].value == {"size": 1}
    assert loaded["hall"].revision > 2, "whoever remembers revision 2 must not overwrite the copy"


async def test_a_copy_is_brought_to_the_present_shape(storage: Storage, folder: Path, clock: SimulatedClock):
    await storage.documents.put("area", "hall", {"title": "Hall"})
    await clock.forward(seconds=6)
    damage(folder, "UPDATE documents SET checksum = 0")
    storage.documents.register(DocumentKind("area", 2, migrate=lambda _, value: {"name": value["title"]}))
    assert (await storage.documents.load("area"))["hall"].value == {"name": "Hall"}


async def test_copies_are_made_soon_after_a_change_and_at_close(folder: Path, clock: SimulatedClock):
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    copy = folder / "last_good" / "area.json"
    await storage.documents.put("area", "hall", {"n": 1})
    await clock.forward(seconds=4)
    await storage.documents.put("area", "hall", {"n": 2})
    assert not copy.exists()
    await clock.forward(seconds=1)
    assert json.loads(copy.read_bytes())["documents"]["hall"]["value"] == {"n": 2}
    await storage.documents.put("area", "hall", {"n": 3})
    await storage.close()
    assert json.loads(copy.read_bytes())["documents"]["hall"]["value"] == {"n": 3}
    assert copy.stat().st_mode & 0o077 == 0
    assert [file.name for file in copy.parent.iterdir() if file.is_file()] == ["area.json"]


async def test_a_damaged_row_does_not_reach_the_copy(storage: Storage, folder: Path, clock: SimulatedClock):
    await storage.documents.put("area", "hall", {"name": "Hall"})
    await clock.forward(seconds=6)
    damage(folder, DAMAGES["value"])
    await storage.documents.put("area", "attic", {})
    await clock.forward(seconds=6)
    assert (await storage.documents.load("area"))["hall"].value == {"name": "Hall"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"documents": {"hall": 1}}', b'{"documents": {"hall": {}}}'])
async def test_a_damaged_copy_is_as_good_as_none(storage: Storage, folder: Path, content: bytes):
    await storage.documents.put("area", "hall", {})
    damage(folder, "UPDATE documents SET checksum = 0")
    (folder / "last_good").mkdir(exist_ok=True)
    (folder / "last_good" / "area.json").write_bytes(content)
    loaded = await storage.documents.load("area")
    assert dict(loaded) == {}
    assert [found.restored for found in loaded.damages] == [False]


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = st.sampled_from(["a", "b", "c"])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(KEYS, st.none() | st.dictionaries(st.sampled_from("xyz"), JSON, max_size=2)), max_size=8)
)
async def test_documents_are_a_dictionary_that_lasts_and_so_is_their_copy(
    storage: Storage, folder: Path, clock: SimulatedClock, steps: list[tuple[str, Any]]
):
    documents = storage.documents
    await documents.batch((), [Delete("thing", key) for key in "abc"])
    model: dict[str, Any] = {}
    for key, value in steps:
        if value is None:
            await documents.delete("thing", key)
            model.pop(key, None)
        else:
            await documents.put("thing", key, value)
            model[key] = value
    assert {key: document.value for key, document in (await documents.load("thing")).items()} == model
    await clock.forward(seconds=6)
    databases.current.execute(folder, "hub", "UPDATE documents SET checksum = checksum + 1 WHERE kind = 'thing'")
    assert {key: document.value for key, document in (await documents.load("thing")).items()} == model
