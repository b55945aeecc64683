"""Entities of a plugin in its own process: what is said of them once, and the handle by which they are written.

A description whose class the hub knows (a light of ``linli_home``) is made there again, with the callables as handlers
here, so that readings are rendered, units turned and services resolved there. One of the plugin's own class is rendered
here, and the hub is told the state and its attributes.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from linli.children.inside.mirrors import state_of
from linli.context import Context
from linli.entity import EntityDescription
from linli.errors import ContractError
from linli.ids import EntityId, RegistryId
from linli.plugin.packages import manifest_above
from linli.states import MAX_STATE_LENGTH, State

if TYPE_CHECKING:
    from linli.children.inside.process import Door, Process

R = TypeVar("R")

TELLING: Final = ("render", "capabilities", "commands", "initial_options")
"""What a class of the plugin's own may say of its entities."""
DECIDING: Final = ("resolve", "adapted", "pictures")
"""What is asked of a description in the hub's process, where the plugin's own code is not."""


class RemoteHandle(Generic[R]):
    """One entity in the hands of its plugin: what :class:`linli.entity.EntityHandle` offers."""

    def __init__(self, process: "Process", door: "Door", description: EntityDescription[R]) -> None:
        self.description = description
        self.available = False
        self._process = process
        self._door = door
        self._known, told = described(process, description)
        self._handlers = told.pop("numbers")
        self._remembered: Mapping[str, Any] | None = None
        self._crossing = same if self._known else rendering(description)
        key, entity_id, last, remembered = door.now("entities.add", told)
        self.registry_id: RegistryId = key
        self._first_id: EntityId = entity_id
        self.last: State | None = None if last is None else state_of(entity_id, last)
        self.remembered: Mapping[str, Any] = remembered

    @property
    def entity_id(self) -> EntityId:
        row = self._process.registries.entities.by_id(self.registry_id)
        return self._first_id if row is None else row.entity_id

    @property
    def enabled(self) -> bool:
        row = self._process.registries.entities.by_id(self.registry_id)
        return row is None or row.disabled_by is None

    @property
    def state(self) -> State | None:
        return self._process.states.get(self.entity_id)

    def write(self, reading: R | None, context: Context | None = None, *, fresh: bool = True) -> None:
        """Publish a reading; sent in order, errors are charged. Raises what ``render`` raises where it runs here."""
        self.available = True
        self._door.post("entity.write", self.registry_id, self._crossing(reading), context, fresh)
        self._remember()

    def _remember(self) -> None:
        if self.description.remember is not None:
            remembered = dict(self.description.remember())
            if remembered != self._remembered:
                self._remembered = remembered
                self._door.post("entity.remember", self.registry_id, remembered)

    def unavailable(self, context: Context | None = None) -> None:
        self.available = False
        self._door.post("entity.unavailable", self.registry_id, context)
        self._remember()

    def poll_soon(self) -> None:
        self._door.post("entity.poll_soon", self.registry_id)

    def redescribe(self, description: EntityDescription[R]) -> None:
        """Say something else of it from now on."""
        known, told = described(self._process, description)
        old, self._handlers = self._handlers, told.pop("numbers")
        self._door.post("entity.redescribe", self.registry_id, told)
        self._known, self.description = known, description
        self._crossing = same if known else rendering(description)
        for number in old.values():
            self._process.handlers.drop(number)

    async def remove(self) -> None:
        await self._door.ask("entity.remove", self.registry_id)


def same(reading: Any) -> Any:
    """A reading that the hub renders."""
    return reading


def rendering(description: EntityDescription[Any]) -> Callable[[Any], Any]:
    """What makes of a reading the state and its attributes, here."""

    def render(reading: Any) -> Any:
        if reading is None:
            return None
        text, attributes = description.render(reading)
        if len(text) > MAX_STATE_LENGTH:
            raise ContractError(f"{description.unique_id}: a state has at most {MAX_STATE_LENGTH} characters")
        return text, dict(attributes)

    return render


def described(process: "Process", description: EntityDescription[Any]) -> tuple[bool, dict[str, Any]]:
    """Whether the hub knows the class, and what it is told."""
    base = _known_base(process.domain, type(description))
    numbers: dict[str, int] = {}
    values: dict[str, Any] = {}
    for part in fields(base):
        value = getattr(description, part.name)
        if not part.init or part.name == "remember" or value is part.default:
            continue
        if callable(value):
            numbers[part.name] = process.handlers.add(value)
        else:
            values[part.name] = dict(value) if isinstance(value, Mapping) else value
    told: dict[str, Any] = {"class": f"{base.__module__}:{base.__qualname__}", "values": values, "handlers": numbers}
    told |= {"numbers": numbers, "remembers": description.remember is not None}
    if base is not EntityDescription:
        return True, told
    _refuse_deciding(type(description))
    if description.poll is not None:
        numbers["poll"] = process.handlers.add(_rendered_poll(description.poll, rendering(description)))
    numbers["command"] = process.handlers.add(_runner(description))
    told["said"] = {
        "domain": description.domain,
        "restores": description.restores,
        "named_by_device_class": description.named_by_device_class,
        "capabilities": description.capabilities(),
        "commands": tuple(description.commands()),
        "initial_options": {domain: dict(options) for domain, options in description.initial_options().items()},
    }
    return False, told


def _rendered_poll(poll: Callable[[], Any], render: Callable[[Any], Any]) -> Callable[[], Any]:
    async def polled() -> Any:
        return render(await poll())

    return polled


def _runner(description: EntityDescription[Any]) -> Callable[..., Any]:
    def run(command: str, data: dict[str, Any]) -> Any:
        return description.commands()[command](**data)

    return run


def _known_base(own: str, kind: type[EntityDescription[Any]]) -> type[EntityDescription[Any]]:
    """The class that the hub makes again; :class:`EntityDescription` itself where the plugin's own says something."""
    for base in kind.__mro__:
        manifest = manifest_above(base.__module__)
        if base.__module__.partition(".")[0] == "linli" or (manifest is not None and manifest.domain != own):
            return base
        if any(name in vars(base) for name in (*TELLING, *DECIDING)):
            return EntityDescription
    return EntityDescription


def _refuse_deciding(kind: type[EntityDescription[Any]]) -> None:
    for name in DECIDING:
        if getattr(kind, name) is not getattr(EntityDescription, name):
            raise ContractError(
                f"{kind.__qualname__}.{name} cannot be had in a process of the plugin's own: the hub asks it at once; "
                "use the class as it is, or a class of its own over EntityDescription"
            )


class RemotePlatforms:
    """Entities, seen from the child."""

    def __init__(self, process: "Process", door: "Door") -> None:
        self._process = process
        self._door = door

    def add(self, ctx: Any, description: EntityDescription[R]) -> RemoteHandle[R]:
        """Register it in the hub."""
        return RemoteHandle(self._process, self._door, description)

    def add_device(self, ctx: Any, info: Any) -> Any:
        return self._door.now("entities.device", info)

    def live(self, entity_id: str) -> "_Live":
        return _Live(self._door, entity_id)


class _Live:
    """Any entity, by its name."""

    def __init__(self, door: "Door", entity_id: str) -> None:
        self._door = door
        self._entity_id = entity_id

    def poll_soon(self) -> None:
        self._door.post("entities.poll_soon", self._entity_id)

    async def picture(self, width: int | None, height: int | None) -> Any:
        return await self._door.ask("entities.picture", self._entity_id, width, height)
