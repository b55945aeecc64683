"""Home Assistant's message commands about statistics."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import voluptuous as vol

from linli import Access, CommandCall, InvalidRequest, PluginContext
from linli import schema as sv
from linli_recorder.api import Period, StatisticsAsked, StatisticsMeta, StatisticsRow
from linli_recorder.recorder import Recorder
from linli_recorder.statistics.book import OURS
from linli_recorder.statistics.catalog import Catalog
from linli_recorder.statistics.changing import KEEP, Changing, check_convertible
from linli_recorder.statistics.errors import BadEnd, BadStart, BadStatistics, UnitsDoNotFit
from linli_recorder.statistics.keeper import Statistics
from linli_recorder.statistics.reading import NEVER_US, over, shown_in
from linli_recorder.statistics.trouble import Trouble, problems
from linli_recorder.statistics.units import CLASSES, convert, convertible

TYPES: Final = ("change", "last_reset", "max", "mean", "min", "state", "sum")
OVERALL: Final = ("change", "max", "mean", "min")
UNITS: Final = sv.section({vol.Optional(name): sv.string for name in CLASSES})
DAYS: Final = {"hour": 0, "day": 1, "week": 7, "month": 0, "year": 0}
DURING: Final = {
    vol.Required("start_time"): sv.string,
    vol.Optional("end_time"): sv.string,
    vol.Required("statistic_ids"): sv.list_of(sv.string, min=1),
    vol.Required("period"): sv.enum(Period),
    vol.Optional("units"): UNITS,
    vol.Optional("types"): sv.list_of(sv.one_of(*TYPES)),
}
CALENDAR: Final = sv.section(
    {vol.Required("period"): sv.one_of(*DAYS), vol.Optional("offset", default=0): sv.integer(min=-100_000, max=100_000)}
)
ROLLING: Final = sv.section({
    vol.Required("duration"): sv.seconds_or_duration, vol.Optional("offset"): sv.offset
})  # fmt: skip
FIXED: Final = sv.section({vol.Optional("start_time"): sv.string, vol.Optional("end_time"): sv.string})
ONE: Final = {
    vol.Required("statistic_id"): sv.string,
    vol.Optional("types"): sv.list_of(sv.one_of(*OVERALL)),
    vol.Optional("units"): UNITS,
    vol.Exclusive("calendar", "period"): CALENDAR,
    vol.Exclusive("rolling_window", "period"): ROLLING,
    vol.Exclusive("fixed_period", "period"): FIXED,
}
METADATA: Final = sv.section(
    {
        vol.Required("has_mean"): sv.boolean,
        vol.Required("has_sum"): sv.boolean,
        vol.Required("name"): sv.maybe(sv.string),
        vol.Required("source"): sv.string,
        vol.Required("statistic_id"): sv.string,
        vol.Required("unit_of_measurement"): sv.maybe(sv.string),
    }
)
NUMBER: Final = sv.maybe(sv.number())
ROW: Final = sv.section(
    {
        vol.Required("start"): sv.string,
        vol.Optional("last_reset"): sv.maybe(sv.string),
        **{vol.Optional(name): NUMBER for name in ("mean", "min", "max", "state", "sum")},
    }
)


class StatisticsCommands:
    """Answers them."""

    def __init__(
        self, ctx: PluginContext, recorder: Recorder, catalog: Catalog, changing: Changing, statistics: Statistics,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        self._ctx = ctx
        self._recorder = recorder
        self._catalog = catalog
        self._changing = changing
        self._statistics = statistics
        self._trouble = trouble

    # reading ---------------------------------------------------------------------------------------------------------

    async def list_ids(self, call: CommandCall) -> list[dict[str, object]]:
        """Every statistic that the reader may know of."""
        kind = call.message.get("statistic_type")
        known = await self._catalog.with_coming(call.context)
        return [
            each.described()
            for each in known
            if kind is None or (each.meta.has_sum if kind == "sum" else each.meta.mean_type)
        ]

    async def metadata(self, call: CommandCall) -> list[dict[str, object]]:
        """The same for some of them."""
        known = await self._catalog.with_coming(call.context, call.message.get("statistic_ids"))
        return [each.described() for each in known]

    async def during(self, call: CommandCall) -> dict[str, list[dict[str, Any]]]:
        """Rows over a period."""
        message = call.message
        start = self._moment(message["start_time"], BadStart)
        end = self._moment(message["end_time"], BadEnd) if "end_time" in message else None
        asked = StatisticsAsked(
            tuple(message["statistic_ids"]), start.timestamp(), None if end is None else end.timestamp(),
            Period(message["period"]), frozenset(message.get("types", TYPES)), message.get("units"),
        )  # fmt: skip
        return await self._statistics.rows(asked, call.context)

    async def one(self, call: CommandCall) -> dict[str, float | None]:
        """One number for each kind over a whole time."""
        message = call.message
        start_us, end_us = self._span(message)
        types = frozenset(message.get("types", OVERALL))
        await self._catalog.all(call.context, [message["statistic_id"]])  # as with rows: what it asks is remembered
        async with self._statistics.turns.turn(call.context) as limit:
            known = await self._catalog.all(call.context, [message["statistic_id"]])
            if not known:
                return {}
            unit = shown_in(known[0], message.get("units", {}))
            found = await self._recorder.database.read(
                lambda tx: over(tx, known[0], start_us, end_us, types, unit), limit=limit
            )
        return found if await self._catalog.all(call.context, [message["statistic_id"]]) else {}

    async def validate(self, call: CommandCall) -> dict[str, Any]:
        """What is wrong with statistics."""
        return problems(self._ctx, self._recorder, await self._catalog.all(call.context))

    async def update_issues(self, call: CommandCall) -> None:
        """Raise and clear repair issues about statistics; it also happens by itself."""
        await self._trouble.update()

    # changing --------------------------------------------------------------------------------------------------------

    async def import_rows(self, call: CommandCall) -> None:
        """Keep rows that come from elsewhere."""
        said = call.message["metadata"]
        meta = StatisticsMeta(
            said["statistic_id"], said["source"], said["unit_of_measurement"], said["has_mean"], said["has_sum"],
            said["name"],
        )  # fmt: skip
        rows = [self._row(row) for row in call.message["stats"]]
        await self._changing.imported(meta, rows, call.context)

    def _row(self, said: Mapping[str, Any]) -> StatisticsRow:
        numbers = {name: said.get(name) for name in ("mean", "min", "max", "state", "sum")}
        reset = said.get("last_reset")
        return StatisticsRow(
            _absolute(said["start"], "start").timestamp(), **numbers,
            last_reset=None if reset is None else _absolute(reset, "last_reset").timestamp(),
        )  # fmt: skip

    async def clear(self, call: CommandCall) -> None:
        """Forget statistics."""
        await self._changing.clear(call.message["statistic_ids"], call.context)

    async def adjust(self, call: CommandCall) -> None:
        """Correct a sum from a time on."""
        message = call.message
        start = self._moment(message["start_time"], BadStart)
        known = await self._changing.find(message["statistic_id"], call.context)
        own, unit = known.meta.unit, message["adjustment_unit_of_measurement"]
        if not convertible(unit, own):
            raise UnitsDoNotFit(f"Can't convert {own} to {unit}")
        by = convert(message["adjustment"], unit, own)
        await self._changing.adjust_sum(known, round(start.timestamp() * 1e6), by, call.context)

    async def update_metadata(self, call: CommandCall) -> None:
        """Other words for the same numbers: a unit that was wrong."""
        known = await self._catalog.all(call.context, [call.message["statistic_id"]])
        name = call.message.get("name", KEEP)
        for each in known:
            await self._changing.tell_in(each, call.message["unit_of_measurement"], call.context, name=name)

    async def change_unit(self, call: CommandCall) -> None:
        """Other numbers for the same: convert what is kept of an entity.

        What is kept of no entity stays, as in Home Assistant: its source goes on importing in its own unit. Raises
        BadStatistics for units of which none converts into the other.
        """
        message = call.message
        old, new = message["old_unit_of_measurement"], message["new_unit_of_measurement"]
        check_convertible(old, new)
        for each in await self._catalog.all(call.context, [message["statistic_id"]]):
            if each.meta.source == OURS and each.meta.unit == old:
                await self._changing.convert_to(each, new, call.context)

    # times -----------------------------------------------------------------------------------------------------------

    def _moment(self, written: str, error: type[BadStart] | type[BadEnd]) -> datetime:
        """A moment; without an offset, by the deployment's clocks."""
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            raise error(f"Invalid {'start' if error is BadStart else 'end'}_time") from None
        return self._placed(moment)

    def _placed(self, moment: datetime) -> datetime:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self._ctx.settings.zone)

    def _span(self, message: Mapping[str, Any]) -> tuple[int, int]:
        """From when to when, in microseconds."""
        now = self._ctx.clock.now()
        if "fixed_period" in message:
            fixed = message["fixed_period"]
            start = _us(self._placed(_read(fixed["start_time"], "start_time"))) if "start_time" in fixed else 0
            end = _us(self._placed(_read(fixed["end_time"], "end_time"))) if "end_time" in fixed else NEVER_US
            return start, end
        if "rolling_window" in message:
            window = message["rolling_window"]
            ends = now + window.get("offset", timedelta(0))
            return _us(ends - window["duration"]), _us(ends)
        if "calendar" in message:
            local = now.astimezone(self._ctx.settings.zone)
            return _calendar(local, message["calendar"]["period"], message["calendar"]["offset"])
        return 0, NEVER_US


