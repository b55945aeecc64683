"""The rooms of a hub as a plugin in its own process meets them: local copies, and what asks the hub."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from linli.bus import Event, EventType, Unsubscribe
from linli.children.inside.endpoints import command_handler, request_handler
from linli.children.inside.entities import RemotePlatforms
from linli.children.inside.line import refused
from linli.children.inside.metrics import RemoteMetrics
from linli.children.inside.process import Door, Process
from linli.context import Context
from linli.endpoints import MessageCommand, Route
from linli.entity_services import EntityCommand
from linli.errors import ContractError
from linli.ids import EntityId, PluginDomain, new_id
from linli.ledger import Listener
from linli.plugin.apis import commands_of, name_of
from linli.plugin.capabilities import Kind, Undeclared
from linli.plugin.flood import UNLIMITED, Allowance
from linli.services import Service, ServiceCall
from linli.states import STATE_CHANGED, State, StateChange
from linli.storage.document import Document
from linli.targets import Target


class RemoteBus:
    """Events go to the hub and come from there, also those that this plugin fires."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def fire(self, event_type: str, data: Any = None, context: Context | None = None) -> None:
        self._door.post("bus.fire", str(event_type), data, context)

    def listen(
        self, event_type: EventType[Any] | str, callback: Callable[[Event[Any]], object], owner: PluginDomain
    ) -> Unsubscribe:
        if event_type == STATE_CHANGED:
            return self._process.states.listen(callback, owner)
        listener = Listener(callback, owner, _name_of(callback), self._process.ledger)

        def hear(name: str, data: Any, context: Context, at: float, origin: str) -> None:
            listener.notify(Event(name, data, context, at, origin))

        return kept(self._process, self._door, "bus.listen", hear, str(event_type))


class RemoteStates:
    """States: the mirror, and what is written and doubted."""

    def __init__(self, process: Process, door: Door) -> None:
        self._mirror = process.states
        self._door = door

    def get(self, entity_id: str) -> State | None:
        return self._mirror.get(entity_id)

    def all(self) -> Iterator[State]:
        return self._mirror.all()

    def owner(self, entity_id: str) -> PluginDomain | None:
        return self._mirror.owner(entity_id)

    def track(
        self, entity_ids: Sequence[EntityId], callback: Callable[[StateChange], object], owner: PluginDomain
    ) -> Unsubscribe:
        return self._mirror.track(entity_ids, callback, owner)

    def set(self, entity_id: str, state: str, attributes: Mapping[str, Any], context: Context) -> None:
        self._door.post("states.set", entity_id, state, dict(attributes), context)

    def doubt(self, entity_id: str, source: PluginDomain, reason: str, *, no_connection: bool = False) -> None:
        self._door.post("states.doubt", entity_id, reason, no_connection)


class _OnEntities:
    """Stands where a handler stands in the hub's process: the hub runs the entities' own commands."""

    def __init__(self, command: EntityCommand) -> None:
        self.command = command

    def __call__(self, call: ServiceCall) -> NoReturn:
        raise ContractError("the hub runs it")


class RemoteEntityServices:
    """Services on entities are run in the hub."""

    def handler(self, command: EntityCommand, prepare: Callable[[ServiceCall], Any] | None = None) -> _OnEntities:
        if prepare is not None:
            raise refused("prepare of a service on entities", "the hub asks it at once")
        return _OnEntities(command)


