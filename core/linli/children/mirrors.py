"""What a child is told of the hub: states, registry rows and entries that its manifest lets it read, as they change."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from linli.bus import Event
from linli.children.contexts import Contexts
from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.jsonbytes import dumps_anyway, loads
from linli.plugin.capabilities import Allowed
from linli.plugin.wire import pack
from linli.services import SERVICE_REGISTERED, SERVICE_REMOVED
from linli.states import STATE_CHANGED, State, StateChange

if TYPE_CHECKING:
    from linli.entries import ConfigEntry
    from linli.registry import EntityEntry
    from linli.rooms import Rooms

AT_ONCE: Final = 500
"""States in one message at the start."""
Tell = Callable[..., None]


class Mirrors:
    """Told from the birth of a child to its end."""

    def __init__(self, rooms: "Rooms", domain: PluginDomain, allowed: Allowed, contexts: Contexts, tell: Tell) -> None:
        self._rooms = rooms
        self._domain = domain
        self._allowed = allowed
        self._contexts = contexts
        self._tell = tell
        self._undo: list[Callable[[], None]] = []

    def begin(self) -> None:
        """Tell what is, then every change."""
        rooms = self._rooms
        states = [
            (state.entity_id, rooms.states.owner(state.entity_id), self._plain(state))
            for state in rooms.states.all()
            if self._reads(state.entity_id)
        ]
        for start in range(0, len(states), AT_ONCE):
            self._tell("states", states[start : start + AT_ONCE])
        self._tell("services", [(d, name, True) for d, names in rooms.services.all().items() for name in names])
        self._begin_rows()
        for entry in rooms.entries.all(self._domain):
            self._tell("entry", entry.entry_id, entry)
        self._undo += [
            rooms.bus.listen(STATE_CHANGED, self._changed),
            rooms.bus.listen(SERVICE_REGISTERED, lambda event: self._service(event, True)),
            rooms.bus.listen(SERVICE_REMOVED, lambda event: self._service(event, False)),
            rooms.entries.watch(lambda turn: self._entry(turn.type == "removed", turn.entry)),
        ]

    def end(self) -> None:
        """Tell no more."""
        for undo in self._undo:
            undo()
        self._undo.clear()

    # states ----------------------------------------------------------------------------------------------------------

    def _reads(self, entity_id: str) -> bool:
        """Its own entities, and the entity domains that the manifest lists under ``listens``."""
        return self._allowed.reads(entity_id.partition(".")[0]) or self._rooms.states.owner(entity_id) == self._domain

    def _changed(self, change: Event[Any]) -> None:
        assert isinstance(change, StateChange)
        if not self._reads(change.entity_id):
            return
        new = None if change.new is None else self._plain(change.new)
        owner = self._rooms.states.owner(change.entity_id)
        self._tell("state", change.entity_id, owner, new, self._contexts.give(change.context), change.time_fired)

    def _plain(self, state: State) -> list[Any]:
        """A state as the child's mirror takes it."""
        context = self._contexts.give(state.context) if state.context.user_id is not None else state.context
        attributes: Any = dict(state.attributes)
        try:
            pack(attributes)
        except ContractError:
            attributes = loads(dumps_anyway(attributes))
        return [state.state, attributes, state.last_changed, state.last_updated, state.last_reported, context]

    def state(self, state: State) -> list[Any]:
        """The same for the last state of an entity that begins."""
        return self._plain(state)

    # names of services, rows, entries --------------------------------------------------------------------------------

    def _service(self, event: Event[Any], there: bool) -> None:
        self._tell("services", [(event.data["domain"], event.data["service"], there)])

    def _begin_rows(self) -> None:
        registries = self._rooms.registries
        for row in registries.entities.all():
            if self._reads_row(row):
                self._tell("row", "entities", row.id, row)
        for device in registries.devices.all():
            if self._reads_device(device):
                self._tell("row", "devices", device.id, device)
        layout: dict[str, Any] = {"areas": registries.areas, "floors": registries.floors, "labels": registries.labels}
        for kind, registry in layout.items():
            for named in registry.all():
                self._tell("row", kind, named.id, named)
            self._undo.append(registry.observe(self._follower(kind, lambda row: True)))
        self._undo += [
            registries.entities.observe(self._follower("entities", self._reads_row)),
            registries.devices.observe(self._follower("devices", self._reads_device)),
        ]

    def _follower(self, kind: str, reads: Callable[[Any], bool]) -> Callable[[Any, Any], None]:
        def follow(old: Any, new: Any) -> None:
            if new is not None and reads(new):
                self._tell("row", kind, new.id, new)
            elif old is not None and reads(old):
                self._tell("row", kind, old.id, None)

        return follow

    def _reads_row(self, row: "EntityEntry") -> bool:
        return row.platform == self._domain or self._allowed.reads(row.domain)

    def _reads_device(self, device: Any) -> bool:
        rows: Iterator[Any] = iter(self._rooms.registries.entities.by_device(device.id))
        own = any(pair[0] == self._domain for pair in device.identifiers)
        return own or any(self._reads_row(row) for row in rows)

    def _entry(self, removed: bool, entry: "ConfigEntry") -> None:
        if entry.domain == self._domain:
            self._tell("entry", entry.entry_id, None if removed else entry)
