"""What one reader may see and do, compiled: the one mechanism behind every request, stream, template and trigger.

Readers with equal rights share one :class:`View`, so an event is filtered and encoded once for all of them. A decision
about an entity is made at the first question and remembered (a dict hit) until a fact about the entity changes.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from linli.auth import decider
from linli.auth.decider import Decider, Kind
from linli.auth.facts import Item, Whereabouts
from linli.auth.hearing import HEARD, OPEN, Hearing, named_entities, without_past
from linli.auth.naming import NAMES, each_named
from linli.auth.rights import Decision
from linli.bus import Event, Unsubscribe
from linli.ids import ROOT_PLACE, EntityId, PersonId, PlaceId
from linli.states import State, StateChange

ABSENT_REMEMBERED: Final = 256
NAMING: Final = frozenset({NAMES})
LONGEST_ID: Final = 255
"""Characters; no entity is called longer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What changed for a reader, told in the same loop iteration as the fact that changed it."""

    removed: frozenset[EntityId]
    """Seen before, not any more; take them away, also from what is queued."""
    added: frozenset[EntityId]
    """Newly seen, or seen with other attributes than before: send the whole state."""
    view: "View"
    """The view that holds from now on."""
    corrected: frozenset[EntityId] = frozenset()
    """Those of ``added`` that were seen before too, with other attributes."""

    @property
    def empty(self) -> bool:
        return not self.removed and not self.added


class Decisions(dict[str, Decision]):
    """The remembered decisions; what is missing is decided.

    Of ids that no entity has a few are remembered apart: who asks again is answered with as few look-ups as about an
    entity that is hidden, and who makes up many fills no memory.
    """

    def __init__(self, decider: Decider) -> None:
        super().__init__()
        self._decider = decider
        self._absent: dict[str, Decision] = {}
        self.overflowed = False

    def __missing__(self, entity_id: str) -> Decision:
        known = self._absent.get(entity_id)
        if known is not None:
            return known
        decision = self._decider.decide(entity_id)
        if not self._decider.is_remembered(entity_id):
            if len(entity_id) <= LONGEST_ID:
                if len(self._absent) >= ABSENT_REMEMBERED:
                    self._absent.clear()
                self._absent[entity_id] = decision
            return decision
        if len(self) >= decider.REMEMBERED:
            self.clear()
            self.overflowed = True
        self[entity_id] = decision
        return decision

    def forget(self, entity_id: str | None = None) -> Decision | None:
        """Drop what was decided about one entity (and give it), or everything."""
        if entity_id is None:
            self.clear()
            self.forget_absent()
            return None
        self._absent.pop(entity_id, None)
        return self.pop(entity_id, None)

    def forget_absent(self) -> None:
        """Drop what was decided about what is not there."""
        self._absent.clear()


class View:
    """The rights of one reader (or of many equal ones) as questions with quick answers. Deny by default."""

    __slots__ = (
        "__weakref__", "_change", "_change_json", "_decider", "_decisions", "_watchers", "generation", "rights",
    )  # fmt: skip

    everything = False
    """True: no filter at all; whoever asks may skip all others."""

    def __init__(self, decider: Decider, generation: int) -> None:
        self.rights = decider.rights
        self.generation = generation
        """Rises with every turn, and differs between any two views: a frame made under another one is stale."""
        self._decider = decider
        self._decisions = Decisions(decider)
        self._watchers: tuple[Callable[[Turn], None], ...] = ()
        self._change: StateChange | None = None
        self._change_json: bytes | None = None

    @property
    def key(self) -> Hashable:
        """Equal for readers of equal rights."""
        return self.rights

    @property
    def flat(self) -> str:
        """What budgets are kept by: the one place that the reader is of; empty for who is of several, or of all."""
        places = self.rights.places
        return f"place {next(iter(places))}" if len(places) == 1 and ROOT_PLACE not in places else ""

    # entities --------------------------------------------------------------------------------------------------------

    def sees(self, entity_id: str) -> bool:
        """Whether the entity exists for this reader."""
        return self._decisions[entity_id].sees

    def saw(self, entity_id: str, place: PlaceId, subject: PersonId | None) -> bool:
        """Whether the entity would exist for this reader if it were still where, and about whom, it was (SAFETY 18)."""
        return self._decider.decide_there(entity_id, Whereabouts(place, subject)).sees

    def controls(self, entity_id: str) -> bool:
        """Whether the reader may act on the entity."""
        return self._decisions[entity_id].controls

    def hides(self, entity_id: str) -> frozenset[str]:
        """The attributes of the entity, as it is now, that do not exist for this reader."""
        hides = self._decisions[entity_id].hides
        named = self._decider.names_of(entity_id)
        return hides if named is None or sees_named(self, named) else hides | NAMING

    def conceals(self, service: str, owner: str) -> bool:
        """Whether a service of the plugin ``owner`` goes by the name of an entity of that plugin (a script's own
        service) that the reader does not see: it does not exist for this reader either."""
        return self._decider.owner_of(service) == owner and not self.sees(service)

    def mask(self, state: State) -> State | None:
        """The state as this reader sees it, the very same object where nothing is hidden; None: does not exist."""
        decision = self._decisions[state.entity_id]
        if not decision.sees:
            return None
        hides = decision.hides if NAMES not in state.attributes else hidden_in(self, decision, state)
        return masked_state(state, hides) if hides else state

    def state_json(self, state: State) -> bytes | None:
        """The state in JSON; None: it does not exist for this reader."""
        seen = self.mask(state)
        return None if seen is None else seen.json()

    def change_json(self, change: StateChange) -> bytes | None:
        """The event in JSON, the bytes of ``change.json()`` where nothing is hidden.

        None also when only hidden attributes changed: that something happened would be told otherwise.
        """
        decision = self._decisions[change.entity_id]
        if not decision.sees:
            return None
        hides = hidden_by(self, decision, change)
        if not hides:
            return change.json()
        if self._change is not change:
            self._change_json = masked_change(change, hides)
            self._change = change
        return self._change_json

    # the rest --------------------------------------------------------------------------------------------------------

    def may(self, permission: str) -> bool:
        """One of the permissions of ``policy.PERMISSIONS``."""
        return self.rights.may(permission)

    def hears(self, event_type: str) -> bool:
        """Whether the reader may subscribe to events of this type; each one is filtered by :meth:`event_json`."""
        return event_type in HEARD or event_type in self.rights.events

    def sees_item(self, item: Item, item_id: str) -> bool:
        """Whether a device, area, floor, label or category exists for this reader."""
        return self._decider.sees_item(item, item_id)

    def sees_root(self) -> bool:
        """Whether the reader's places include the root, and with it what belongs to the whole deployment."""
        return self._decider.sees_root()

    def sees_event(self, event: Event[Any]) -> bool:
        """Whether this reader learns of the event."""
        if isinstance(event, StateChange):
            return self.change_json(event) is not None
        hearing = HEARD.get(event.event_type)
        if hearing is None:
            if event.event_type not in self.rights.events:
                return False
            hearing = OPEN
        return self._passes(hearing, event.data)

    def event_json(self, event: Event[Any]) -> bytes | None:
        """The event in JSON; None: this reader does not learn of it."""
        if isinstance(event, StateChange):
            return self.change_json(event)
        if not self.sees_event(event):
            return None
        hearing = HEARD.get(event.event_type, OPEN)
        if not hearing.changes:
            return event.json()
        told = without_past(event.data)
        return Event(event.event_type, told, event.context, event.time_fired, event.origin).json()

    def _passes(self, hearing: Hearing, data: Any) -> bool:
        named = named_entities(data)
        if hearing.entity and not named:
            return False
        if not all(self.sees(entity_id) for entity_id in named):
            return False
        if hearing.item is not None:
            item_id = data.get(hearing.key)
            if item_id is None:
                return bool(data.get("action") == "reorder")
            return self._decider.sees_item(hearing.item, str(item_id))
        if hearing.permission is not None:
            return self.may(hearing.permission)
        if hearing.unless and data.get(hearing.unless):
            return self.may("admin")
        if hearing.service:
            domain = str(data.get("domain"))
            return not self.conceals(f"{domain}.{data.get('service')}", domain)
        return not hearing.root or self._decider.sees_root()

    # following -------------------------------------------------------------------------------------------------------

    def watch(self, callback: Callable[[Turn], None]) -> Unsubscribe:
        """Have ``callback`` told when what this view shows changes.

        A user who is given other rights moves to another view, which this one cannot tell: a connection watches its
        session (``Session.watch``), which follows its user.
        """
        self._watchers = (*self._watchers, callback)

        def unwatch() -> None:
            self._watchers = tuple(each for each in self._watchers if each is not callback)

        return unwatch

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def known(self) -> dict[str, Decision]:
        """The decisions that stand; a copy."""
        return dict(self._decisions)

    @property
    def forgot(self) -> bool:
        """Some decisions were dropped for want of room since the view was made."""
        return self._decisions.overflowed

    def forget(self, entity_id: str | None = None) -> Decision | None:
        """Drop one remembered decision (and give it), or all."""
        self._change = self._change_json = None
        if entity_id is None:
            self._decider.forget()
        return self._decisions.forget(entity_id)

    def redecide(self) -> set[Kind]:
        """The kinds of entities that are decided otherwise since the place tree or relationships changed."""
        self._change = self._change_json = None
        self._decisions.forget_absent()
        return self._decider.redecide()

    def decision(self, entity_id: str) -> Decision:
        """The whole decision."""
        return self._decisions[entity_id]

    def turned(self, turn: Turn, generation: int) -> None:
        """Take up a new generation and tell those who watch."""
        self.generation = generation
        for watcher in self._watchers:
            watcher(turn)


