"""The current state of every entity, with its doubts, and who is told when it changes. The hot path.

Each entity has a :class:`Slot`. A platform handle holds its slot and writes to it directly, so a change costs the same
with 100 000 entities as with 10: no lookup by name, no copy of a list, no schema, no hook.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from linli.bus import Event, EventBus, Unsubscribe, without
from linli.clock import Clock
from linli.context import Context
from linli.errors import ContractError, InvalidRequest
from linli.ids import CORE, EntityId, PluginDomain
from linli.jsonbytes import iso_time
from linli.ledger import Ledger, Listener
from linli.state import STATE_CHANGED as STATE_CHANGED
from linli.state import STATE_REPORTED as STATE_REPORTED
from linli.state import State as State
from linli.state import StateChange as StateChange

UNKNOWN: Final = "unknown"
UNAVAILABLE: Final = "unavailable"
DOUBT_SINCE: Final = "doubt_since"
LONGEST_CHAIN: Final = 100
"""How many changes may follow from one another in listeners before one is told that it answers itself."""
MOST_AT_ONCE: Final = 10_000
"""After how many changes that follow from one no answer to an answer is taken; answers to the one itself always are."""
MAX_STATE_LENGTH: Final = 255
"""Home Assistant's limit, in characters."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason not to believe an entity's last reading."""

    source: PluginDomain
    reason: str
    """Translation key of the source plugin."""
    since: float
    no_connection: bool = False
    """The device cannot be reached (state ``unavailable``), rather than: its reading is not to be trusted."""


class Slot:
    """One entity's place in the store: its present state, its doubts, its own listeners, whose it is."""

    __slots__ = ("descriptive", "doubts", "entity_id", "listeners", "owner", "reading", "state")

    def __init__(self, entity_id: EntityId) -> None:
        self.entity_id = entity_id
        self.owner: PluginDomain | None = None
        """The plugin whose entity this is; None: set by API, owned by nobody."""
        self.descriptive: Mapping[str, Any] = {}
        """Attributes that stay true whatever the reading is worth (name, unit, class); shown under doubt."""
        self.state: State | None = None
        """What is published."""
        self.reading: tuple[str, Mapping[str, Any]] | None = None
        """Under doubt: the last reading, which is not published."""
        self.doubts: tuple[Doubt, ...] = ()
        self.listeners: tuple[Listener, ...] = ()
        """Replaced, never changed, so that a loop over it needs no copy."""


class Waiting(NamedTuple):
    """A change (or a report, which has no slot) that came while another one was told."""

    event: Event[Any]
    slot: Slot | None
    hearers: tuple[tuple[Listener, ...], ...]
    """Who listened when it came: who listens only since then knows it already."""
    chain: int
    """From how many changes it follows."""


def _unkept(change: StateChange) -> None:
    """Where nothing is looked up by states."""


