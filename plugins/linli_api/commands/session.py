"""Commands about the connection itself and what flows over it: ping, subscriptions, states, service calls, events."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Forbidden, InvalidRequest, NotFound, PluginContext, RequestError
from linli import schema as sv
from linli_api.codes import HOME_ASSISTANT_ERROR, CommandError
from linli_api.commands.rights import anew
from linli_api.connection import ANSWERED, Call
from linli_api.entity_stream import EntityStreams, wanted_by
from linli_api.pieces import Members
from linli_api.streams import Streams
from linli_triggers.api import TRIGGERS_FIRED

MAX_EVENT_TYPE: Final = 64
"""Home Assistant's limit, in characters."""
MOST_GLOBS: Final = 100
"""Patterns of one subscription; each is tried on every change."""
LONGEST_GLOBS: Final = 4_096
"""Characters of all of them: compiling one of 30 000 held the loop for a second, these take some ms."""
COALESCE: Final = "coalesce_messages"
NOT_BY_HAND: Final[Mapping[str, str]] = {
    "state_changed": "state_changed tells of states and comes from them; write the state",
    TRIGGERS_FIRED: "triggers_fired tells of triggers and comes from them",
}
"""Events that nobody fires over the API, and why."""


def _globs(value: list[str]) -> list[str]:
    if sum(map(len, value)) > LONGEST_GLOBS:
        raise vol.Invalid(f"patterns have at most {LONGEST_GLOBS} characters together")
    return value


FILTER = vol.Schema(
    {
        vol.Optional("domains", default=list): [str],
        vol.Optional("entities", default=list): [str],
        vol.Optional("entity_globs", default=list): vol.All([str], vol.Length(max=MOST_GLOBS), _globs),
    }
)


class SessionCommands:
    """The handlers; one object per hub."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rooms = ctx.serving.rooms
        bus = self._rooms.bus
        self.streams = Streams(
            lambda event_type, callback: bus.listen(event_type, callback, ctx.domain), ctx.serving.rooms.states.get
        )
        self.entities = EntityStreams(
            lambda event_type, callback: bus.listen(event_type, callback, ctx.domain),
            self._rooms.states.get,
            self._rooms.states.all,
        )

    # the connection --------------------------------------------------------------------------------------------------

    def ping(self, call: Call) -> Any:
        """Alive?"""
        call.connection.send(b'{"id":%d,"type":"pong"}' % call.id)
        return ANSWERED

    def supported_features(self, call: Call) -> None:
        """What the client understands."""
        call.connection.socket.coalesce = COALESCE in call.message["features"]

    def unsubscribe(self, call: Call) -> None:
        """End a subscription of this connection."""
        if not call.connection.unfollow(call.message["subscription"]):
            raise NotFound("Subscription not found.")

    # events ----------------------------------------------------------------------------------------------------------

    def subscribe_events(self, call: Call) -> Any:
        """Events of one type, or all, that the reader may hear."""
        event_type = call.message["event_type"]
        if not call.view.hears(event_type):
            raise Forbidden("Unauthorized")
        call.accept()
        self.streams.follow(call, event_type)
        return ANSWERED

    def fire_event(self, call: Call) -> Mapping[str, Any]:
        """Fire an event."""
        if not call.view.may("events.fire"):
            raise Forbidden("Unauthorized")
        event_type = call.message["event_type"]
        if len(event_type) > MAX_EVENT_TYPE:
            raise RequestError(
                f"Value {event_type} for property event_type has a maximum length of {MAX_EVENT_TYPE} characters",
                key="max_length_exceeded",
                parameters={"value": event_type, "property_name": "event_type", "max_length": MAX_EVENT_TYPE},
            )
        if event_type in NOT_BY_HAND:
            raise InvalidRequest(NOT_BY_HAND[event_type], path=("event_type",))
        self._rooms.bus.fire(event_type, call.message.get("event_data", {}), call.context)
        return {"context": call.context.as_dict()}

    # states and services ---------------------------------------------------------------------------------------------

    def get_states(self, call: Call) -> Members:
        """Every state that the reader sees."""
        return Members(filter(None, map(call.view.state_json, self._rooms.states.all())))

    def subscribe_entities(self, call: Call) -> Any:
        """The same in the short form, and then what changes."""
        self.entities.follow(call, wanted_by(call.message))
        return ANSWERED

    async def call_service(self, call: Call) -> Mapping[str, Any]:
        """Run a service with the reader's rights; its events come before this result."""
        message = call.message
        try:
            response = await self._rooms.services.call(
                message["domain"],
                message["service"],
                message["service_data"],
                target=message.get("target"),
                context=call.context,
                return_response=message["return_response"],
            )
        except Forbidden as error:  # the original's own word for a call that is not allowed
            raise CommandError(HOME_ASSISTANT_ERROR, "Unauthorized") from error
        result: dict[str, Any] = {"context": call.context.as_dict()}
        if message["return_response"]:
            result["response"] = response
        return result


def _entity_ids(value: Any) -> list[str]:
    """Entity ids as clients write them: a list, or one text with commas; lower-cased."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list):
        raise vol.Invalid("expected a list of entity ids")
    return [sv.entity_id()(part.lower() if isinstance(part, str) else part) for part in value]


def add(ctx: PluginContext) -> SessionCommands:
    """Offer them."""
    commands = SessionCommands(ctx)
    offer = ctx.commands.add
    offer("ping", commands.ping)
    offer("supported_features", commands.supported_features, {vol.Required("features"): {str: int}})
    offer(
        "unsubscribe_events",
        commands.unsubscribe,
        {vol.Required("subscription"): vol.All(vol.Coerce(int), vol.Range(min=0))},
    )
    offer("subscribe_events", commands.subscribe_events, {vol.Optional("event_type", default="*"): str})
    offer(
        "fire_event",
        commands.fire_event,
        {vol.Required("event_type"): str, vol.Optional("event_data"): dict},
    )
    offer("get_states", anew(commands.get_states))
    offer(
        "subscribe_entities",
        commands.subscribe_entities,
        {vol.Optional("entity_ids"): _entity_ids, vol.Optional("include"): FILTER, vol.Optional("exclude"): FILTER},
    )
    offer(
        "call_service",
        commands.call_service,
        {
            vol.Required("domain"): str,
            vol.Required("service"): str,
            vol.Optional("service_data", default=dict): vol.Any(dict, vol.All(None, lambda _: {})),
            vol.Optional("target"): dict,
            vol.Optional("return_response", default=False): bool,
        },
    )
    return commands
