"""``GET /api/history/period``: a list of states for each entity, by default of the last day."""

from linli import PluginContext, Request, Response, is_entity_id, moment
from linli_recorder.api import Form, RecorderApi, StatesAsked, up_to_now

DAY_S = 86_400.0


class History:
    """Answers the two addresses."""

    def __init__(self, ctx: PluginContext, recorder: RecorderApi) -> None:
        self._ctx = ctx
        self._recorder = recorder

    async def period(self, request: Request) -> Response:
        """The states of the entities in ``filter_entity_id`` from a moment on, for a day or until ``end_time``."""
        query, zone, now = request.query, self._ctx.settings.zone, self._ctx.clock.timestamp()
        start = moment(request.params["start"], zone) if "start" in request.params else now - DAY_S
        if start is None:
            return Response.message("Invalid datetime", 400)
        if not query.get("filter_entity_id"):
            return Response.message("filter_entity_id is missing", 400)
        entity_ids = tuple(query["filter_entity_id"].lower().split(","))
        if not all(map(is_entity_id, entity_ids)):
            return Response.message("Invalid filter_entity_id", 400)
        end = moment(query["end_time"], zone) if query.get("end_time") else start + DAY_S
        if end is None:
            return Response.message("Invalid end_time", 400)
        if start > now:
            return Response(b"[]")
        asked = StatesAsked(
            entity_ids,
            start,
            max(start, end),
            Form.MINIMAL if "minimal_response" in query else Form.FULL,
            significant=query.get("significant_changes_only", "1") != "0",
            attributes="no_attributes" not in query,
            opening="skip_initial_state" not in query,
        )
        await up_to_now(self._recorder, asked.end, self._ctx)
        answer = await self._recorder.states(asked, request.context)
        return Response(b"[%b]" % b",".join(states for _, states in answer))


def add(ctx: PluginContext, recorder: RecorderApi) -> None:
    """Offer them."""
    history = History(ctx, recorder)
    ctx.routes.add("GET", "/api/history/period", history.period, summary="What entities were in the last day")
    ctx.routes.add("GET", "/api/history/period/{start}", history.period, summary="What entities were from then on")
