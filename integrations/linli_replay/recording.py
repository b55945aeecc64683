"""What a recording says: a file of activations, read line by line; what cannot be true is named and left out.

The format has two header lines, then in each line, divided by tabs (one or several): start, end, location, type,
place. Times are local and name no zone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final

HEADER_LINES: Final = 2
COLUMNS: Final = 5
LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, order=True)
class Sensor:
    """A sensor is its place (a room) and its location in it; the type says what it feels and is no part of it."""

    place: str
    location: str


@dataclass(frozen=True, slots=True)
class Activation:
    """One time that a sensor was on. Both times are UTC; ``end`` is never before ``start``."""

    line: int
    sensor: Sensor
    type: str
    start: datetime
    end: datetime


class Flaw(StrEnum):
    """Why a line was left out."""

    COLUMNS = "columns"
    TIME = "time"
    NAME = "name"
    ENDS_BEFORE_START = "ends_before_start"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that was left out; it says which and why, never what somebody did."""

    line: int
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Recording:
    """All of a file: what is played, in order of start, and what was left out."""

    activations: tuple[Activation, ...]
    faults: tuple[Fault, ...]

    @property
    def sensors(self) -> dict[Sensor, str]:
        """Every sensor with its type (the first that the file gives it), in order of appearance."""
        found: dict[Sensor, str] = {}
        for activation in self.activations:
            found.setdefault(activation.sensor, activation.type)
        return found


class _Refused(Exception):
    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


def read_recording(lines: Iterable[str], zone: tzinfo) -> Recording:
    """The recording in ``lines`` (with or without their ends), whose times are local to ``zone``. Never raises.

    An hour that the clocks had twice is taken to be the later one where the earlier would run backwards.
    """
    activations: list[Activation] = []
    faults: list[Fault] = []
    for number, fields in _rows(lines):
        try:
            activations.append(_activation(number, fields, zone, activations[-1].start if activations else None))
        except _Refused as refused:
            faults.append(Fault(number, refused.flaw))
    return Recording(tuple(activations), tuple(faults))


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, start=1):
        fields = [field.strip() for field in line.split("\t")]
        filled = [field for field in fields if field]
        if number > HEADER_LINES and filled:
            yield number, filled


def _activation(number: int, fields: list[str], zone: tzinfo, latest: datetime | None) -> Activation:
    if len(fields) != COLUMNS:
        raise _Refused(Flaw.COLUMNS)
    location, kind, place = (_name(field) for field in fields[2:])
    start = _moment(fields[0], zone, latest)
    end = _moment(fields[1], zone, start)
    if end < start:
        raise _Refused(Flaw.ENDS_BEFORE_START)
    if latest is not None and start < latest:
        raise _Refused(Flaw.OUT_OF_ORDER)
    return Activation(number, Sensor(place, location), kind, start, end)


def _name(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise _Refused(Flaw.NAME)
    return text


def _moment(text: str, zone: tzinfo, not_before: datetime | None) -> datetime:
    try:
        local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        moment = local.astimezone(UTC)
        if not_before is not None and moment < not_before:
            return max(moment, local.replace(fold=1).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise _Refused(Flaw.TIME) from error
    return moment