class RemoteServices:
    """Services: offered here, called there."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def register(self, service: Service) -> Unsubscribe:
        schema = None if service.schema is None else service.schema.schema
        if isinstance(service.handler, _OnEntities):
            return self._on_entities(service, service.handler.command, schema)
        handler, checked = service.handler, service.schema

        async def answer(data: Any, target: Target, context: Context, return_response: bool) -> Any:
            data = data if checked is None else checked(data)
            call = ServiceCall(service.domain, service.name, data, target, context, NoView(), return_response)  # type: ignore[arg-type]  # reads through the caller's view do not cross
            found = handler(call)
            return await found if inspect.isawaitable(found) else found

        from linli.plugin.plate import described

        return kept(
            self._process, self._door, "services.register", answer, service.domain, service.name, described(schema),
            service.response.value, service.access.value, service.target, service.within,
        )  # fmt: skip

    def _on_entities(self, service: Service, command: EntityCommand, schema: Any) -> Unsubscribe:
        from linli.plugin.plate import described

        if not isinstance(schema, Mapping):
            raise refused("check of a service on entities", "the hub checks its data at once")
        arguments = (
            service.domain, service.name, described(schema), command.command, list(command.features),
            service.response.value, sorted(command.domains),
        )  # fmt: skip
        return kept(self._process, self._door, "services.register_entity", None, *arguments)

    async def call(
        self, domain: str, name: str, data: Any, *, target: Any = None, context: Context | None = None,
        return_response: bool = False,
    ) -> Any:  # fmt: skip
        return await self._door.ask("services.call", domain, name, data, target, context, return_response)

    def get(self, domain: str, name: str) -> object | None:
        return (domain, name) if (domain, name) in self._process.services.names else None


class NoView:
    """Stands where the caller's view stands."""

    def __getattr__(self, name: str) -> NoReturn:
        raise refused("the view of a caller", "rights are evaluated in the hub; call services with the call's context")


class RemoteDocuments:
    """Documents of this plugin."""

    def __init__(self, process: Process, door: Door) -> None:
        self._prefix = f"{process.domain}."
        self._door = door

    async def load(self, kind: str) -> dict[str, Document]:
        found = await self._door.ask("documents.load", kind.removeprefix(self._prefix))
        return {key: Document(kind, key, *told) for key, told in found.items()}

    async def put(self, kind: str, key: str, value: Any, *, expected: int | None = None) -> Document:
        revision, kept_value = await self._door.ask(
            "documents.put", kind.removeprefix(self._prefix), key, value, expected
        )
        return Document(kind, key, revision, kept_value)

    async def delete(self, kind: str, key: str) -> None:
        await self._door.ask("documents.delete", kind.removeprefix(self._prefix), key)


class RemoteStorage:
    """The store, as far as it crosses: documents."""

    def __init__(self, process: Process, door: Door) -> None:
        self.documents = RemoteDocuments(process, door)


class RemoteRoutes:
    """HTTP addresses that this plugin answers."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def add(self, route: Route) -> Unsubscribe:
        from linli.plugin.plate import described

        if route.socket:
            raise refused("ctx.routes.socket", "a socket is a live object of the hub's process")
        schema = None if route.body_schema is None else described(route.body_schema)
        return kept(
            self._process, self._door, "routes.add", request_handler(route), route.method, route.path,
            route.access.value, schema, route.body_type, route.body_is_optional, route.summary, route.max_body,
            route.exempt,
        )  # fmt: skip


class RemoteCommands:
    """Message commands that this plugin answers."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def add(self, command: MessageCommand) -> Unsubscribe:
        from linli.plugin.plate import described

        keys = {key: value for key, value in command.schema.schema.items() if str(key) not in ("id", "type")}
        answer = command_handler(self._process, self._door, command)
        return kept(
            self._process, self._door, "commands.add", answer, command.type, described(keys), command.access.value
        )


class RemoteHooks:
    """Other plugins' hooks, asked through the hub by the specification's name."""

    def __init__(self, process: Process, door: Door) -> None:
        self._door = door

    def declarer(self, name: str) -> PluginDomain | None:
        """Not known here: the hub looks, and refuses."""
        return None

    async def gather(self, spec: Callable[..., Any], *, within: float, **arguments: Any) -> dict[str, Any]:
        found: dict[str, Any] = await self._door.ask("hooks.gather", spec.__name__, within, arguments)
        return found

    async def first(self, spec: Callable[..., Any], *, within: float, of: str | None, **arguments: Any) -> Any:
        return await self._door.ask("hooks.first", spec.__name__, within, of, arguments)


