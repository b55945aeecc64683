"""What a child may ask and post, by name: each is done through the plugin's own door, as if it had been called here.

Posts answer nothing. Commands answer at once where the child waits for them (offering a service), else when they are
done. The first argument is always in whose name it is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from linli.bus import Event
from linli.children.answering import command_answer, request_answer
from linli.children.session import Asked, At
from linli.children.standins import description_of
from linli.context import Context
from linli.endpoints import Access
from linli.entity import DeviceInfo, EntityHandle
from linli.errors import ContractError, NotFound
from linli.ids import EntityId, PluginDomain, RegistryId
from linli.issues import Severity
from linli.jsonbytes import dumps_anyway, loads
from linli.messages import Message
from linli.plugin.manifest import Privilege
from linli.plugin.plate import rebuilt
from linli.plugin.wire import pack
from linli.services import ServiceAccess, ServiceCall, SupportsResponse
from linli.state import StateChange

LONGEST_S: Final = 300.0
"""A deadline that a child names is at most this."""

# events and states ---------------------------------------------------------------------------------------------------


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


# services ------------------------------------------------------------------------------------------------------------


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


# entities ------------------------------------------------------------------------------------------------------------


def add_entity(at: At, told: Mapping[str, Any]) -> Any:
    session = at.session
    box: dict[str, Mapping[str, Any]] = {"value": {}}
    description = description_of(
        told, at.handler, (lambda: box["value"]) if told["remembers"] else None, _known_plugins(at)
    )
    handle = at.ctx.entities.add(description)
    session.handles[handle.registry_id] = handle
    box["value"] = handle.remembered
    session.remembered[handle.registry_id] = box
    last = handle.last
    told_last = None if last is None or session.mirrors is None else session.mirrors.state(last)
    return handle.registry_id, handle.entity_id, told_last, dict(handle.remembered)


def _known_plugins(at: At) -> set[str]:
    """Those whose classes of entities it may use."""
    return {*at.ctx.manifest.requires, *at.ctx.manifest.after}


def add_device(at: At, info: DeviceInfo) -> Any:
    return at.ctx.entities.device(info)


def _handle(at: At, registry_id: str) -> EntityHandle[Any]:
    handle = at.session.handles.get(RegistryId(registry_id))
    if handle is None:
        raise NotFound("it has added no such entity")
    return handle


def _vouched(at: At, context: Context | None) -> Context | None:
    """A user whom the hub did not hand it needs ``act_for_user``."""
    if context is not None and context.user_id is not None and not context.vouched:
        at.ctx.require(Privilege.ACT_FOR_USER)
        context.vouch()
    return context


def write(at: At, registry_id: str, reading: Any, context: Context | None, fresh: bool) -> None:
    _handle(at, registry_id).write(reading, _vouched(at, context), fresh=fresh)


def unavailable(at: At, registry_id: str, context: Context | None) -> None:
    _handle(at, registry_id).unavailable(_vouched(at, context))


def remember(at: At, registry_id: str, values: Mapping[str, Any]) -> None:
    _handle(at, registry_id)
    at.session.remembered[RegistryId(registry_id)]["value"] = dict(values)


def poll_soon(at: At, registry_id: str) -> None:
    _handle(at, registry_id).poll_soon()


def redescribe(at: At, registry_id: str, told: Mapping[str, Any]) -> None:
    box = at.session.remembered[RegistryId(registry_id)]
    memory = (lambda: box["value"]) if told["remembers"] else None
    _handle(at, registry_id).redescribe(description_of(told, at.handler, memory, _known_plugins(at)))


async def remove(at: At, registry_id: str) -> None:
    await _handle(at, registry_id).remove()


def poll_any_soon(at: At, entity_id: str) -> None:
    at.ctx.entities.poll_soon(entity_id)


async def picture(at: At, entity_id: str, width: int | None, height: int | None) -> Any:
    return await at.ctx.entities.picture(entity_id, width, height)


# endpoints -----------------------------------------------------------------------------------------------------------


def add_route(
    at: At, number: int, method: str, path: str, access: str, schema: Any, body_type: str, body_is_optional: bool,
    summary: str, max_body: int, exempt: bool,
) -> None:  # fmt: skip
    trusted = at.session.entry.trusted
    prefixes = (f"/api/linli/{at.ctx.domain}", f"/linli/{at.ctx.domain}")
    if not trusted and not any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes):
        raise ContractError(f"{at.ctx.domain} is not trusted; its addresses begin with {prefixes[0]} or {prefixes[1]}")
    at.ctx.routes.add(
        method, path, request_answer(at, at.handler(number)), access=Access(access),
        body_schema=None if schema is None else rebuilt(schema), body_type=body_type,
        body_is_optional=body_is_optional, summary=summary, max_body=min(int(max_body), 4 << 20),
        exempt=exempt and trusted,
    )  # fmt: skip


def add_command(at: At, number: int, kind: str, schema: Any, access: str) -> None:
    prefixes = (f"{at.ctx.domain}/", f"linli/{at.ctx.domain}/")
    if not at.session.entry.trusted and not kind.startswith(prefixes):
        raise ContractError(f"{at.ctx.domain} is not trusted; its commands begin with {prefixes[0]} or {prefixes[1]}")
    at.ctx.commands.add(kind, command_answer(at, at.handler(number)), rebuilt(schema), access=Access(access))


def send_event(at: At, number: int, payload: Any, about: Any) -> None:
    call = at.session.subscribers.get(number)
    if isinstance(payload, bytes):
        raise ContractError("the payload of an event is a plain value")
    if call is not None:
        call.event(payload, about)


def subscribe(at: At, call_number: int, number: int) -> None:
    session = at.session
    call = session.subscribers.get(call_number)
    if call is None:
        raise NotFound("the command has been answered")

    def gone() -> None:
        session.subscribers.pop(call_number, None)
        session.tell("handler", number, ())

    call.on_unsubscribe(gone)
    call.subscribed = True


# hooks and other plugins ---------------------------------------------------------------------------------------------


async def gather(at: At, name: str, within: float, arguments: Mapping[str, Any]) -> Any:
    return await at.ctx.hooks.gather(at.rooms.hook_table.spec(name), within=min(within, LONGEST_S), **arguments)


async def first(at: At, name: str, within: float, arguments: Mapping[str, Any]) -> Any:
    return await at.ctx.hooks.first(at.rooms.hook_table.spec(name), within=min(within, LONGEST_S), **arguments)


async def call_api(at: At, api: str, name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    owner = at.rooms.apis.provider_of(api)
    manifest = at.ctx.manifest
    if owner is not None and owner not in (*manifest.requires, *manifest.after, at.ctx.domain):
        raise ContractError(f"{at.ctx.domain} uses {api} of {owner} but its manifest does not require {owner}")
    return await at.rooms.apis.bound_by(api, name)(*arguments, **named)


def api_provider(at: At, api: str) -> PluginDomain | None:
    return at.rooms.apis.provider_of(api)


def provide_api(at: At, number: int, api: str, numbers: Mapping[str, int]) -> None:
    package = at.session.entry.package_name
    if api.partition(":")[0].partition(".")[0] != package:
        raise ContractError(f"{at.ctx.domain} cannot provide {api}, which is not of {package}")
    methods = {name: at.handler(handler) for name, handler in numbers.items()}
    at.ctx.nursery.own(at.rooms.apis.provide_as(api, at.ctx.domain, methods))


# documents, journal, templates ---------------------------------------------------------------------------------------


async def load_documents(at: At, kind: str) -> Any:
    found = await at.ctx.documents.load(kind)
    return {key: (document.revision, document.value) for key, document in found.items()}


async def put_document(at: At, kind: str, key: str, value: Any, expected: int | None) -> Any:
    document = await at.ctx.documents.put(kind, key, value, expected=expected)
    return document.revision, document.value


async def delete_document(at: At, kind: str, key: str) -> None:
    await at.ctx.documents.delete(kind, key)


async def record(at: At, action: str, subject: str | None, details: Any, context: Context | None) -> None:
    await at.ctx.journal.record(action, subject=subject, details=details, context=context)


def _of_a_user(at: At, context: Context | None) -> Context | None:
    """Without a user a template sees everything, and is rendered on the hub's loop."""
    if not at.session.entry.trusted and (context is None or context.user_id is None):
        raise ContractError(f"{at.ctx.domain} is not trusted; a template is rendered for the user of a context")
    return context


