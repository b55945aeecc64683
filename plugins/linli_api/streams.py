"""Event streams: one event is filtered and encoded once per view, then handed to everybody who follows it.

A :class:`Fan` stands between the bus and all subscriptions of one view to one event type. Followers with the same
subscription id even share the finished message. When a reader moves to another view (a role, a place, a consent
changed), its subscriptions move to that view's fan within the same turn of the loop.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from linli import Event, EventType, Session, State, StateChange, Turn, View
from linli_api.connection import Call, Connection
from linli_api.marks import Mark
from linli_triggers.api import TRIGGERS_FIRED

Undo = Callable[[], None]
Listen = Callable[[str, Callable[[Event[Any]], object]], Undo]

INTERNAL: Final = frozenset({TRIGGERS_FIRED})
"""Events between plugins: what they tell is made for one reader, so no stream carries them, not even the one of all."""


TELLING_STATES: Final = frozenset({"*", "state_changed"})


def corrections(turn: Turn, get: Callable[[str], State | None]) -> Iterator[StateChange]:
    """What a follower of changes is told after a turn about entities that it sees with other attributes from now on.

    What it saw before is not said again: both sides are the state as it is seen now.
    """
    for entity_id in turn.corrected:
        state = get(entity_id)
        seen = None if state is None else turn.view.mask(state)
        if seen is not None:
            yield StateChange(entity_id, seen, seen, seen.context, seen.last_updated)


class Fan:
    """All subscriptions of one view to one event type (or to ``*``, all)."""

    __slots__ = ("_members", "_stop", "_view")

    def __init__(self, view: View, event_type: str, listen: Listen) -> None:
        self._view = view
        self._members: list[tuple[Connection, int]] = []
        every = event_type == "*" or event_type in INTERNAL
        self._stop = listen(event_type, self._hand_on_outward if every else self._hand_on)

    def _hand_on_outward(self, event: Event[Any]) -> None:
        if event.event_type not in INTERNAL:
            self._hand_on(event)

    def _hand_on(self, event: Event[Any]) -> None:
        payload = self._view.event_json(event)
        if payload is None:
            return
        about = event.entity_id if isinstance(event, StateChange) else _while_heard(event)
        last_id, message = -1, b""
        for connection, id in self._members:
            if id != last_id:
                last_id, message = id, b'{"id":%d,"type":"event","event":%b}' % (id, payload)
            connection.send(message, about)

    def add(self, connection: Connection, id: int) -> None:
        self._members.append((connection, id))

    def remove(self, connection: Connection, id: int) -> bool:
        """True when it was the last one; the fan has then stopped listening."""
        self._members.remove((connection, id))
        if not self._members:
            self._stop()
        return not self._members


def _while_heard(event: Event[Any]) -> Mark:
    """What an event's messages hang on: they are dropped with the right to hear of it."""
    return Mark(lambda turn: turn.view.sees_event(event))


class Streams:
    """All fans of one hub."""

    def __init__(self, listen: Listen, get: Callable[[str], State | None]) -> None:
        self.get = get
        """A state, as it is for everybody."""
        self._listen = listen
        self._fans: dict[tuple[View, str], Fan] = {}

    def follow(self, call: Call, event_type: EventType[Any] | str) -> None:
        """Send the events of a type to the caller until it unsubscribes; each through the view that holds then."""
        session = call.connection.session
        subscription = _Subscription(self, call.connection, call.id, str(event_type))
        unwatch = session.watch(subscription.turned)

        def undo() -> None:
            unwatch()
            subscription.leave()

        call.on_unsubscribe(undo)

    def join(self, view: View, event_type: str, connection: Connection, id: int) -> None:
        """Take a subscription up in its view's fan."""
        fan = self._fans.get((view, event_type))
        if fan is None:
            fan = self._fans[view, event_type] = Fan(view, event_type, self._listen)
        fan.add(connection, id)

    def leave(self, view: View, event_type: str, connection: Connection, id: int) -> None:
        """Take it out again."""
        if self._fans[view, event_type].remove(connection, id):
            del self._fans[view, event_type]

    def __len__(self) -> int:
        return len(self._fans)


class _Subscription:
    """Where one subscription stands now."""

    __slots__ = ("_connection", "_event_type", "_id", "_session", "_streams", "_view")

    def __init__(self, streams: Streams, connection: Connection, id: int, event_type: str) -> None:
        self._streams = streams
        self._connection = connection
        self._id = id
        self._event_type = event_type
        self._session: Session = connection.session
        self._view = self._session.view
        streams.join(self._view, event_type, connection, id)

    def turned(self, turn: Turn) -> None:
        if turn.view is not self._view:
            self.leave()
            self._view = turn.view
            self._streams.join(self._view, self._event_type, self._connection, self._id)
        if self._event_type in TELLING_STATES:
            for change in corrections(turn, self._streams.get):
                payload = b'{"id":%d,"type":"event","event":%b}' % (self._id, change.json())
                self._connection.send(payload, change.entity_id)

    def leave(self) -> None:
        self._streams.leave(self._view, self._event_type, self._connection, self._id)
