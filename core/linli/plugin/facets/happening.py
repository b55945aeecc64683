"""Events and states."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from linli.bus import Event, EventType
from linli.context import Context
from linli.errors import ContractError
from linli.ids import EntityId, PluginDomain, is_entity_id
from linli.plugin.facets.facet import Facet
from linli.plugin.manifest import Privilege
from linli.states import STATE_CHANGED, STATE_REPORTED, State, StateChange
from linli.storage.actor import Actor

if TYPE_CHECKING:
    pass

T = TypeVar("T")
Unsubscribe = Callable[[], None]


class BusFacet(Facet):
    """Events: firing is a post, listening a handler."""

    def fire(self, event_type: EventType[T] | str, data: T | None = None, context: Context | None = None) -> None:
        """Tell everybody who listens. What states do is told by writing them: firing it raises ContractError.

        More than 1 000 a second (10 000 at once) are dropped, counted and charged, except what is for safety.
        """
        if event_type in (STATE_CHANGED, STATE_REPORTED):
            raise ContractError(f"{self._ctx.domain} fires {event_type}; ctx.states.set does, when a state changes")
        if not self._ctx.allowed.fires(event_type):
            self._refuse("fires", event_type)
        meter = self._ctx.allowance.events
        meter.left -= 1
        if meter.left < 0 and not self._rooms.walls.for_safety(event_type) and meter.spent():
            return
        self._rooms.bus.fire(event_type, self._rooms.cross(data), self._cause(context))

    def listen(self, event_type: EventType[T] | str, callback: Callable[[Event[T]], object]) -> Unsubscribe:
        """Call ``callback`` (synchronous, quick; start longer work with ``ctx.spawn``) for each event of this type."""
        if not self._ctx.allowed.listens(event_type):
            self._refuse("listens", event_type)
        return self._ctx.nursery.own(self._rooms.bus.listen(event_type, callback, self._ctx.domain))


class StatesFacet(Facet):
    """States: reads are mirrors, following is a handler, writing an unowned id a post."""

    def get(self, entity_id: str) -> State | None:
        """The published state, or None."""
        return self._rooms.states.get(entity_id)

    def all(self) -> Iterator[State]:
        """Every published state."""
        return self._rooms.states.all()

    def track(self, entity_ids: Iterable[EntityId], callback: Callable[[StateChange], object]) -> Unsubscribe:
        """Call ``callback`` (synchronous, quick) for each change of these entities, also of ones still to come."""
        followed = tuple(entity_ids)
        for domain in {entity_id.partition(".")[0] for entity_id in followed}:
            if not self._ctx.allowed.follows(domain):
                self._refuse("listens", domain)
        return self._ctx.nursery.own(self._rooms.states.track(followed, callback, self._ctx.domain))

    def set(
        self, entity_id: EntityId, state: str, attributes: Mapping[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:  # fmt: skip
        """Write an id that no plugin owns; another plugin's needs the privilege ``override`` and is journaled.

        Of a series of overrides the first is journaled, until the entity has another state than this plugin's. The
        state's context names this plugin. Raises ContractError for what is no entity id, and for a state of more than
        255 characters InvalidRequest.
        """
        if not is_entity_id(entity_id):
            raise ContractError(f"{entity_id!r} is no entity id: domain.object_id in small letters, digits and _")
        owner = self._rooms.states.owner(entity_id)
        if owner is None and not self._ctx.allowed.entities(entity_id.partition(".")[0]):
            self._refuse("entities", entity_id.partition(".")[0])
        cause = self._cause(context)
        attributes = self._rooms.cross(attributes or {})
        if owner is None or owner == self._ctx.domain:
            meter = self._rooms.walls.meter_of(self._ctx.domain, entity_id)
            meter.left -= 1
            if meter.left < 0 and meter.holds(entity_id, partial(self.set, entity_id, state, attributes, cause)):
                return
            self._rooms.states.set(entity_id, state, attributes, cause)
            return
        self._ctx.require(Privilege.OVERRIDE)
        meter = self._rooms.walls.meter_of(self._ctx.domain, entity_id)
        meter.left -= 1
        if meter.left < 0 and meter.holds(entity_id, partial(self.set, entity_id, state, attributes, cause)):
            return
        before = self._rooms.states.get(entity_id)
        cause = cause if cause.plugin == self._ctx.domain else cause.child(self._ctx.domain)
        self._rooms.states.set(entity_id, state, attributes, cause)
        if before is None or before.context.plugin != self._ctx.domain:
            self._journal_override(entity_id, owner, cause)

    def _journal_override(self, entity_id: EntityId, owner: PluginDomain, cause: Context) -> None:
        """A post cannot wait for the row: where it cannot be written, that is charged."""
        journal, actor = self._rooms.storage.journal, replace(Actor.of(cause), plugin=self._ctx.domain)
        row = journal.append("state.overridden", actor=actor, subject=entity_id, details={"owner": owner})
        self._ctx.spawn(row, name="journal an override")

    def doubt(self, entity_id: EntityId, reason: str, *, no_connection: bool = False) -> None:
        """Stop believing an entity until a fresh reading comes; one's own always, another's with ``doubt``."""
        if self._rooms.states.owner(entity_id) != self._ctx.domain:
            self._ctx.require(Privilege.DOUBT)
        self._rooms.states.doubt(entity_id, self._ctx.domain, reason, no_connection=no_connection)