async def render(at: At, text: str, variables: Any, context: Context | None) -> Any:
    return await at.ctx.templates.render(text, variables, context=_of_a_user(at, context))


async def read_template(at: At, text: str, variables: Any, context: Context | None) -> Any:
    info = await at.ctx.templates.read(text, variables, context=_of_a_user(at, context))
    told = {name: value for name, value in asdict(info).items() if name != "error"}
    return {**told, "error": None if info.error is None else str(info.error)}


async def check_template(at: At, text: str, context: Context | None) -> None:
    await at.ctx.templates.check(text, context=_of_a_user(at, context))


async def keep_file(at: At, name: str, content: bytes) -> None:
    await at.ctx.keep_file(name, content)


async def renew(at: At, context: Context) -> None:
    await at.ctx.renew(context)


def on_settings(at: At, number: int) -> None:
    at.ctx.on_settings(at.handler(number))


# what people are shown -----------------------------------------------------------------------------------------------


def _own_note(at: At, notification_id: str) -> None:
    standing = at.rooms.notifications.get(notification_id)
    if standing is not None and standing.owner != at.ctx.domain:
        raise ContractError(f"the notification {notification_id} is {standing.owner}'s")


def create_notification(at: At, message: Message | str, said: Mapping[str, Any]) -> None:
    _own_note(at, said["notification_id"])
    at.ctx.notifications.create(message, **said)


