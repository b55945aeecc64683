"""Reading states and what they share, in the database's thread."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from linli import Transaction, dumps, loads
from linli_recorder.api import Form, StatesAsked
from linli_recorder.forms import PIECE, TOLD_BY_ATTRIBUTES, Row, Texts, Writing, fragment
from linli_recorder.rights import Readable
from linli_recorder.sql import chunks, holes, in_pieces, run
from linli_recorder.swift import CHANGES, changes

SIGNIFICANT: Final = frozenset({"climate", "device_tracker", "humidifier", "thermostat", "water_heater"})
"""Domains of which a change of attributes counts as a change (Home Assistant's list)."""
KEPT_TEXTS: Final = 2_000
OF_STREAM: Final = "WHERE stream_id = ? AND updated_us > ? AND updated_us < ?"
EMPTY: Final = fragment("{}")


class _Nothing(dict[int | None, Any]):
    """The attributes of a reader who wants none."""

    def __missing__(self, key: int | None) -> Any:
        return EMPTY


NOTHING: Final[Texts] = _Nothing()


class Reader:
    """Reads; remembers the texts of attributes that were asked for last."""

    def __init__(self) -> None:
        self._texts: OrderedDict[int, str] = OrderedDict()

    def forget(self) -> None:
        """Another database has taken the place of this one."""
        self._texts.clear()

    def states(self, tx: Transaction, asked: StatesAsked, readable: Sequence[Readable]) -> list[tuple[str, bytes]]:
        """For each entity with rows its name and their JSON."""
        answer = []
        for each in readable:
            writing = Writing(asked.form, each.entity_id, bare=not asked.attributes)
            shown = _Shown(self, tx, each.hides)
            if _is_lean(asked, each):
                _write_lean(tx, asked, each, writing, shown)
            else:
                _write(tx, asked, each, writing, shown)
            if json := writing.json():
                answer.append((each.entity_id, json))
        return answer

    def texts(self, tx: Transaction, numbers: Iterable[int]) -> dict[int, str]:
        """The attributes under these numbers; ``{}`` for those that are not there any more."""
        wanted = set(numbers)
        found = {number: self._texts[number] for number in wanted if number in self._texts}
        for chunk in chunks(wanted - found.keys()):
            found.update(run(tx, f"SELECT id, text FROM attributes WHERE id IN ({holes(chunk)})", chunk))
        self._texts.update(found)
        while len(self._texts) > KEPT_TEXTS:
            self._texts.popitem(last=False)
        return {number: found.get(number, "{}") for number in wanted}


class _Shown:
    """The attributes of one entity's rows as its reader may see them; each text is looked up once."""

    def __init__(self, reader: Reader, tx: Transaction, hides: frozenset[str]) -> None:
        self._reader = reader
        self._tx = tx
        self._hides = hides
        self._told: tuple[str | None, str] | None = None
        self._texts: dict[int | None, str] = {None: "{}"}
        self.fragments: dict[int | None, Any] = {None: EMPTY}

    def look_up(self, rows: Iterable[Row]) -> None:
        """Have the attributes of these rows at hand."""
        missing = {number for _, _, number, _ in rows if number not in self.fragments}
        if missing:
            for number, text in self._reader.texts(self._tx, missing).items():  # type: ignore[arg-type]  # None is known
                shown = masked_text(text, self._hides) if self._hides else text
                self._texts[number] = shown
                self.fragments[number] = fragment(shown)

    def noticed(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Without those that differ from the one before only in what is hidden: that something was would be told."""
        told: list[Row] = []
        for row in rows:
            shown = row[1], self._texts[row[2]]
            if shown != self._told:
                self._told = shown
                told.append(row)
        return told


def masked_text(text: str, hides: frozenset[str]) -> str:
    """Attributes without those that do not exist for the reader, in one order: the same ones are the same text."""
    return dumps({name: value for name, value in sorted(loads(text).items()) if name not in hides}).decode()


def _write(tx: Transaction, asked: StatesAsked, each: Readable, writing: Writing, shown: _Shown) -> None:
    if each.hides and not asked.opening:
        before = _opening(tx, each, round(asked.start * 1e6))
        if before is not None:  # not told, but what follows is compared with it
            shown.look_up([before])
            shown.noticed([before])
    for rows in _rows(tx, asked, each):
        if asked.attributes or each.hides:
            shown.look_up(rows)
        told = shown.noticed(rows) if each.hides else rows
        writing.add(told, shown.fragments if asked.attributes else NOTHING)


def _is_lean(asked: StatesAsked, each: Readable) -> bool:
    """Whether after the first row only times and states are told, and all of them lie side by side."""
    minimal = asked.form in (Form.MINIMAL, Form.COMPRESSED_MINIMAL)
    whole = each.domain in TOLD_BY_ATTRIBUTES
    return minimal and not whole and len(each.streams) == 1 and not each.hides and _changes_only(asked, each)


def _changes_only(asked: StatesAsked, each: Readable) -> bool:
    return asked.significant and each.domain not in SIGNIFICANT


def _write_lean(tx: Transaction, asked: StatesAsked, each: Readable, writing: Writing, shown: _Shown) -> None:
    """The first row whole, and of the others time and state: two columns instead of four make it a fifth cheaper."""
    ((stream, since),) = each.streams
    start, end = round(asked.start * 1e6), round(asked.end * 1e6)
    values = (stream, max(start, since - 1), end)
    opening = _opening(tx, each, start) if asked.opening else None
    first: Any = [opening]
    if opening is None:
        first = run(tx, f"SELECT updated_us, state, attributes_id, NULL FROM states {CHANGES} LIMIT 1", values)
    if first:
        if asked.attributes:
            shown.look_up(first)
        writing.add(first, shown.fragments if asked.attributes else NOTHING)
        for times, states in changes(tx, *values):  # the first may be among them; it is no other state than itself
            writing.add_changes(times, states)


def _rows(tx: Transaction, asked: StatesAsked, each: Readable) -> Iterator[Sequence[Row]]:
    """An entity's rows in their order, piece after piece; the opening one first, as if it began at the start."""
    significant = asked.significant
    start, end = round(asked.start * 1e6), round(asked.end * 1e6)
    opening = _opening(tx, each, start) if asked.opening else None
    if opening is not None:
        yield [opening]
    where = " AND changed_us IS NULL" if _changes_only(asked, each) else ""
    statement = (
        f"SELECT updated_us, state, attributes_id, {'NULL' if significant else 'changed_us'} FROM states"
        f" {OF_STREAM}{where} ORDER BY updated_us, number"
    )
    of_each = [(stream, max(start, since - 1), end) for stream, since in each.streams]
    rows: list[Any]
    if len(of_each) == 1:
        for rows in in_pieces(tx, statement, of_each[0], PIECE):
            yield rows
        return
    rows = [row for values in of_each for row in run(tx, statement, values)]
    rows.sort(key=lambda row: row[0])
    for at in range(0, len(rows), PIECE):
        yield rows[at : at + PIECE]


def _opening(tx: Transaction, each: Readable, start: int) -> Row | None:
    """The state that held at ``start``; None where the reader may not know it, or there was none."""
    found: list[Any] = []
    for stream, since in each.streams:
        found += run(
            tx,
            "SELECT updated_us, state, attributes_id FROM states WHERE stream_id = ? AND updated_us >= ?"
            " AND updated_us <= ? ORDER BY updated_us DESC, number DESC LIMIT 1",
            (stream, since, start),
        )
    if not found:
        return None
    _, state, attributes_id = max(found, key=lambda row: row[0])
    return start, state, attributes_id, None
