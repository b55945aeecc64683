"""Events and who hears them. The hot path: plain Python, nothing awaited, no hook called."""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from linli.clock import Clock
from linli.context import Context
from linli.errors import ContractError
from linli.ids import CORE, PluginDomain
from linli.jsonbytes import dumps, dumps_anyway, iso_time, loads
from linli.ledger import Ledger, Listener

T_co = TypeVar("T_co", covariant=True)
Unsubscribe = Callable[[], None]

LONGEST_CHAIN: Final = 100
"""How many events may follow from one another in listeners before one is told that it answers itself."""
MOST_AT_ONCE: Final = 10_000
"""After how many events that follow from one no answer to an answer is taken; answers to the one itself always are."""

LOCAL: Final = "LOCAL"
REMOTE: Final = "REMOTE"


class EventType(str, Generic[T_co]):
    """The name of an event together with the type of its data: ``DOORBELL_RUNG: EventType[Ring] = EventType("…")``."""

    __slots__ = ()


ALL: Final[EventType[Any]] = EventType("*")
"""Listen to this to hear every event."""


class Event(Generic[T_co]):
    """Something that happened, once. Treat ``data`` as read-only: every listener gets the same object."""

    __slots__ = ("_blame", "_json", "context", "data", "event_type", "origin", "time_fired")

    def __init__(
        self, event_type: str, data: T_co, context: Context, time_fired: float, origin: str = LOCAL,
        blame: "Callable[[Event[Any], Exception], None] | None" = None,
    ) -> None:  # fmt: skip
        self.event_type = event_type
        self.data = data
        self.context = context
        self.time_fired = time_fired
        self.origin = origin
        self._blame = blame
        self._json: bytes | None = None

    def json(self) -> bytes:
        """The event as Home Assistant's clients know it; made once, shared by every reader who sees all of it.

        Data that are no plain values are written in the last resort's form, and who fired is charged.
        """
        if self._json is None:
            value = {
                "event_type": self.event_type,
                "data": self.data,
                "origin": self.origin,
                "time_fired": iso_time(self.time_fired),
                "context": self.context.as_dict(),
            }
            try:
                self._json = dumps(value)
            except Exception as error:  # noqa: BLE001 - a plugin's own as_dict may raise anything
                self._json = dumps_anyway(value)
                if self._blame is not None:
                    self._blame(self, error)
        return self._json

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        value: dict[str, Any] = loads(self.json())
        return value

    def __repr__(self) -> str:
        return f"<Event {self.event_type} {self.data!r}>"


def without(members: tuple[Listener, ...], leaving: Listener) -> tuple[Listener, ...]:
    """``members`` without one of them; the same where it is none of them.

    Unloading 8 000 listeners of one type took 1.3 s when each was compared in Python, and takes 0.3 s this way.
    """
    try:
        at = members.index(leaving)
    except ValueError:
        return members
    return members[:at] + members[at + 1 :]


class Listeners:
    """The listeners to one thing, as a tuple that is replaced, so that a loop over it needs no copy."""

    __slots__ = ("members",)

    def __init__(self) -> None:
        self.members: tuple[Listener, ...] = ()

    def add(self, listener: Listener) -> Unsubscribe:
        self.members += (listener,)

        def unsubscribe() -> None:
            self.members = without(self.members, listener)

        return unsubscribe


class _Waiting(NamedTuple):
    """An event that was fired while another one was told."""

    event: Event[Any]
    hearers: tuple[tuple[Listener, ...], ...]
    """Who listened when it was fired: who listens only since then does not hear what was before."""
    chain: int
    """From how many events it follows."""


