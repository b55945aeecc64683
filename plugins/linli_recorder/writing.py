"""The thread's side of recording: what was heard becomes rows, and what many rows share is stored once.

One :class:`Writer` lives as long as its database. What it remembers of numbers given is true only once committed: after
a failure :meth:`Writer.forget` makes it look everything up again.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from ulid_transform import bytes_to_ulid, ulid_to_bytes_or_none

from linli import Context, Event, State, StateChange, Transaction, dumps, dumps_anyway
from linli_recorder.looking_up import FEW, all_streams, numbers_of_streams, numbers_of_texts
from linli_recorder.sql import add_all, change, holes, run
from linli_recorder.unrecorded import unrecorded
from linli_recorder.whose import Stream, StreamKey

REMEMBERED: Final = 4_000
"""Numbers of texts that are kept in memory, by hash: some 150 bytes each. A stream remembers its own last one."""
LONGEST_ATTRIBUTES: Final = 16_384
LONGEST_DATA: Final = 32_768
"""Home Assistant's limits, in bytes; longer ones are left out and counted."""
EMPTY: Final = b"{}"
NUMBER: Final = "number"
DAY_US: Final = 86_400_000_000
Memory = dict[int, tuple[int, int]]
"""By the hash of a text: its number, and the last day on which it was noted as used."""

INSERT_STATE: Final = "INSERT INTO states VALUES (?,?,?,?,?,?,?,?,?,?)"
INSERT_EVENT: Final = "INSERT INTO events VALUES (?,?,?,?,?,?,?,?)"


class Heard(NamedTuple):
    """Something that waits to be written: a change of a stream's state, or an event that names streams."""

    event: Event[Any]
    stream: Stream | None
    named: tuple[Stream, ...] = ()


class Written(NamedTuple):
    """What a batch came to."""

    number: int
    """Of its last row."""
    streams: list[tuple[int, StreamKey, str]]
    """New ones (or all, where the batch stood already): number, key and name."""
    too_long: int
    """How many attributes or data were left out."""
    stood: bool = False
    """Its commit was in doubt before, and had gone through."""


class _Text(NamedTuple):
    """What is stored once, and by which it is found."""

    text: bytes
    digest: int

    @classmethod
    def of(cls, text: bytes) -> "_Text":
        return cls(text, _digest(text))