def _read(written: str, key: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise InvalidRequest(f"Invalid datetime specified: {written}", path=(key,)) from error


def _absolute(written: str, key: str) -> datetime:
    """A moment with its offset: what is imported must not depend on where the hub stands."""
    moment = _read(written, key)
    if moment.tzinfo is None:
        raise BadStatistics("Naive timestamp: no or invalid timezone info provided")
    return moment


def _us(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def _calendar(local: datetime, period: str, offset: int) -> tuple[int, int]:
    """The hour, day, week, month or year that is ``offset`` after the present one."""
    if period == "hour":
        begin = local.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=offset)
        return _us(begin), _us(begin + timedelta(hours=1))
    day = local.date()
    try:
        first, after = _days(day, period, offset)
    except (OverflowError, ValueError) as error:
        raise InvalidRequest("that is too far away", path=("calendar", "offset")) from error
    midnight = [datetime(one.year, one.month, one.day, tzinfo=local.tzinfo) for one in (first, after)]
    return _us(midnight[0]), _us(midnight[1])


def _days(day: date, period: str, offset: int) -> tuple[date, date]:
    if DAYS[period]:
        begin = day - timedelta(days=day.weekday() if period == "week" else 0) + timedelta(days=DAYS[period] * offset)
        return begin, begin + timedelta(days=DAYS[period])
    if period == "year":
        return date(day.year + offset, 1, 1), date(day.year + offset + 1, 1, 1)
    months = day.year * 12 + day.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1), date((months + 1) // 12, (months + 1) % 12 + 1, 1)


def register(ctx: PluginContext, commands: StatisticsCommands) -> None:
    """Offer them under Home Assistant's names."""

    def offer(name: str, handler: Any, schema: Mapping[Any, Any] | None = None, access: Access = Access.USER) -> None:
        ctx.commands.add(f"recorder/{name}", handler, schema, access=access)

    ids = {vol.Required("statistic_ids"): sv.list_of(sv.string)}
    one = {vol.Required("statistic_id"): sv.string}
    unit = sv.maybe(sv.string)
    offer("list_statistic_ids", commands.list_ids, {vol.Optional("statistic_type"): sv.one_of("sum", "mean")})
    offer("get_statistics_metadata", commands.metadata, {vol.Optional("statistic_ids"): sv.list_of(sv.string)})
    offer("statistics_during_period", commands.during, DURING)
    offer("statistic_during_period", commands.one, ONE)
    offer("validate_statistics", commands.validate)
    offer("update_statistics_issues", commands.update_issues)
    offer(
        "import_statistics",
        commands.import_rows,
        {vol.Required("metadata"): METADATA, vol.Required("stats"): sv.list_of(ROW)},
        Access.OWNER,
    )
    offer("clear_statistics", commands.clear, ids, Access.OWNER)
    offer(
        "adjust_sum_statistics",
        commands.adjust,
        {
            **one,
            vol.Required("start_time"): sv.string,
            vol.Required("adjustment"): sv.number(),
            vol.Required("adjustment_unit_of_measurement"): unit,
        },
        Access.ADMIN,
    )
    offer(
        "update_statistics_metadata",
        commands.update_metadata,
        {**one, vol.Required("unit_of_measurement"): unit},
        Access.ADMIN,
    )
    offer(
        "change_statistics_unit",
        commands.change_unit,
        {**one, vol.Required("new_unit_of_measurement"): unit, vol.Required("old_unit_of_measurement"): unit},
        Access.ADMIN,
    )
