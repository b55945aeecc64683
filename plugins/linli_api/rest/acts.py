"""``/api/events``, ``/api/services``, ``/api/template``: causing things, and asking for what a template says."""

from typing import Any, Final

import orjson
import voluptuous as vol

from linli import (
    Busy,
    Event,
    Forbidden,
    HandlerFailed,
    InvalidRequest,
    LinliError,
    NotFound,
    NotSupported,
    PluginContext,
    PluginDomain,
    Request,
    Response,
    State,
    StateChange,
    StorageError,
    TemplateError,
    loads_sent,
)
from linli_api.commands.session import NOT_BY_HAND
from linli_api.descriptions import described_services
from linli_api.rest.bodies import answering, bad_request, json_body, may, message, unauthorized
from linli_api.template_words import told

REMOTE: Final = "REMOTE"
TRIGGERS: Final = PluginDomain("triggers")
MAX_EVENT_TYPE: Final = 64
ANYTHING: Final = vol.Schema({}, extra=vol.ALLOW_EXTRA)
"""What an event carries, or what the schema of the service says (``GET /api/services``)."""
TEMPLATE: Final = vol.Schema(
    {vol.Required("template"): str, vol.Optional("variables"): vol.Any(dict, None)}, extra=vol.ALLOW_EXTRA
)
"""For the description only: what is wrong is answered in the original's own words."""


class ActRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rooms = ctx.serving.rooms
        self._of_clients = (ctx.domain, TRIGGERS)
        """Plugins that listen because a client asked."""

    # events ----------------------------------------------------------------------------------------------------------

    async def event_types(self, request: Request) -> Response:
        """Which events somebody listens to. What clients follow is for administrators to know: it tells who is there,
        so others are told of the hub's own listeners to what they may hear themselves."""
        view = request.view
        everybody = view.everything
        counts = self._rooms.bus.counts() if everybody else self._rooms.bus.counts(self._of_clients)
        told = [name for name in counts if everybody or view.hears(name)]
        return Response.json([{"event": name, "listener_count": counts[name]} for name in told])

    async def fire(self, request: Request) -> Response:
        """Fire an event."""
        data = await json_body(request, "Event data should be valid JSON.", empty={})
        if data is None:
            data = {}
        if not isinstance(data, dict):
            return message("Event data should be a JSON object", 400)
        event_type = request.params["event_type"]
        if len(event_type) > MAX_EVENT_TYPE:
            return message(f"An event type has at most {MAX_EVENT_TYPE} characters", 400)
        if event_type in NOT_BY_HAND:
            return message(NOT_BY_HAND[event_type], 400)
        self._rooms.bus.fire(event_type, data, request.context, REMOTE)
        return message(f"Event {event_type} fired.")

    # services --------------------------------------------------------------------------------------------------------

    async def services(self, request: Request) -> Response:
        """Every service with its fields."""
        language = None if request.user is None else request.user.language
        by_domain = described_services(self._rooms, request.view, language)
        return Response.json([{"domain": domain, "services": services} for domain, services in by_domain.items()])

    async def call(self, request: Request) -> Response:
        """Run a service to its end; the states that it changed, as this reader sees them."""
        data = await json_body(request, "Data should be valid JSON.", empty={})
        if not isinstance(data, dict):
            return bad_request()
        wanted = "return_response" in request.query
        changed: dict[str, State] = {}

        def note(event: Event[Any]) -> None:
            if isinstance(event, StateChange) and event.context is request.context and event.new is not None:
                changed[event.entity_id] = event.new

        stop = self._rooms.bus.listen("state_changed", note)
        try:
            response = await self._rooms.services.call(
                request.params["domain"],
                request.params["service"],
                data,
                context=request.context,
                return_response=wanted,
            )
        except LinliError as error:
            return _refusal(error)
        finally:
            stop()
        states = b",".join(filter(None, map(request.view.state_json, changed.values())))
        if not wanted:
            return Response(b"[%b]" % states)
        answer = Response.json(response).body
        return Response(b'{"changed_states":[%b],"service_response":%b}' % (states, answer))

    # templates -------------------------------------------------------------------------------------------------------

    async def template(self, request: Request) -> Response:
        """Render a template in the reader's view."""
        try:
            body = loads_sent(await request.body())
        except orjson.JSONDecodeError as error:
            return message(f"Error rendering template: {error}", 400)
        text: Any = body.get("template") if isinstance(body, dict) else None
        variables: Any = body.get("variables", {}) if isinstance(body, dict) else {}
        if not isinstance(text, str) or (variables and not isinstance(variables, dict)):
            return message("Error rendering template: template is a text, variables a map", 400)
        try:
            rendered = await self._rooms.user_templates.render_text(text, variables or {}, request.context)
        except Busy:
            raise
        except TemplateError as error:
            return message(f"Error rendering template: {told(error)}", 400)
        return Response.text(rendered, content_type="text/plain; charset=utf-8")


def _refusal(error: LinliError) -> Response:
    if isinstance(error, (Busy, StorageError)):
        raise error  # the hub cannot just now: not what the caller asked is at fault
    if isinstance(error, NotSupported) and error.key == "service_does_not_support_response":
        return message("Service does not support responses. Remove return_response from request.", 400)
    if isinstance(error, NotSupported) and error.key == "service_lacks_response_request":
        return message(
            "Service call requires responses but caller did not ask for responses. "
            "Add ?return_response to query parameters.",
            400,
        )
    if isinstance(error, Forbidden):
        return unauthorized()
    if isinstance(error, (NotFound, InvalidRequest)):
        return bad_request()
    return message(str(error), 500 if isinstance(error, HandlerFailed) else 400)


def add(ctx: PluginContext) -> None:
    """Offer them."""
    routes = ActRoutes(ctx)
    offer = ctx.routes.add
    offer("GET", "/api/events", routes.event_types, summary="Which events somebody listens to")
    offer(
        "POST", "/api/events/{event_type}", may("events.fire", answering(routes.fire)), body_schema=ANYTHING,
        body_is_optional=True, summary="Fire an event",
    )  # fmt: skip
    offer("GET", "/api/services", routes.services, summary="Every service with its fields")
    offer(
        "POST", "/api/services/{domain}/{service}", answering(routes.call), body_schema=ANYTHING,
        body_is_optional=True, summary="Run a service",
    )  # fmt: skip
    offer(
        "POST", "/api/template", may("admin", answering(routes.template)), body_schema=TEMPLATE,
        summary="Render a template",
    )  # fmt: skip
