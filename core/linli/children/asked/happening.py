"""Events, states and services."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli.bus import Event
from linli.children.limits import LONGEST_S
from linli.children.session import At
from linli.context import Context
from linli.errors import ContractError
from linli.ids import EntityId
from linli.jsonbytes import dumps_anyway, loads
from linli.plugin.plate import rebuilt
from linli.plugin.wire import pack
from linli.services import ServiceAccess, ServiceCall, SupportsResponse
from linli.state import StateChange


def fire(at: At, event_type: str, data: Any, context: Context | None) -> None:
    at.ctx.bus.fire(event_type, data, context)


def listen(at: At, number: int, event_type: str) -> None:
    """Events that are no plain values go in the form that clients see."""
    session = at.session

    def forward(event: Event[Any]) -> None:
        data: Any = event.data
        try:
            if isinstance(event, StateChange):
                raise ContractError("states cross as clients see them")
            pack(data)
        except ContractError:
            data = loads(dumps_anyway(event.as_dict()["data"]))
        context = session.contexts.give(event.context)
        session.tell("handler", number, (event.event_type, data, context, event.time_fired, event.origin))

    at.keep(number, at.ctx.bus.listen(event_type, forward))


def set_state(at: At, entity_id: str, state: str, attributes: Mapping[str, Any], context: Context | None) -> None:
    at.ctx.states.set(EntityId(entity_id), state, attributes, context)


def doubt(at: At, entity_id: str, reason: str, no_connection: bool) -> None:
    at.ctx.states.doubt(EntityId(entity_id), reason, no_connection=no_connection)


def undo(at: At, number: int) -> None:
    take_back = at.session.undos.pop((at.number, number), None)
    if take_back is not None:
        take_back()


def register_service(
    at: At, number: int, domain: str, name: str, schema: Any, response: str, access: str,
    target: Mapping[str, Any] | None, within: float | None,
) -> None:  # fmt: skip
    handler, contexts = at.handler(number), at.session.contexts

    async def answer(call: ServiceCall) -> Any:
        return await handler(call.data, call.target, contexts.give(call.context), call.return_response)

    built = None if schema is None else rebuilt(schema)
    if built is not None and not isinstance(built, Mapping):
        raise ContractError(f"{domain}.{name}: the schema of a service is a map")
    at.ctx.services.register(
        domain, name, answer, schema=built, response=SupportsResponse(response), access=ServiceAccess(access),
        target=target, within=None if within is None else min(float(within), LONGEST_S),
    )  # fmt: skip


def register_entity_service(
    at: At, number: int, domain: str, name: str, schema: Any, command: str, features: Sequence[int], response: str,
    domains: Sequence[str],
) -> None:  # fmt: skip
    at.ctx.services.register_entity(
        domain, name, rebuilt(schema), command=command, features=[int(mask) for mask in features],
        response=SupportsResponse(response), domains=[str(each) for each in domains],
    )  # fmt: skip


async def call_service(
    at: At, domain: str, name: str, data: Any, target: Any, context: Context | None, return_response: bool
) -> Any:
    return await at.ctx.services.call(
        domain, name, data, target=target, context=context, return_response=return_response
    )
