"""Rows of states as the JSON that clients know, with as little work for each row as there can be.

The encoder writes numbers and times faster than anything in Python would; attributes are texts that were encoded when
they were stored, and are put in as they are.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from linli import Fragment
from linli_recorder.api import Form

TOLD_BY_ATTRIBUTES: Final = frozenset({"climate", "humidifier", "input_datetime", "water_heater"})
"""Domains of which every row is written in full, since their state alone says little (Home Assistant's list)."""

Row = tuple[int, str | None, int | None, int | None]
"""When it was updated, the state (None: the entity went), the attributes' number, when it changed (None: just then)."""
Texts = Mapping[int | None, Any]
PIECE: Final = 256
"""Rows that are read and encoded in one go. A row and what is written of it are two objects for Python's collector,
which looks at all it has not yet looked at whenever there are 700 more: pieces that are gone before that cost it
nothing, 10 000 rows at once cost 5 ms and more. Nothing else in the process runs while a piece is encoded."""


def _zoned(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


_moment: Callable[[float], datetime] = datetime.utcfromtimestamp if sys.version_info < (3, 12) else _zoned
"""A time for the encoder, which takes one that names no zone for UTC: that costs 0.1 µs instead of 0.3. From 3.12 on
Python warns of it each time, which costs more."""


class Writing:
    """The JSON array of one entity's states, written piece after piece."""

    __slots__ = ("_bare", "_before", "_entity_id", "_full", "_minimal", "_pieces")

    def __init__(self, form: Form, entity_id: str, *, bare: bool) -> None:
        """``bare``: without attributes."""
        whole = entity_id.partition(".")[0] in TOLD_BY_ATTRIBUTES
        self._minimal: Final = form in (Form.MINIMAL, Form.COMPRESSED_MINIMAL) and not whole
        self._full: Final = form in (Form.FULL, Form.MINIMAL)
        self._entity_id: Final = entity_id
        self._bare: Final = bare
        self._before: str | None = None
        self._pieces: list[bytes] = []

    def add(self, rows: Sequence[Row], texts: Texts) -> None:
        """The next rows (a piece of them), each for itself; in a minimal form the first, then changes."""
        if self._minimal and rows:
            if not self._pieces:
                self._begin(rows[0], texts)
            full = self._full
            times = [updated if changed is None or not full else changed for updated, _, _, changed in rows]
            self.add_changes(times, [row[1] for row in rows])
        elif self._full:
            self._put(_full(self._entity_id, rows, texts))
        else:
            self._put(_compressed(rows, texts))

    def add_changes(self, times: Sequence[int], states: Sequence[str | None]) -> None:
        """The next in a minimal form, after the first: when the state changed and to what, where that is another."""
        before = self._before
        for at in range(0, len(times), PIECE):
            changes = zip(times[at : at + PIECE], states[at : at + PIECE], strict=True)
            told: list[dict[str, Any]]
            if self._full:
                told = [
                    {"state": (before := state), "last_changed": _moment(changed / 1e6)}
                    for changed, state in changes
                    if state != before
                ]
            else:
                told = [{"s": (before := state), "lu": changed / 1e6} for changed, state in changes if state != before]
            self._put(told)
        self._before = before

    def json(self) -> bytes:
        """The array, which is ended by this; empty: nothing was added."""
        pieces = self._pieces
        if not pieces:
            return b""
        pieces[0] = b"[" + pieces[0]
        pieces[-1] += b"]"
        return b",".join(pieces)  # copied once: 68 MB take 40 ms, in which nothing else runs

    def _begin(self, row: Row, texts: Texts) -> None:
        told = _full(self._entity_id, [row], texts) if self._full else _compressed([row], texts)
        if self._bare and not self._full:
            del told[0]["a"]
        self._put(told)
        self._before = row[1]

    def _put(self, told: list[dict[str, Any]]) -> None:
        if told:
            self._pieces.append(orjson.dumps(told, None, orjson.OPT_NAIVE_UTC)[1:-1])


def _full(entity_id: str, rows: Sequence[Row], texts: Texts) -> list[dict[str, Any]]:
    return [
        {
            "entity_id": entity_id,
            "state": state or "",
            "attributes": texts[attributes_id],
            "last_changed": at if changed is None else _moment(changed / 1e6),
            "last_updated": at,
        }
        for updated, state, attributes_id, changed in rows
        for at in [_moment(updated / 1e6)]
    ]


def _compressed(rows: Sequence[Row], texts: Texts) -> list[dict[str, Any]]:
    return [
        {"s": state, "a": texts[attributes_id], "lu": updated / 1e6}
        if changed is None
        else {"s": state, "a": texts[attributes_id], "lu": updated / 1e6, "lc": changed / 1e6}
        for updated, state, attributes_id, changed in rows
    ]


def fragment(text: str) -> Any:
    """A stored JSON text, to be put in as it is."""
    return Fragment(text)
