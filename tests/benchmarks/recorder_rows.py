"""What a community of some four thousand entities leaves in a recorder in three months, written past the recorder.

Every entity has the pace of its kind: a power meter every ten seconds, a door twelve times a day. The rows of a day
are written in the order of the table's key, so that a file grows, and its pages split, much as in real life.
"""

import math
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

DAY_US = 86_400_000_000
HOUR_US = DAY_US // 24
SHORT_US = HOUR_US // 12
SHORT_DAYS = 10
EVENTS_A_DAY = 2_000


@dataclass(frozen=True, slots=True)
class Kind:
    """Entities that are alike."""

    prefix: str
    entities: int
    rows_a_day: int
    attributes: str
    """With ``%d``, which counts up where ``restless``."""
    state_class: bool = False
    restless: bool = False
    """Each row has attributes of its own."""

    def state(self, turn: int) -> str:
        if self.prefix.startswith("sensor."):
            return f"{20 + 10 * math.sin(turn / 50):.2f}"
        return ("off", "on")[turn % 2]


def _sensor(device_class: str, unit: str, state_class: str = "measurement") -> str:
    return (
        f'{{"state_class":"{state_class}","unit_of_measurement":"{unit}","device_class":"{device_class}",'
        '"friendly_name":"Room %d"}'
    )


KINDS = (
    Kind("sensor.meter", 2, 8_640, _sensor("power", "W"), state_class=True),
    Kind("sensor.power", 20, 1_440, _sensor("power", "W"), state_class=True),
    Kind("sensor.plug", 300, 96, _sensor("power", "W"), state_class=True),
    Kind("sensor.energy", 300, 48, _sensor("energy", "kWh", "total_increasing"), state_class=True),
    Kind("sensor.temperature", 1_200, 12, _sensor("temperature", "°C")),
    Kind("binary_sensor.door", 800, 12, '{"device_class":"door","friendly_name":"Door %d"}'),
    Kind("light.lamp", 700, 8, '{"friendly_name":"Lamp %d","icon":"mdi:lamp"}'),
    Kind("switch.plug", 500, 4, '{"friendly_name":"Plug %d"}'),
    Kind("device_tracker.phone", 100, 20, '{"latitude":52.%06d,"longitude":4.1,"gps_accuracy":10}', restless=True),
)
ROWS_A_DAY = sum(kind.entities * kind.rows_a_day for kind in KINDS)


