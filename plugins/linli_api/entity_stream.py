"""``subscribe_entities``: all states once, then what changes, in the short form; made once per view and change."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from linli import Session, State, StateChange, Turn, View, dumps
from linli_api.compressed import change_payload
from linli_api.connection import Call
from linli_api.marks import Mark
from linli_api.pieces import enclosed
from linli_api.streams import Undo

Wanted = Callable[[str], bool]

STATE_CHANGED: Final = "state_changed"


class EntityStreams:
    """All entity subscriptions of one hub, by view."""

    def __init__(
        self, listen: Callable[[str, Callable[[Any], object]], Undo], get: Callable[[str], State | None],
        all_states: Callable[[], Iterable[State]],
    ) -> None:  # fmt: skip
        self._listen = listen
        self._get = get
        self._all = all_states
        self._members: dict[View, list[EntitySubscription]] = {}
        self._stop: Undo | None = None

    def follow(self, call: Call, wanted: Wanted | None) -> None:
        """Answer the command, send what the reader sees now, then every change of it."""
        call.accept()
        subscription = EntitySubscription(self, call, wanted)
        subscription.send_all()
        self.join(subscription)
        call.on_unsubscribe(subscription.end)

    def join(self, subscription: "EntitySubscription") -> None:
        """Have it told of changes, through the view that holds now."""
        if self._stop is None:
            self._stop = self._listen(STATE_CHANGED, self._changed)
        self._members.setdefault(subscription.view, []).append(subscription)

    def leave(self, subscription: "EntitySubscription") -> None:
        """Have it told no more."""
        members = self._members[subscription.view]
        members.remove(subscription)
        if not members:
            del self._members[subscription.view]
        if not self._members and self._stop is not None:
            self._stop()
            self._stop = None

    def _changed(self, change: StateChange) -> None:
        entity_id = change.entity_id
        for view, members in self._members.items():
            payload: bytes | None = None
            for member in members:
                if member.wanted is not None and not member.wanted(entity_id):
                    continue
                payload = payload or change_payload(change, view)
                if payload is None:
                    break
                member.send(payload, entity_id)

    def states(self, view: View, wanted: Wanted | None, only: Iterable[str] | None = None) -> list[bytes]:
        """What a reader sees now, each state in its short form."""
        found = self._all() if only is None else filter(None, map(self._get, only))
        if wanted is not None:
            found = (state for state in found if wanted(state.entity_id))
        if not view.everything:
            found = filter(None, map(view.mask, found))
        return [state.short_json() for state in found]


class EntitySubscription:
    """One subscription: whose it is, what it wants, through which view it looks."""

    def __init__(self, streams: EntityStreams, call: Call, wanted: Wanted | None) -> None:
        self._streams = streams
        self._call = call
        self.wanted = wanted
        session: Session = call.connection.session
        self.view = session.view
        self._unwatch = session.watch(self._turned)

    def send(self, payload: bytes, about: str | None = None) -> None:
        """One event of this subscription."""
        self._call.connection.send(self._call.event_message(payload), about)

    def send_all(self) -> None:
        """Every state that the reader sees and wants, also when there is none."""
        states = self._streams.states(self._call.view, self.wanted)
        self._send_added(states, Mark(self._is_untouched, self.send_all))

    def send_some(self, entity_ids: Iterable[str]) -> None:
        """The states of these, as far as the reader sees and wants them."""
        states = self._streams.states(self._call.view, self.wanted, entity_ids)
        if states:
            self._send_added(states, Mark(self._is_untouched, lambda: self.send_some(entity_ids)))

    def _send_added(self, states: list[bytes], mark: Mark) -> None:
        message = enclosed(self._call.prefix + b'{"a":{', states, b"}}}")
        self._call.connection.send(message, mark)

    def _is_untouched(self, turn: Turn) -> bool:
        """Whether a change of rights changes nothing about what this subscription shows."""
        turned = turn.removed | turn.added
        return not turned if self.wanted is None else not any(map(self.wanted, turned))

    def end(self) -> None:
        """Unsubscribed, or the connection has gone."""
        self._unwatch()
        self._streams.leave(self)

    def _turned(self, turn: Turn) -> None:
        """Rights have changed: take away what is not the reader's any more, give what is new to it."""
        if turn.view is not self.view:
            self._streams.leave(self)
            self.view = turn.view
            self._streams.join(self)
        removed = [entity_id for entity_id in turn.removed if self.wanted is None or self.wanted(entity_id)]
        if removed:
            self.send(dumps({"r": removed}))
        self.send_some(turn.added)


def wanted_by(message: Mapping[str, Any]) -> Wanted | None:
    """What a subscription asks for: named entities, or a filter of domains, entities and globs; None: everything."""
    named = message.get("entity_ids")
    if named:
        return frozenset(named).__contains__
    include, exclude = _matcher(message.get("include")), _matcher(message.get("exclude"))
    if include is None:
        return None if exclude is None else (lambda entity_id: not exclude(entity_id))
    return include if exclude is None else _combined(message["include"], message["exclude"])


def _matcher(rule: Mapping[str, Any] | None) -> Wanted | None:
    if not rule or not any(rule.values()):
        return None
    entities, domains = frozenset(rule.get("entities", ())), frozenset(rule.get("domains", ()))
    globs = [re.compile(fnmatch.translate(glob)) for glob in rule.get("entity_globs", ())]

    def matches(entity_id: str) -> bool:
        return (
            entity_id in entities
            or entity_id.partition(".")[0] in domains
            or any(glob.match(entity_id) for glob in globs)
        )

    return matches


def _combined(include: Mapping[str, Any], exclude: Mapping[str, Any]) -> Wanted:
    """Both rules given: the more precise one decides, entities before globs before domains (Home Assistant's order)."""
    steps: list[tuple[Wanted, bool]] = []
    for key in ("entities", "entity_globs", "domains"):
        for rule, verdict in ((include, True), (exclude, False)):
            step = _matcher({key: rule.get(key, ())})
            if step is not None:
                steps.append((step, verdict))
    default = not any(include.get(key) for key in ("domains", "entity_globs"))

    def wanted(entity_id: str) -> bool:
        for step, verdict in steps:
            if step(entity_id):
                return verdict
        return default and not any(include.values())

    return wanted