class EventBus:
    """Hands each event to those who listen to its type, and to those who listen to all.

    What a listener fires is told when everybody has heard what it answers: all hear events in one order. (A change of
    state is told at once, also in the middle of an event.)
    """

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self._clock = clock
        self.ledger = ledger
        """Who is charged for what a listener does."""
        self._by_type: dict[str, Listeners] = {}
        self._kept: set[str] = set()
        """Types whose listeners somebody holds; others are forgotten with their last listener."""
        self._all = self.listeners_of(ALL)
        self._blame = self._charge
        self._telling = False
        self._waiting: deque[_Waiting] = deque()
        self._chain = 0
        """From how many events the one that is being told follows."""
        self._followed = 0
        """How many events follow from the first one of these."""
        self.fired = 0
        """How many events were fired since the start; state changes do not pass here."""

    def listeners_of(self, event_type: str) -> Listeners:
        """The live listeners to one type; the state store keeps those that it calls on every change."""
        self._kept.add(event_type)
        return self._listeners(event_type)

    def _listeners(self, event_type: str) -> Listeners:
        listeners = self._by_type.get(event_type)
        if listeners is None:
            listeners = self._by_type[event_type] = Listeners()
        return listeners

    def listen(
        self,
        event_type: EventType[T_co] | str,
        callback: Callable[[Event[T_co]], object],
        owner: PluginDomain = CORE,
    ) -> Unsubscribe:
        """Call ``callback`` (synchronous, quick) for each event of this type, in the order of listening."""
        where = getattr(callback, "__qualname__", repr(callback))
        listeners = self._listeners(event_type)
        forget = listeners.add(Listener(callback, owner, where, self.ledger))

        def unsubscribe() -> None:
            forget()
            idle = not listeners.members and event_type not in self._kept
            if idle and self._by_type.get(event_type) is listeners:
                del self._by_type[event_type]

        return unsubscribe

    def fire(
        self,
        event_type: EventType[T_co] | str,
        data: T_co | Mapping[str, Any] | None = None,
        context: Context | None = None,
        origin: str = LOCAL,
    ) -> Event[Any]:
        """Tell everybody who listens, before this returns; in a listener: when all have heard what it listens to.

        Raises ContractError in a listener that answers itself without end.
        """
        event: Event[Any] = Event(
            event_type, {} if data is None else data, context or Context(), self._clock.timestamp(), origin, self._blame
        )
        self.dispatch(event)
        return event

    def _charge(self, event: Event[Any], error: Exception) -> None:
        self.ledger.error(event.context.plugin or CORE, f"the data of {event.event_type}", error)

    def dispatch(self, event: Event[Any]) -> None:
        """Hand on an event that stands already."""
        self.fired += 1
        if self._telling:
            self._wait(event)
            return
        self._telling = True
        try:
            for listeners in self._hearers(event):
                for listener in listeners:
                    listener.notify(event)
            if self._waiting:
                self._tell_waiting()
        finally:
            self._telling = False

    def _hearers(self, event: Event[Any]) -> tuple[tuple[Listener, ...], ...]:
        listeners = self._by_type.get(event.event_type)
        return () if listeners is None else listeners.members, self._all.members

    def _wait(self, event: Event[Any]) -> None:
        """Two listeners that answer each other do not hold the hub for ever: the one who goes on is charged."""
        if self._chain >= LONGEST_CHAIN or (self._chain and self._followed >= MOST_AT_ONCE):
            raise ContractError(
                f"{event.event_type} is fired in answer to {self._followed} events that all follow from one; "
                "a listener answers itself"
            )
        self._followed += 1
        self._waiting.append(_Waiting(event, self._hearers(event), self._chain + 1))

    def _tell_waiting(self) -> None:
        """Tell what listeners fired, first come first told."""
        try:
            while self._waiting:
                event, listened, self._chain = self._waiting.popleft()
                for then, now in zip(listened, self._hearers(event), strict=True):
                    known = None if then is now else frozenset(then)
                    for listener in now:
                        if known is None or listener in known:
                            listener.notify(event)
        finally:
            self._chain = self._followed = 0

    def counts(self, without: Collection[PluginDomain] = ()) -> dict[str, int]:
        """How many listeners each event type has (REST ``/api/events``, and the test kit's leak check).

        ``without``: plugins whose listeners are not counted.
        """
        counts = {
            name: sum(listener.owner not in without for listener in listeners.members)
            for name, listeners in self._by_type.items()
        }
        return {name: count for name, count in counts.items() if count}
