"""Reading states and what they share, in the database's thread."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from linli import Transaction, dumps, loads
from linli_recorder.api import Form, StatesAsked
from linli_recorder.forms import TOLD_BY_ATTRIBUTES, Pair, Row, Texts, fragment, written, written_minimal
from linli_recorder.rights import Readable
from linli_recorder.sql import chunks, holes, run

SIGNIFICANT: Final = frozenset({"climate", "device_tracker", "humidifier", "thermostat", "water_heater"})
"""Domains of which a change of attributes counts as a change (Home Assistant's list)."""
KEPT_TEXTS: Final = 2_000
OF_STREAM: Final = "WHERE stream_id = ? AND updated_us > ? AND updated_us < ?"
EMPTY: Final = fragment("{}")


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
            rows, pairs = _lean_rows(tx, asked, each) if _is_lean(asked, each) else (_rows(tx, asked, each), [])
            if not rows:
                continue
            texts: dict[int, str] = {}
            if asked.attributes or each.hides:
                texts = self.texts(tx, {row[2] for row in rows if row[2] is not None})
            if each.hides:
                texts = {number: masked_text(text, each.hides) for number, text in texts.items()}
                rows = _noticed(rows, texts)
            answer.append((each.entity_id, _json(asked, each.entity_id, rows, pairs, texts)))
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


def _json(
    asked: StatesAsked, entity_id: str, rows: Sequence[Row], pairs: Sequence[Pair], texts: Mapping[int, str]
) -> bytes:
    fragments: Texts = _Nothing()
    if asked.attributes:
        fragments = {None: EMPTY, **{number: fragment(text) for number, text in texts.items()}}
    if pairs:
        return written_minimal(asked.form, entity_id, rows[0], pairs, fragments, bare=not asked.attributes)
    return written(asked.form, entity_id, rows, fragments, bare=not asked.attributes)


def _noticed(rows: Sequence[Row], texts: Mapping[int, str]) -> list[Row]:
    """Without those that differ from the one before only in what is hidden: that something happened would be told."""
    told: list[Row] = []
    for row in rows:
        shown = row[1], texts.get(row[2] or 0)
        if not told or shown != (told[-1][1], texts.get(told[-1][2] or 0)):
            told.append(row)
    return told


class _Nothing(dict[int | None, Any]):
    """The attributes of a reader who wants none."""

    def __missing__(self, key: int | None) -> Any:
        return EMPTY


def masked_text(text: str, hides: frozenset[str]) -> str:
    """Attributes without those that do not exist for the reader."""
    return dumps({name: value for name, value in loads(text).items() if name not in hides}).decode()


def _is_lean(asked: StatesAsked, each: Readable) -> bool:
    """Whether after the first row only times and states are told, and all of them lie side by side."""
    minimal = asked.form in (Form.MINIMAL, Form.COMPRESSED_MINIMAL)
    whole = each.domain in TOLD_BY_ATTRIBUTES
    return minimal and not whole and len(each.streams) == 1 and not each.hides and _changes_only(asked, each)


def _changes_only(asked: StatesAsked, each: Readable) -> bool:
    return asked.significant and each.domain not in SIGNIFICANT


def _lean_rows(tx: Transaction, asked: StatesAsked, each: Readable) -> tuple[list[Row], list[Pair]]:
    """The first row whole, and of the others time and state."""
    ((stream, since),) = each.streams
    start, end = round(asked.start * 1e6), round(asked.end * 1e6)
    within = f"{OF_STREAM} AND changed_us IS NULL"
    values = (stream, max(start, since - 1), end)
    pairs: list[Any] = run(tx, f"SELECT updated_us, state FROM states {within} ORDER BY updated_us, number", values)
    opening = _opening(tx, each, start) if asked.opening else None
    if opening is not None or not pairs:
        return ([] if opening is None else [opening]), pairs
    first: Any = run(
        tx, f"SELECT updated_us, state, attributes_id, NULL FROM states {within} ORDER BY updated_us, number LIMIT 1",
        values,
    )  # fmt: skip
    return first, pairs[1:]


def _rows(tx: Transaction, asked: StatesAsked, each: Readable) -> list[Row]:
    """An entity's rows in their order; the opening one first, as if it began at the start."""
    significant = asked.significant
    start, end = round(asked.start * 1e6), round(asked.end * 1e6)
    where = " AND changed_us IS NULL" if _changes_only(asked, each) else ""
    rows: list[Any] = []
    for stream, since in each.streams:
        rows += run(
            tx,
            f"SELECT updated_us, state, attributes_id, {'NULL' if significant else 'changed_us'} FROM states"
            f" {OF_STREAM}{where} ORDER BY updated_us, number",
            (stream, max(start, since - 1), end),
        )
    if len(each.streams) > 1:
        rows.sort(key=lambda row: row[0])
    opening = _opening(tx, each, start) if asked.opening else None
    return rows if opening is None else [opening, *rows]


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