class Writer:
    """Turns batches into rows."""

    def __init__(self) -> None:
        self._epoch = 0
        self._streams: dict[StreamKey, int] = {}
        self._attributes: Memory = {}
        self._data: Memory = {}
        self._types: dict[str, int] = {}
        self._causes: dict[tuple[str, str], int] = {}
        self._made: list[tuple[int, StreamKey, str]] = []
        self._too_long = 0

    def forget(self) -> None:
        """What was given out may not stand: look it up again."""
        self._epoch += 1
        for memory in (self._streams, self._attributes, self._data, self._types, self._causes):
            memory.clear()

    def write(self, tx: Transaction, batch: Sequence[Heard], first: int) -> Written:
        """Add rows numbered from ``first``; nothing where they stand already (their commit was in doubt)."""
        last = first + len(batch) - 1
        self._made, self._too_long = [], 0
        moved = change(tx, "UPDATE marks SET value = ? WHERE name = ? AND value < ?", (last, NUMBER, first))
        if not moved:
            return Written(last, all_streams(tx), 0, stood=True)
        said = [_Text.of(_data_text(heard.event)) for heard in batch if heard.stream is None]
        self._look_up(tx, batch)
        self._look_up_data(tx, batch, said)
        texts = iter(said)
        states: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        for number, heard in enumerate(batch, first):
            if heard.stream is None:
                events.append(self._event(tx, number, heard, next(texts)))
            else:
                states.append(self._state(tx, number, heard.stream, heard.event))
        add_all(tx, "states", states)
        add_all(tx, "events", events)
        newest = round(batch[-1].event.time_fired * 1e6)
        change(tx, "UPDATE runs SET ended_us = ? WHERE id = (SELECT max(id) FROM runs)", (newest,))
        return Written(last, self._made, self._too_long)

    def _look_up(self, tx: Transaction, batch: Sequence[Heard]) -> None:
        """Where many streams are new to this writer: their numbers and those of their attributes, all together."""
        names: dict[StreamKey, str] = {}
        wanted: dict[int, tuple[str, int]] = {}
        for heard in batch:
            for stream in heard.named if heard.stream is None else (heard.stream,):
                if stream.epoch != self._epoch and stream.key is not None and stream.key not in self._streams:
                    names[stream.key] = stream.entity_id
            new = getattr(heard.event, "new", None)
            if heard.stream is not None and heard.stream.epoch != self._epoch and new is not None:
                text, day = _attributes_text(new), round(new.last_updated * 1e6) // DAY_US
                digest = _digest(text)
                if text != EMPTY and len(text) <= LONGEST_ATTRIBUTES and digest not in self._attributes:
                    wanted[digest] = text.decode(), day
        if len(names) >= FEW:
            numbers, made = numbers_of_streams(tx, names)
            self._streams |= numbers
            self._made += [(numbers[key], key, names[key]) for key in made]
        if len(wanted) >= FEW:
            if len(self._attributes) + len(wanted) > REMEMBERED:
                self._attributes.clear()
            found = numbers_of_texts(tx, "attributes", wanted)
            self._attributes |= {digest: (number, wanted[digest][1]) for digest, number in found.items()}

    def _look_up_data(self, tx: Transaction, batch: Sequence[Heard], said: "Sequence[_Text]") -> None:
        """The same for what events say, of which much is new in every batch."""
        wanted: dict[int, tuple[str, int]] = {}
        for heard, one in zip((each for each in batch if each.stream is None), said, strict=True):
            day = round(heard.event.time_fired * 1e6) // DAY_US
            if one.text != EMPTY and len(one.text) <= LONGEST_DATA and self._data.get(one.digest, (0, 0))[1] != day:
                wanted[one.digest] = one.text.decode(), day
        if len(wanted) >= FEW:
            if len(self._data) + len(wanted) > REMEMBERED:
                self._data.clear()
            found = numbers_of_texts(tx, "event_data", wanted)
            self._data |= {digest: (number, wanted[digest][1]) for digest, number in found.items()}

    def _state(self, tx: Transaction, number: int, stream: Stream, heard: Event[Any]) -> tuple[Any, ...]:
        assert isinstance(heard, StateChange)
        if stream.epoch != self._epoch:
            self._take_up(tx, stream)
        new, old = heard.new, heard.old
        context = packed_context(heard.context)
        cause = self._cause(tx, heard.context)
        if new is None:
            at = round(heard.time_fired * 1e6)
            return (stream.id, at, number, None, None, None, 0, *context, cause)
        updated = round(new.last_updated * 1e6)
        day = updated // DAY_US
        if day != stream.day or (new.attributes is not stream.attributes and new.attributes != stream.attributes):
            stream.attributes_id = self._attributes_of(tx, new, day)
        stream.attributes, stream.day = new.attributes, day
        kept = old is not None and new.state == old.state and new.last_changed == old.last_changed
        changed = round(new.last_changed * 1e6) if kept or new.last_changed != new.last_updated else None
        first = int(old is None)
        return (stream.id, updated, number, new.state, changed, stream.attributes_id, first, *context, cause)

    def _event(self, tx: Transaction, number: int, heard: Heard, said: "_Text") -> tuple[Any, ...]:
        event = heard.event
        for stream in heard.named:
            if stream.epoch != self._epoch:
                self._take_up(tx, stream)
        named = f",{','.join(str(stream.id) for stream in heard.named)}," if heard.named else None
        kind = self._types.get(event.event_type)
        if kind is None:
            kind = self._types[event.event_type] = number_of(tx, "event_types", {"name": event.event_type})
        at = round(event.time_fired * 1e6)
        data = self._shared(tx, "event_data", self._data, said, LONGEST_DATA, at // DAY_US)
        cause = self._cause(tx, event.context)
        return (number, at, kind, data, named, *packed_context(event.context), cause)

    def _take_up(self, tx: Transaction, stream: Stream) -> None:
        """The number of a stream; the attributes that it wrote last are looked up anew."""
        assert stream.key is not None, "its tenancy was asked before it came here"
        stream.id = self.stream_id(tx, stream.key, stream.entity_id)
        stream.attributes, stream.attributes_id = None, None
        stream.epoch = self._epoch

    def stream_id(self, tx: Transaction, key: StreamKey, entity_id: str) -> int:
        """The number of a stream; it is made where it does not stand yet."""
        known = self._streams.get(key)
        if known is None:
            found = run(
                tx, "SELECT id FROM streams WHERE owner = ? AND place = ? AND subject = ? AND tenancy = ?", tuple(key)
            )
            if found:
                known = found[0][0]
            else:
                known = number_of(tx, "streams", {**key._asdict(), "entity_id": entity_id})
                self._made.append((known, key, entity_id))
            self._streams[key] = known
        return known

    def _attributes_of(self, tx: Transaction, state: State, day: int) -> int | None:
        text = _Text.of(_attributes_text(state))
        return self._shared(tx, "attributes", self._attributes, text, LONGEST_ATTRIBUTES, day)

    def _cause(self, tx: Transaction, context: Context) -> int | None:
        if context.user_id is None and context.plugin is None:
            return None
        who = (context.user_id or "", context.plugin or "")
        known = self._causes.get(who)
        if known is None:
            known = number_of(tx, "causes", {"user_id": who[0], "plugin": who[1]})
            self._causes[who] = known
        return known

    def _shared(
        self, tx: Transaction, table: str, memory: Memory, said: "_Text", longest: int, day: int
    ) -> int | None:  # fmt: skip
        """The number of a text that many rows share; None for ``{}``."""
        text, digest = said
        if len(text) > longest:
            self._too_long += 1
            return None
        if text == EMPTY:
            return None
        known, noted = memory.get(digest, (0, 0))
        if noted != day:  # of an earlier day: a purge may have taken it since
            row = {"hash": digest, "text": text.decode()}
            known = number_of(tx, table, row, used_day=day)
            change(tx, f"UPDATE {table} SET used_day = ? WHERE id = ? AND used_day < ?", (day, known, day))
            if len(memory) >= REMEMBERED:
                memory.clear()
            memory[digest] = known, day
        return known


def number_of(tx: Transaction, table: str, row: Mapping[str, Any], **new: Any) -> int:
    """The number of the row with these values; it is added where there is none, with what is ``new``."""
    wanted = " AND ".join(f"{name} = ?" for name in row)
    found = run(tx, f"SELECT id FROM {table} WHERE {wanted}", list(row.values()))
    if not found:
        whole = {**row, **new}
        statement = f"INSERT INTO {table} ({','.join(whole)}) VALUES ({holes(whole)}) RETURNING id"
        found = run(tx, statement, list(whole.values()))
    return int(found[0][0])


def _attributes_text(state: State) -> bytes:
    """Its attributes but those that are not recorded."""
    hidden = unrecorded(state.domain)
    return state.encoded({name: value for name, value in state.attributes.items() if name not in hidden})


def _digest(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def _data_text(event: Event[Any]) -> bytes:
    try:
        return dumps(event.data)
    except Exception:  # noqa: BLE001 - a plugin's own as_dict may raise anything; its event is kept all the same
        return dumps_anyway(event.data)


def packed_context(context: Context) -> tuple[bytes, bytes | None]:
    """The ids of a context and of its parent in 16 bytes each."""
    return packed_id(context.id), None if context.parent_id is None else packed_id(context.parent_id)


def packed_id(context_id: str) -> bytes:
    """A ULID in 16 bytes; what is none, as it stands."""
    packed = ulid_to_bytes_or_none(context_id)
    return context_id.encode() if packed is None else packed


@lru_cache(maxsize=512)
def unpacked_id(packed: bytes) -> str:
    """The inverse. No id but a ULID has 16 bytes here: Home Assistant's others are 32 characters long."""
    return bytes_to_ulid(packed) if len(packed) == 16 else packed.decode()