def dismiss_notification(at: At, notification_id: str) -> None:
    _own_note(at, notification_id)
    at.ctx.notifications.dismiss(notification_id)


def raise_issue(at: At, issue_id: str, said: Mapping[str, Any]) -> None:
    at.ctx.issues.raise_issue(issue_id, **{**said, "severity": Severity(said["severity"])})


def clear_issue(at: At, issue_id: str) -> None:
    at.ctx.issues.clear(issue_id)


# metrics -------------------------------------------------------------------------------------------------------------


def counter(at: At, name: str, help: str, labels: Sequence[str]) -> None:
    at.session.counters[name] = at.ctx.metrics.counter(name, help, labels)


def histogram(at: At, name: str, help: str, labels: Sequence[str]) -> None:
    at.session.histograms[name] = at.ctx.metrics.histogram(name, help, labels)


def gauge(at: At, number: int, name: str, help: str, labels: Sequence[str]) -> None:
    series: dict[tuple[str, ...], float] = {}
    at.session.gauges[at.number, number] = series
    at.keep(number, at.ctx.metrics.gauge(name, help, lambda: dict(series), labels))


def add(at: At, name: str, gathered: Sequence[Any]) -> None:
    for labels, by in gathered:
        at.session.counters[name].add(*map(str, labels), by=max(float(by), 0.0))


def observe(at: At, name: str, gathered: Sequence[Any]) -> None:
    for labels, value in gathered:
        at.session.histograms[name].observe(float(value), *map(str, labels))


def gauge_is(at: At, number: int, told: Sequence[Any]) -> None:
    series = at.session.gauges[at.number, number]
    series.clear()
    series.update({tuple(map(str, labels)): float(value) for labels, value in told[:1000]})


def refused(at: At, reason: str, name: str) -> None:
    """It was refused over there already; noted as it would be here."""
    sentence = f"{at.ctx.domain}: {reason} {name} was refused in its own process"
    at.rooms.walls.note_refusal(at.ctx.domain, str(reason)[:60], str(name)[:200], sentence)


POSTS: Final[Mapping[str, Callable[..., None]]] = {
    "bus.fire": fire,
    "states.set": set_state,
    "states.doubt": doubt,
    "entity.write": write,
    "entity.unavailable": unavailable,
    "entity.remember": remember,
    "entity.poll_soon": poll_soon,
    "entity.redescribe": redescribe,
    "entities.poll_soon": poll_any_soon,
    "commands.event": send_event,
    "notifications.create": create_notification,
    "notifications.dismiss": dismiss_notification,
    "issues.raise": raise_issue,
    "issues.clear": clear_issue,
    "metrics.add": add,
    "metrics.observe": observe,
    "metrics.gauge_is": gauge_is,
    "on_settings": on_settings,
    "refused": refused,
    "undo": undo,
}
COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "bus.listen": listen,
    "services.register": register_service,
    "services.register_entity": register_entity_service,
    "services.call": call_service,
    "entities.add": add_entity,
    "entities.device": add_device,
    "entities.picture": picture,
    "entity.remove": remove,
    "routes.add": add_route,
    "commands.add": add_command,
    "commands.subscribe": subscribe,
    "hooks.gather": gather,
    "hooks.first": first,
    "apis.call": call_api,
    "apis.provider": api_provider,
    "apis.provide": provide_api,
    "documents.load": load_documents,
    "documents.put": put_document,
    "documents.delete": delete_document,
    "journal.record": record,
    "templates.render": render,
    "templates.read": read_template,
    "templates.check": check_template,
    "keep_file": keep_file,
    "renew": renew,
    "metrics.counter": counter,
    "metrics.histogram": histogram,
    "metrics.gauge": gauge,
}
ASKED: Final = Asked(POSTS, COMMANDS)
