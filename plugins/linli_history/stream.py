"""``history/stream``: what entities were, and then what becomes of them, without a gap and without a double."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from linli import CommandCall, EntityId, PluginContext, State, StateChange, dumps
from linli_history.asking import as_object
from linli_recorder.api import StatesAsked

GATHER_S: Final = 0.35
"""Changes of so long a time go together, as Home Assistant does it."""
MOST_HELD: Final = 4096
"""Changes of one stream that wait to go together; so many go at once."""
TOLD_BY_ATTRIBUTES: Final = frozenset({"climate", "device_tracker", "humidifier", "thermostat", "water_heater"})
"""Domains of which a change of attributes is a change, also where only significant ones are wanted."""


class HistoryStream:
    """One subscription. Whoever it is for is asked about at the moment of sending, not when it began."""

    def __init__(self, ctx: PluginContext, call: CommandCall, asked: StatesAsked, until: float | None) -> None:
        """``until``: business time at which it ends; None: with the subscription."""
        self._ctx = ctx
        self._call = call
        self._asked = asked
        self._until = until
        self._held: list[tuple[StateChange, State]] = []
        """Changes, each with the state that it led to."""
        self._gathering = False
        self._opened = False
        self._dropped_at = 0.0
        """When the newest change happened that there was no room to hold."""
        self._ends = [ctx.states.track([EntityId(entity_id) for entity_id in asked.entity_ids], self._heard)]
        if until is not None:
            self._ends.append(ctx.call_later(max(0.0, until - ctx.clock.timestamp()), self._unfollow))

    def end(self) -> None:
        """The client wants no more."""
        self._unfollow()
        self._held.clear()

    def _unfollow(self) -> None:
        while self._ends:
            self._ends.pop()()

    def has_gap(self, read_until: float) -> bool:
        """Whether more happened since than is held here: then the past has to be read further."""
        return self._dropped_at > read_until

    def open(self, answer: Sequence[tuple[str, bytes]], read_until: float) -> None:
        """Send the past, and from now on what came after ``read_until``."""
        self._call.event(past_event(answer, self._asked.start, read_until), [entity_id for entity_id, _ in answer])
        self._held = [held for held in self._held if held[1].last_updated >= read_until]
        self._opened = True
        self._flush()

    def _heard(self, change: StateChange) -> None:
        new, old = change.new, change.old
        if new is None:
            return
        if (
            self._asked.significant
            and old is not None
            and old.state == new.state
            and new.entity_id.partition(".")[0] not in TOLD_BY_ATTRIBUTES
        ):
            return
        self._held.append((change, new))
        if not self._opened:
            if len(self._held) > MOST_HELD:
                self._dropped_at = self._held.pop(0)[1].last_updated
        elif len(self._held) >= MOST_HELD:
            self._flush()
        elif not self._gathering:
            self._gathering = True
            self._ctx.call_later(GATHER_S, self._flush)

    def _flush(self) -> None:
        self._gathering = False
        view = self._call.view
        states: dict[str, list[dict[str, Any]]] = {}
        for change, state in self._held:
            # asked of the change: one of hidden attributes alone is none, and as a row it would tell when it was
            seen = view.mask(state) if view.sees_event(change) else None
            if seen is not None:
                states.setdefault(seen.entity_id, []).append(self._short(seen))
        self._held.clear()
        if states:
            self._call.event(b'{"states":%b}' % dumps(states), list(states))

    def _short(self, state: State) -> dict[str, Any]:
        short: dict[str, Any] = {"s": state.state}
        if self._asked.attributes:
            attributes: Mapping[str, Any] = state.attributes
            short["a"] = attributes
        short["lu"] = state.last_updated
        if state.last_changed != state.last_updated:
            short["lc"] = state.last_changed
        return short


def past_event(answer: Sequence[tuple[str, bytes]], start: float, end: float) -> bytes:
    """The event that carries the past, and from when to when it was looked for."""
    return b'{"states":%b,"start_time":%b,"end_time":%b}' % (as_object(answer), dumps(start), dumps(end))