class Sink(Protocol):
    """Where rows go."""

    def rows(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Add them."""


class SqliteSink:
    """The recorder's file, with nobody else in it."""

    def __init__(self, file: Path) -> None:
        self._raw = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-400000"):
            self._raw.execute(f"PRAGMA {pragma}")

    def rows(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        iterator = iter(rows)
        first = next(iterator, None)
        if first is None:
            return
        insert = f"INSERT INTO {table} VALUES ({','.join('?' * len(first))})"
        self._raw.execute("BEGIN")
        self._raw.execute(insert, first)
        self._raw.executemany(insert, iterator)
        self._raw.execute("COMMIT")

    def close(self) -> None:
        self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._raw.close()


class PostgresqlSink:
    """The recorder's schema on a server."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._session = psycopg.connect(url, options="-c search_path=recorder", autocommit=True)

    def rows(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._session.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        for table in ("attributes", "event_data", "event_types", "streams", "series", "statistics_meta"):
            self._session.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))".encode()
            )
        self._session.execute("VACUUM ANALYZE")
        self._session.close()


@dataclass(frozen=True, slots=True)
class Entity:
    """One of them; its stream has this number, and so have its first attributes and its statistics."""

    number: int
    entity_id: str
    kind: Kind
    index: int


def entities() -> list[Entity]:
    """All of them, from number 1."""
    each = ((kind, index) for kind in KINDS for index in range(kind.entities))
    return [Entity(number, f"{kind.prefix}_{index}", kind, index) for number, (kind, index) in enumerate(each, 1)]


def fill(sink: Sink, rows: int, now_us: int) -> int:
    """So many rows of states, up to now, with events and statistics beside them; for how many days that is."""
    everything = entities()
    days = max(1, -(-rows // ROWS_A_DAY))
    start_us = now_us - days * DAY_US
    today = now_us // DAY_US
    sink.rows("streams", ((one.number, "~" + one.entity_id, one.entity_id, "root", "", "") for one in everything))
    sink.rows("attributes", (_text(one.number, one.kind.attributes % one.index, today) for one in everything))
    sink.rows("event_types", ((number, name) for number, name in enumerate(("call_service", "pressed"), 1)))
    states = _States(everything, len(everything) + 1)
    for day in range(days):
        sink.rows("states", states.of_day(start_us + day * DAY_US))
        sink.rows("attributes", states.new_attributes)
        sink.rows("event_data", _event_data(day, everything, start_us))
        sink.rows("events", _events(day, everything, start_us, states))
    counted = [one for one in everything if one.kind.state_class]
    sink.rows("statistics_meta", map(_meta, counted))
    sink.rows("series", ((one.number, one.number, "root", "", "") for one in counted))
    hour = now_us - now_us % HOUR_US
    for table, since, step in (
        ("statistics_hourly", max(start_us, 0), HOUR_US),
        ("statistics_short", max(start_us, now_us - SHORT_DAYS * DAY_US), SHORT_US),
    ):
        begin = since - since % HOUR_US
        sink.rows(table, (_statistic(one, at) for one in counted for at in range(begin, hour, step)))
    sink.rows("marks", [("number", states.number), ("statistics_short", now_us - now_us % SHORT_US)])
    sink.rows("runs", [(1_000_000, start_us, now_us, False)])
    return days


def _text(number: int, text: str, day: int) -> tuple[int, int, str, int]:
    digest = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
    return number, digest, text, day


class _States:
    """Rows of states, numbered on."""

    def __init__(self, everything: list[Entity], next_attributes: int) -> None:
        self.number = 0
        self.new_attributes: list[tuple[int, int, str, int]] = []
        self._everything = everything
        self._next_attributes = next_attributes

    def of_day(self, start_us: int) -> Iterator[tuple[Any, ...]]:
        self.new_attributes = []
        day = start_us // DAY_US
        for one in self._everything:
            kind, attributes = one.kind, one.number
            step = DAY_US // kind.rows_a_day
            for turn in range(kind.rows_a_day):
                self.number += 1
                if kind.restless:
                    attributes = self._next_attributes
                    self._next_attributes += 1
                    self.new_attributes.append(_text(attributes, kind.attributes % (self.number % 1_000_000), day))
                at = start_us + turn * step + one.number * 7_919 % step
                yield (
                    one.number, at, self.number, kind.state(turn + day), None, attributes, 0,
                    self.number.to_bytes(16, "big"), None, None,
                )  # fmt: skip


def _event_data(day: int, everything: list[Entity], start_us: int) -> Iterator[tuple[Any, ...]]:
    of_day = start_us // DAY_US + day
    for number in range(day * EVENTS_A_DAY, (day + 1) * EVENTS_A_DAY):
        entity_id = everything[number * 31 % len(everything)].entity_id
        text = f'{{"domain":"light","service":"turn_on","service_data":{{"entity_id":"{entity_id}","n":{number}}}}}'
        yield _text(number + 1, text, of_day)


def _events(day: int, everything: list[Entity], start_us: int, states: _States) -> Iterator[tuple[Any, ...]]:
    for turn in range(EVENTS_A_DAY):
        number = day * EVENTS_A_DAY + turn
        states.number += 1
        at = start_us + day * DAY_US + turn * (DAY_US // EVENTS_A_DAY)
        named = f",{everything[number * 31 % len(everything)].number},"
        context = states.number.to_bytes(16, "big")
        yield states.number, at, 1 + turn % 2, number + 1, named, context, None, None


def _meta(one: Entity) -> tuple[Any, ...]:
    sums = one.kind.prefix == "sensor.energy"
    unit = one.kind.attributes.partition('"unit_of_measurement":"')[2].partition('"')[0]
    return one.number, "~" + one.entity_id, one.entity_id, "recorder", unit, 0 if sums else 1, sums, None


def _statistic(one: Entity, at: int) -> tuple[Any, ...]:
    if one.kind.prefix == "sensor.energy":
        return one.number, at, None, None, None, at / HOUR_US, at / HOUR_US, None
    return one.number, at, 20.0, 10.0, 30.0, None, None, None


def plan(file: Path, statement: str, values: tuple[Any, ...] = ()) -> list[str]:
    """How SQLite would go about a statement."""
    with closing(sqlite3.connect(file)) as raw:
        return [str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