class StateStore:
    """All slots; the door by which states are read, written, doubted and followed.

    Everybody hears changes in the order in which they came: what a listener writes is told when all have heard what it
    answers. So the last thing that anybody hears of an entity is what it is.
    """

    def __init__(self, clock: Clock, bus: EventBus, ledger: Ledger) -> None:
        self._now = clock.timestamp
        self._bus = bus
        self._ledger = ledger
        self._slots: dict[EntityId, Slot] = {}
        self._changed = bus.listeners_of(STATE_CHANGED)
        self._everything = bus.listeners_of("*")
        self._reported = bus.listeners_of(STATE_REPORTED)
        self._odd: set[EntityId] = set()
        """Whose owner was charged for attributes that are no plain values."""
        self._blame = self._charge
        """Bound once: every state holds it."""
        self.writes = 0
        """How many changes were published since the start."""
        self._count = 0
        self.index: Callable[[StateChange], None] = _unkept
        """Told of each change before anybody hears of it: what the hub looks states up by."""
        self._telling = False
        self._waiting: deque[Waiting] = deque()
        self._chain = 0
        """From how many changes the one follows that is told now."""
        self._followed = 0
        """How many changes came while the present one was told."""

    # reading ---------------------------------------------------------------------------------------------------------

    def get(self, entity_id: str) -> State | None:
        """The published state, or None if there is no such entity."""
        slot = self._slots.get(entity_id)  # type: ignore[call-overload]  # any text may be asked for
        return slot.state if slot is not None else None

    def all(self) -> Iterator[State]:
        """Every published state, in the order in which the entities came."""
        return (slot.state for slot in self._slots.values() if slot.state is not None)

    def ids(self, domain: str | None = None) -> list[EntityId]:
        """The entity ids that have a state; of one domain, or all."""
        prefix = "" if domain is None else domain + "."
        return [i for i, slot in self._slots.items() if slot.state is not None and i.startswith(prefix)]

    def doubts(self, entity_id: EntityId) -> tuple[Doubt, ...]:
        """Why the entity's last reading is not believed; empty when it is."""
        slot = self._slots.get(entity_id)
        return slot.doubts if slot is not None else ()

    def owner(self, entity_id: str) -> PluginDomain | None:
        """The plugin whose entity this is; None for an unknown one or one that nobody owns."""
        slot = self._slots.get(entity_id)  # type: ignore[call-overload]  # any text may be asked for
        return slot.owner if slot is not None else None

    def __len__(self) -> int:
        return self._count

    # writing ---------------------------------------------------------------------------------------------------------

    def slot(self, entity_id: EntityId) -> Slot:
        """The entity's slot, made on first use (a listener may come before its entity)."""
        slot = self._slots.get(entity_id)
        if slot is None:
            slot = self._slots[entity_id] = Slot(entity_id)
        return slot

    def set(
        self, entity_id: EntityId, state: str, attributes: Mapping[str, Any] | None = None,
        context: Context | None = None, *, force: bool = False,
    ) -> State:  # fmt: skip
        """Write by name, as the API does; raises InvalidRequest for a state of more than 255 characters.

        On an entity that a plugin owns this is no reading of its device, so it ends no doubt (SAFETY 10).
        """
        if len(state) > MAX_STATE_LENGTH:
            raise InvalidRequest(f"a state has at most {MAX_STATE_LENGTH} characters", path=("state",))
        slot = self._slots.get(entity_id) or self.slot(entity_id)
        attributes = {**attributes} if attributes else {}
        if slot.doubts or self._telling:
            self.write(slot, state, attributes, context, fresh=slot.owner is None, force=force)
        else:
            self._publish(slot, state, attributes, context, force)
        assert slot.state is not None
        return slot.state

    def write(
        self, slot: Slot, state: str, attributes: Mapping[str, Any], context: Context | None = None, *,
        fresh: bool = True, force: bool = False,
    ) -> None:  # fmt: skip
        """Take a reading. A fresh one ends all doubts; a restored or retained one (``fresh=False``) ends none.

        ``force`` publishes a change even where nothing differs (Home Assistant's ``force_update``). ``attributes`` is
        kept, so it is the store's from now on. Raises ContractError in a listener that answers its own answers.
        """
        if self._telling:
            self._refuse_endless(slot)
        if slot.doubts:
            if not fresh:
                slot.reading = (state, attributes)
                if slot.state is None:
                    self._publish_doubt(slot)
                return
            slot.doubts = ()
            slot.reading = None
        self._publish(slot, state, attributes, context, force)

    def remove(self, entity_id: EntityId, context: Context | None = None) -> bool:
        """Take the entity's state away; False if it had none. One that a plugin owns comes back with its next write."""
        slot = self._slots.get(entity_id)
        if slot is None or slot.state is None:
            return False
        self._withdraw(slot, context)
        if slot.owner is None:
            slot.reading, slot.doubts, slot.descriptive = None, (), {}
            self._tidy(slot)
        return True

    def release(self, slot: Slot, context: Context | None = None) -> None:
        """The platform lets go of its entity: state, owner and description go, what listens stays.

        Doubts stay too: only a fresh reading ends them, and after a reload the first one may be a restored one.
        """
        slot.owner, slot.descriptive, slot.reading = None, {}, None
        if slot.state is not None:
            self._withdraw(slot, context)
        self._tidy(slot)

    def _withdraw(self, slot: Slot, context: Context | None) -> None:
        old, slot.state = slot.state, None
        self._count -= 1
        self._odd.discard(slot.entity_id)
        change = StateChange(slot.entity_id, old, None, context or Context(), self._now())
        self.index(change)
        self._tell(slot, change)

    def _tidy(self, slot: Slot) -> None:
        """Forget a slot that holds nothing, so that made-up names do not fill the memory."""
        if slot.state is not None or slot.owner is not None or slot.doubts or slot.listeners:
            return
        if self._slots.get(slot.entity_id) is slot:
            del self._slots[slot.entity_id]

    def _publish(
        self, slot: Slot, state: str, attributes: Mapping[str, Any], context: Context | None, force: bool
    ) -> None:
        old = slot.state
        now = self._now()
        changed = now
        if old is not None and not force and old.state == state:
            if old.attributes is attributes or old.attributes == attributes:
                self._report(slot, old, now)
                return
            changed = old.last_changed
        context = context or Context(None, None, slot.owner)
        new = State(slot.entity_id, state, attributes, changed, now, context, self._blame)
        if old is None:
            self._count += 1
        slot.state = new
        self.writes += 1
        change = StateChange(slot.entity_id, old, new, context, now)
        self.index(change)
        self._tell(slot, change)

    def _tell(self, slot: Slot, change: StateChange) -> None:
        if self._telling:
            self._wait(change, slot)
            return
        self._telling = True
        try:
            for listener in slot.listeners:
                listener.notify(change)
            for listener in self._changed.members:
                listener.notify(change)
            for listener in self._everything.members:
                listener.notify(change)
            if self._waiting:
                self._tell_waiting()
        finally:
            self._telling = False

    def _hearers(self, slot: Slot | None) -> Iterator[tuple[Listener, ...]]:
        if slot is None:
            yield self._reported.members
            return
        yield slot.listeners
        yield self._changed.members
        yield self._everything.members

    def _wait(self, event: Event[Any], slot: Slot | None) -> None:
        self._followed += 1
        self._waiting.append(Waiting(event, slot, tuple(self._hearers(slot)), self._chain + 1))

    def _tell_waiting(self) -> None:
        """Tell what listeners brought about, first come first told."""
        try:
            while self._waiting:
                event, slot, listened, self._chain = self._waiting.popleft()
                for then, now in zip(listened, self._hearers(slot), strict=True):
                    known = None if then is now else frozenset(then)
                    for listener in now:
                        if known is None or listener in known:
                            listener.notify(event)
        finally:
            self._chain = self._followed = 0

    def _refuse_endless(self, slot: Slot) -> None:
        """Two listeners that answer each other do not hold the hub for ever: the one who goes on is charged."""
        if self._chain >= LONGEST_CHAIN or (self._chain and self._followed >= MOST_AT_ONCE):
            raise ContractError(
                f"{slot.entity_id} is written in answer to {self._followed} changes that all follow from one; "
                "a listener answers itself"
            )

    def _charge(self, state: State, error: Exception) -> None:
        """A reader met a state that JSON cannot write: its owner is charged, once while the entity has a state."""
        if state.entity_id not in self._odd:
            self._odd.add(state.entity_id)
            owner = self.owner(state.entity_id) or state.context.plugin or CORE
            self._ledger.error(owner, f"the attributes of {state.entity_id}", error)

    def _report(self, slot: Slot, state: State, now: float) -> None:
        """The same reading once more: only ``last_reported`` moves, and only those who asked for it are told."""
        before = state.last_reported
        state.last_reported = now
        state._json = None
        if self._reported.members:
            data = {
                "entity_id": slot.entity_id,
                "last_reported": iso_time(now),
                "old_last_reported": iso_time(before),
                "new_state": state,
            }
            event = Event(STATE_REPORTED, data, state.context, now)
            if self._telling:
                self._wait(event, None)
                return
            for listener in self._reported.members:
                listener.notify(event)

    # doubting --------------------------------------------------------------------------------------------------------

    def doubt(self, entity_id: EntityId, source: PluginDomain, reason: str, *, no_connection: bool = False) -> None:
        """Stop believing the entity until a fresh reading comes; repeated doubts of one source and reason are one.

        An entity without a state stays without one; the doubt holds for what is restored later.
        """
        slot = self.slot(entity_id)
        if any(doubt.source == source and doubt.reason == reason for doubt in slot.doubts):
            return
        if not slot.doubts and slot.state is not None:
            slot.reading = (slot.state.state, slot.state.attributes)
        slot.doubts = (*slot.doubts, Doubt(source, reason, self._now(), no_connection))
        if slot.state is not None:
            self._publish_doubt(slot)

    def describe(self, slot: Slot, descriptive: Mapping[str, Any]) -> None:
        """Replace what stays true of the entity; under doubt that is what is shown, so it is published at once."""
        slot.descriptive = descriptive
        if slot.doubts and slot.state is not None:
            self._publish_doubt(slot)

    def _publish_doubt(self, slot: Slot) -> None:
        unreachable = any(doubt.no_connection for doubt in slot.doubts)
        since = min(doubt.since for doubt in slot.doubts)
        attributes = {**slot.descriptive, DOUBT_SINCE: iso_time(since).isoformat()}
        context = Context(plugin=slot.doubts[-1].source)
        self._publish(slot, UNAVAILABLE if unreachable else UNKNOWN, attributes, context, force=False)

    # following -------------------------------------------------------------------------------------------------------

    def track(
        self, entity_ids: Iterable[EntityId], callback: Callable[[StateChange], object], owner: PluginDomain = CORE
    ) -> Unsubscribe:
        """Call ``callback`` (synchronous, quick) for each change of these entities, also of ones still to come."""
        where = getattr(callback, "__qualname__", repr(callback))
        slots = [self.slot(entity_id) for entity_id in dict.fromkeys(entity_ids)]
        listener = Listener(callback, owner, where, self._ledger)
        for slot in slots:
            slot.listeners = (*slot.listeners, listener)

        def unsubscribe() -> None:
            for slot in slots:
                slot.listeners = without(slot.listeners, listener)
                self._tidy(slot)

        return unsubscribe

    def tracked(self) -> int:
        """How many listeners follow single entities (the test kit's leak check)."""
        return sum(len(slot.listeners) for slot in self._slots.values())