class WholeView(View):
    """The hub's own view and an administrator's: nothing is filtered, nothing remembered."""

    __slots__ = ()
    everything = True

    def sees(self, entity_id: str) -> bool:
        return True

    def saw(self, entity_id: str, place: PlaceId, subject: PersonId | None) -> bool:
        return True

    def controls(self, entity_id: str) -> bool:
        return True

    def hides(self, entity_id: str) -> frozenset[str]:
        return frozenset()

    def conceals(self, service: str, owner: str) -> bool:
        return False

    def mask(self, state: State) -> State | None:
        return state

    def state_json(self, state: State) -> bytes | None:
        return state.json()

    def change_json(self, change: StateChange) -> bytes | None:
        return change.json()

    def may(self, permission: str) -> bool:
        return True

    def hears(self, event_type: str) -> bool:
        return True

    def sees_item(self, item: Item, item_id: str) -> bool:
        return True

    def sees_root(self) -> bool:
        return True

    def sees_event(self, event: Event[Any]) -> bool:
        return True

    def event_json(self, event: Event[Any]) -> bytes | None:
        return event.json()


def sees_named(view: View, named: Any) -> bool:
    """Whether whatever an attribute that names entities names exists for the reader."""
    return all(map(view.sees, each_named(named)))


def hidden_in(view: View, decision: Decision, state: State) -> frozenset[str]:
    """The attributes of the state that the reader does not see; one that names entities is told whole or not at all."""
    named = state.attributes.get(NAMES)
    return decision.hides if named is None or sees_named(view, named) else decision.hides | NAMING


def hidden_by(view: View, decision: Decision, change: StateChange) -> frozenset[str]:
    """The same of both sides of a change."""
    hides = decision.hides
    for state in (change.old, change.new):
        if state is not None and NAMES in state.attributes:
            hides |= hidden_in(view, decision, state)
    return hides


def masked_state(state: State, hides: frozenset[str]) -> State:
    """The state without the attributes ``hides``; itself where it has none of them."""
    attributes = {name: value for name, value in state.attributes.items() if name not in hides}
    if len(attributes) == len(state.attributes):
        return state
    seen = State(state.entity_id, state.state, attributes, state.last_changed, state.last_updated, state.context)
    seen.last_reported = state.last_reported
    return seen


def masked_change(change: StateChange, hides: frozenset[str]) -> bytes | None:
    """The event in JSON without them; None where nothing else changed."""
    old = None if change.old is None else masked_state(change.old, hides)
    new = None if change.new is None else masked_state(change.new, hides)
    if old is not None and new is not None and old.state == new.state and old.attributes == new.attributes:
        return None
    return change.json_with(None if old is None else old.json(), None if new is None else new.json())