class RemoteApis:
    """What plugins offer each other, by the name of the protocol."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def proxy(self, api: type[Any]) -> Any:
        return _ApiProxy(self._door, api)

    def provider(self, api: type[Any]) -> PluginDomain | None:
        found: PluginDomain | None = self._door.now("apis.provider", name_of(api))
        return found

    def provide(self, api: type[Any], owner: PluginDomain, implementation: object) -> Unsubscribe:
        numbers: dict[str, int] = {}
        for name in commands_of(api):
            method = getattr(implementation, name, None)
            if not inspect.iscoroutinefunction(method):
                raise ContractError(f"{owner}: {api.__name__}.{name} must be a coroutine function")
            numbers[name] = self._process.handlers.add(method)
        return kept(self._process, self._door, "apis.provide", None, name_of(api), numbers)


class _ApiProxy:
    def __init__(self, door: Door, api: type[Any]) -> None:
        self._door = door
        self._api = api
        self._names = frozenset(commands_of(api))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._names:
            raise AttributeError(f"{self._api.__name__} has no command {name}")

        async def call(*arguments: Any, **named: Any) -> Any:
            return await self._door.ask("apis.call", name_of(self._api), name, arguments, named)

        return call


class RemoteNotifications:
    """Persistent notifications."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def create(self, owner: PluginDomain, message: Any, **said: Any) -> str:
        said["notification_id"] = said.get("notification_id") or new_id(self._process.clock.timestamp())
        self._door.post("notifications.create", message, said)
        return str(said["notification_id"])

    def get(self, notification_id: str) -> None:
        """Not known here: the hub looks whose it is."""
        return

    def dismiss(self, notification_id: str) -> None:
        self._door.post("notifications.dismiss", notification_id)


class RemoteIssues:
    """Repair issues."""

    def __init__(self, process: Process, door: Door) -> None:
        self._door = door

    def raise_issue(self, owner: PluginDomain, issue_id: str, **said: Any) -> None:
        self._door.post("issues.raise", issue_id, {**said, "severity": said["severity"].value})

    def clear(self, owner: PluginDomain, issue_id: str) -> None:
        self._door.post("issues.clear", issue_id)


class RemoteWalls:
    """The meters are the hub's; what the manifest does not name is refused here already, and noted there."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def allowance(self, domain: PluginDomain) -> Allowance:
        return UNLIMITED

    def for_safety(self, name: str) -> bool:
        return True

    def refuse(self, domain: PluginDomain, kind: Kind, name: str) -> NoReturn:
        error = Undeclared(domain, kind, name)
        self.note_refusal(domain, kind, name, str(error))
        raise error

    def note_refusal(self, domain: PluginDomain, reason: str, name: str, sentence: str) -> None:
        self._door.post("refused", reason, name)


class _Uncounted:
    """Helpers of a plugin that has a process of its own are its own affair: what ends there is charged."""

    def count(self, owner: PluginDomain, kept: object) -> Unsubscribe:
        return _nothing


class ChildRooms:
    """What stands behind the door of one context."""

    def __init__(self, process: Process, number: int) -> None:
        door = self.door = process.door(number)
        self.clock = process.clock
        self.ledger = process.ledger
        self.settings = process.settings
        self.translator = process.translator
        self.blocking = process.blocking
        self.registries = process.registries
        self.entries = process.entries
        self.walls = RemoteWalls(process, door)
        self.bus = RemoteBus(process, door)
        self.states = RemoteStates(process, door)
        self.services = RemoteServices(process, door)
        self.entity_services = RemoteEntityServices()
        self.platforms = RemotePlatforms(process, door)
        self.routes = RemoteRoutes(process, door)
        self.commands = RemoteCommands(process, door)
        self.hooks = RemoteHooks(process, door)
        self.apis = RemoteApis(process, door)
        self.storage = RemoteStorage(process, door)
        self.notifications = RemoteNotifications(process, door)
        self.issues = RemoteIssues(process, door)
        self.metrics = RemoteMetrics(process, door)
        self.children = _Uncounted()

    def cross(self, value: Any) -> Any:
        """What is sent is encoded when it is sent."""
        return value

    def __getattr__(self, name: str) -> NoReturn:
        raise refused(f"the room {name}", "it is a live object of the hub's process")


def kept(process: Process, door: Door, name: str, handler: Callable[..., Any] | None, *arguments: Any) -> Unsubscribe:
    """Have the hub take up a handler; the returned function takes it back. Raises what the hub says against it."""
    number = process.handlers.add(handler or _nothing)
    try:
        door.now(name, number, *arguments)
    except BaseException:
        process.handlers.drop(number)
        raise

    def undo() -> None:
        process.handlers.drop(number)
        door.post("undo", number)

    return undo


def _nothing() -> None:
    """Stands for what is taken back but never called."""


def _name_of(callback: Callable[..., object]) -> str:
    return getattr(callback, "__qualname__", repr(callback))
