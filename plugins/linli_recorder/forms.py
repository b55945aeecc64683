"""Rows of states as the JSON that clients know, with as little work for each row as there can be.

The encoder writes numbers and times faster than anything in Python would; attributes are texts that were encoded when
they were stored, and are put in as they are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from linli import Fragment, dumps
from linli_recorder.api import Form

TOLD_BY_ATTRIBUTES: Final = frozenset({"climate", "humidifier", "input_datetime", "water_heater"})
"""Domains of which every row is written in full, since their state alone says little (Home Assistant's list)."""

Row = tuple[int, str | None, int | None, int | None]
"""When it was updated, the state (None: the entity went), the attributes' number, when it changed (None: just then)."""
Texts = Mapping[int | None, Any]
_utc: Final = partial(datetime.fromtimestamp, tz=UTC)


def written(form: Form, entity_id: str, rows: Sequence[Row], texts: Texts, *, bare: bool) -> bytes:
    """A JSON array of an entity's rows; ``bare``: without attributes."""
    whole = entity_id.partition(".")[0] in TOLD_BY_ATTRIBUTES
    return dumps(list(WRITERS[form](entity_id, rows, texts, whole, bare)))


def _full(entity_id: str, rows: Iterable[Row], texts: Texts, whole: bool, bare: bool) -> Iterator[Any]:
    for updated, state, attributes_id, changed in rows:
        at = _utc(updated / 1e6)
        yield {
            "entity_id": entity_id,
            "state": state or "",
            "attributes": texts[attributes_id],
            "last_changed": at if changed is None else _utc(changed / 1e6),
            "last_updated": at,
        }


def _minimal(entity_id: str, rows: Sequence[Row], texts: Texts, whole: bool, bare: bool) -> Iterator[Any]:
    if whole:
        yield from _full(entity_id, rows, texts, whole, bare)
        return
    yield from _full(entity_id, rows[:1], texts, whole, bare)
    for updated, state, changed in _differing(rows):
        yield {"state": state, "last_changed": _utc((updated if changed is None else changed) / 1e6)}


def _compressed(entity_id: str, rows: Iterable[Row], texts: Texts, whole: bool, bare: bool) -> Iterator[Any]:
    for updated, state, attributes_id, changed in rows:
        row = {"s": state, "a": texts[attributes_id], "lu": updated / 1e6}
        if changed is not None:
            row["lc"] = changed / 1e6
        yield row


def _compressed_minimal(entity_id: str, rows: Sequence[Row], texts: Texts, whole: bool, bare: bool) -> Iterator[Any]:
    if whole:
        yield from _compressed(entity_id, rows, texts, whole, bare)
        return
    for first in _compressed(entity_id, rows[:1], texts, whole, bare):
        if bare:
            del first["a"]
        yield first
    for updated, state, _ in _differing(rows):
        yield {"s": state, "lu": updated / 1e6}


def _differing(rows: Sequence[Row]) -> Iterator[tuple[int, str | None, int | None]]:
    """Those after the first whose state is another than that of the one before."""
    if not rows:
        return
    before = rows[0][1]
    for updated, state, _, changed in rows[1:]:
        if state != before:
            before = state
            yield updated, state, changed


WRITERS: Final[Mapping[Form, Callable[..., Iterator[Any]]]] = {
    Form.FULL: _full,
    Form.MINIMAL: _minimal,
    Form.COMPRESSED: _compressed,
    Form.COMPRESSED_MINIMAL: _compressed_minimal,
}


def fragment(text: str) -> Any:
    """A stored JSON text, to be put in as it is."""
    return Fragment(text)
