"""``GET /api/logbook``: the lines of a day, or of several."""

from datetime import UTC, datetime, time

from linli import PluginContext, Request, Response, is_entity_id, moment
from linli_logbook.book import Book, Manner
from linli_recorder.api import HappeningsAsked, RecorderApi, up_to_now

DAY_S = 86_400.0
MOST_DAYS = 36_500


class Logbook:
    """Answers the two addresses."""

    def __init__(self, ctx: PluginContext, recorder: RecorderApi, book: Book) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._book = book

    async def day(self, request: Request) -> Response:
        """The lines of today; of the day from ``start`` on, with ``period`` - 1 days before; or until ``end_time``."""
        query, zone = request.query, self._ctx.settings.zone
        start = moment(request.params["start"], zone) if "start" in request.params else self._midnight()
        if start is None:
            return Response.message("Invalid datetime", 400)
        days = query.get("period", "1")
        if not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= MOST_DAYS):
            return Response.message("Invalid period", 400)
        first, end = start - (int(days) - 1) * DAY_S, start + DAY_S
        if query.get("end_time"):
            first, end = start, moment(query["end_time"], zone) or -1.0
            if end < 0:
                return Response.message("Invalid end_time", 400)
        entity_ids = tuple(query["entity"].lower().split(",")) if query.get("entity") else None
        if entity_ids is not None and not all(map(is_entity_id, entity_ids)):
            return Response.message("Invalid entity", 400)
        context_id = query.get("context_id") or None
        if entity_ids is not None and context_id is not None:
            return Response.message("Can't combine entity with context_id", 400)
        await up_to_now(self._recorder, end, self._ctx)
        asked = HappeningsAsked(first, end, entity_ids, context_id=context_id)
        manner = Manner((request.user and request.user.language) or self._ctx.settings.language, named=True)
        return Response.json(await self._book.lines(asked, request.context, manner))

    def _midnight(self) -> float:
        zone = self._ctx.settings.zone
        today = self._ctx.clock.now().astimezone(zone).date()
        return datetime.combine(today, time(), zone).astimezone(UTC).timestamp()


def add(ctx: PluginContext, recorder: RecorderApi, book: Book) -> None:
    """Offer them."""
    logbook = Logbook(ctx, recorder, book)
    ctx.routes.add("GET", "/api/logbook", logbook.day, summary="What happened today")
    ctx.routes.add("GET", "/api/logbook/{start}", logbook.day, summary="What happened from then on")
