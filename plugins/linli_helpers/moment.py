"""input_datetime: a day, a time of day, or both, by local time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import Bound, Command, Context, EntityDescription, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_helpers.model import NAME_KEYS, Item, boolean, common, word

DOMAIN: Final = "input_datetime"
WORDS: Final = {(True, True): "a datetime", (True, False): "a date", (False, True): "a time"}

KEYS: Final[Mapping[Any, Any]] = {
    **NAME_KEYS,
    vol.Optional("has_date", default=False): boolean,
    vol.Optional("has_time", default=False): boolean,
    vol.Optional("initial"): word,
}
"""What a client sends of one."""


def read(text: str, *, has_date: bool, has_time: bool) -> datetime | None:
    """The local moment that ``text`` means (without a zone; on the first day there is, where it has no day)."""
    try:
        if has_date:
            moment = datetime.fromisoformat(text)
            return moment if has_time else datetime.combine(moment.date(), time())
        return datetime.combine(date.min, time.fromisoformat(text))
    except ValueError:
        return None


def check(item: Item) -> None:
    """Raise vol.Invalid unless it has a date or a time, and its first value is one."""
    has = item["has_date"], item["has_time"]
    if not any(has):
        raise vol.Invalid("Entity needs at least a date or a time")
    initial = item.get("initial")
    if initial is not None and read(initial, has_date=has[0], has_time=has[1]) is None:
        raise vol.Invalid(f"Initial value '{initial}' can't be parsed as {WORDS[has]}")


@dataclass(frozen=True, kw_only=True, eq=False)
class InputDatetime(EntityDescription[datetime]):
    """A reading is a local moment without its zone, of which only the day or only the time may count."""

    domain: ClassVar[str] = DOMAIN

    set_datetime: Command
    zone: tzinfo
    has_date: bool
    has_time: bool

    def render(self, reading: datetime) -> Rendered:
        at: dict[str, Any] = {}
        if self.has_date:
            at |= {"year": reading.year, "month": reading.month, "day": reading.day}
        if self.has_time:
            at |= {"hour": reading.hour, "minute": reading.minute, "second": reading.second}
        if self.has_date:
            whole = reading if self.has_time else datetime.combine(reading.date(), time())
            at["timestamp"] = whole.replace(tzinfo=self.zone).timestamp()
            return str(whole if self.has_time else whole.date()), at
        at["timestamp"] = reading.hour * 3600 + reading.minute * 60 + reading.second
        return str(reading.time()), at

    def capabilities(self) -> dict[str, Any]:
        return {"has_date": self.has_date, "has_time": self.has_time}

    def commands(self) -> Mapping[str, Command]:
        return given(set_datetime=self.set_datetime)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        """The day and the time that are said, as far as it has them."""
        day, at = data.get("date"), data.get("time")
        whole: datetime | None = data.get("datetime")
        if "timestamp" in data:
            try:
                whole = datetime.fromtimestamp(data["timestamp"], self.zone)
            except (OverflowError, ValueError, OSError) as error:
                raise InvalidRequest("there is no such moment", path=("timestamp",)) from error
        if whole is not None:
            whole = whole if whole.tzinfo is None else whole.astimezone(self.zone)
            day, at = whole.date(), whole.time()
        day, at = day if self.has_date else None, at if self.has_time else None
        if day is None and at is None:
            raise InvalidRequest("Nothing to set")
        return service, {"day": day, "at": at}


class Moment:
    """An input_datetime that lives."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._editable = editable
        self._zone = ctx.settings.zone
        self._links: tuple[Bound, ...] = ()
        """Whoever set it: they stand behind what a rule does at that moment, also after a restart."""
        self.handle = ctx.entities.add(self._description())
        last, initial = self.handle.last, item.get("initial")
        today = ctx.clock.now().astimezone(self._zone).date()
        first = None if initial is None else self._read(str(initial))
        if first is None and last is not None:
            first = self._read(last.state)
            by = Context(plugin=ctx.domain)
            by.bounds = self._links = tuple(map(Bound.of, self.handle.remembered.get("bounds", ())))
        if first is None:
            first = datetime.combine(today, time())
        self._value = first if item["has_date"] else datetime.combine(today, first.time())
        self.handle.write(self._value, by)

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        self.handle.redescribe(self._description())
        self.handle.write(self._value, by)

    async def _set_datetime(self, day: date | None, at: time | None) -> None:
        moment = datetime.combine(day or self._value.date(), self._value.time() if at is None else at)
        self._value = moment.replace(microsecond=0, tzinfo=None, fold=0)
        self.handle.write(self._value)
        if self.handle.state is not None:
            self._links = self.handle.state.context.links

    def _read(self, text: str) -> datetime | None:
        moment = read(text, has_date=self.item["has_date"], has_time=self.item["has_time"])
        if moment is not None and moment.tzinfo is not None:
            moment = moment.astimezone(self._zone)
        return None if moment is None else moment.replace(microsecond=0, tzinfo=None, fold=0)

    def _description(self) -> InputDatetime:
        return InputDatetime(
            **common(self.item, editable=self._editable),
            set_datetime=self._set_datetime,
            zone=self._zone,
            has_date=self.item["has_date"],
            has_time=self.item["has_time"],
            remember=lambda: {"bounds": [bound.as_dict() for bound in self._links]},
        )


def one_way(data: dict[str, Any]) -> dict[str, Any]:
    """A day and a time, or a moment, or seconds since 1970."""
    ways = [bool({"date", "time"} & data.keys()), "datetime" in data, "timestamp" in data]
    if sum(ways) != 1:
        raise vol.Invalid("say date and time, or datetime, or timestamp")
    return data


def register(ctx: PluginContext) -> None:
    """Offer the services."""
    fields = {
        vol.Optional("date"): sv.date,
        vol.Optional("time"): sv.time,
        vol.Optional("datetime"): sv.datetime,
        vol.Optional("timestamp"): sv.number(),
    }
    ctx.services.register_entity(DOMAIN, "set_datetime", fields, check=one_way)
