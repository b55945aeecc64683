"""What an entity was at one moment, how that changed, and both as Home Assistant's clients know them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from linli.bus import LOCAL, Event, EventType
from linli.context import Context
from linli.ids import EntityId
from linli.jsonbytes import Fragment, dumps, dumps_anyway, iso_time, snug


class State:
    """What an entity was at one moment; never changed after it was made (only ``last_reported`` moves on).

    Times are seconds since 1970; ``last_changed`` is of the state, ``last_updated`` of state or attributes,
    ``last_reported`` of the last write even if nothing differed. Attributes that are no plain values are written in the
    last resort's form, and ``blame`` is told: no reader goes without the other states because of one.
    """

    __slots__ = (
        "_blame", "_json", "_short", "attributes", "context", "entity_id",
        "last_changed", "last_reported", "last_updated", "state",
    )  # fmt: skip

    def __init__(
        self,
        entity_id: EntityId,
        state: str,
        attributes: Mapping[str, Any],
        last_changed: float,
        last_updated: float,
        context: Context,
        blame: "Callable[[State, Exception], None] | None" = None,
    ) -> None:
        self.entity_id = entity_id
        self.state = state
        self.attributes = attributes
        self.last_changed = last_changed
        self.last_updated = last_updated
        self.last_reported = last_updated
        self.context = context
        self._blame = blame
        self._json: bytes | None = None
        self._short: bytes | None = None

    @property
    def domain(self) -> str:
        """The part of the entity id before the dot."""
        return self.entity_id.partition(".")[0]

    @property
    def name(self) -> str:
        """The friendly name, or what the object id says."""
        name = self.attributes.get("friendly_name")
        return str(name) if name is not None else self.entity_id.partition(".")[2].replace("_", " ")

    def json(self) -> bytes:
        """The state as Home Assistant's clients know it; made once, shared by every reader who sees all of it."""
        if self._json is None:
            self._json = snug(self.json_with(self.attributes))
        return self._json

    def short_json(self) -> bytes:
        """``"entity_id":{…}``, the member that ``subscribe_entities`` sends of it; made once and shared as well."""
        if self._short is None:
            short: dict[str, Any] = {
                "s": self.state,
                "a": self.attributes,
                "c": self.context.short(),
                "lc": self.last_changed,
            }
            if self.last_updated != self.last_changed:
                short["lu"] = self.last_updated
            self._short = self.encoded({self.entity_id: short})[1:-1]
        return self._short

    def json_with(self, attributes: Mapping[str, Any]) -> bytes:
        """The same with other (masked) attributes."""
        updated = iso_time(self.last_updated)
        return self.encoded(
            {
                "entity_id": self.entity_id,
                "state": self.state,
                "attributes": attributes,
                "last_changed": updated if self.last_changed == self.last_updated else iso_time(self.last_changed),
                "last_reported": updated if self.last_reported == self.last_updated else iso_time(self.last_reported),
                "last_updated": updated,
                "context": self.context.as_dict(),
            }
        )

    def encoded(self, value: Any) -> bytes:
        """``value``, which holds something of this state, as JSON whatever that is."""
        try:
            return dumps(value)
        except Exception as error:  # noqa: BLE001 - a plugin's own as_dict may raise anything
            if self._blame is not None:
                self._blame(self, error)
            return dumps_anyway(value)

    def as_dict(self) -> dict[str, Any]:
        """The state as plain values."""
        value: dict[str, Any] = orjson.loads(self.json())
        return value

    def __repr__(self) -> str:
        return f"<State {self.entity_id}={self.state}>"


class StateChange(Event[dict[str, Any]]):
    """A ``state_changed`` event; its data dictionary is made only if somebody asks."""

    __slots__ = ("_data", "entity_id", "new", "old")

    def __init__(self, entity_id: EntityId, old: State | None, new: State | None, context: Context, at: float) -> None:
        self.event_type = STATE_CHANGED
        self.entity_id = entity_id
        self.old = old
        self.new = new
        self.context = context
        self.time_fired = at
        self.origin = LOCAL
        self._json = None
        self._data: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:  # type: ignore[override]  # computed where the base stores
        """``entity_id``, ``old_state`` and ``new_state`` (State or None)."""
        if self._data is None:
            self._data = {"entity_id": self.entity_id, "old_state": self.old, "new_state": self.new}
        return self._data

    def json(self) -> bytes:
        if self._json is None:
            self._json = self.json_with(
                None if self.old is None else self.old.json(), None if self.new is None else self.new.json()
            )
        return self._json

    def json_with(self, old: bytes | None, new: bytes | None) -> bytes:
        """The event around states that are encoded already (a view may have masked them)."""
        return orjson.dumps(
            {
                "event_type": STATE_CHANGED,
                "data": {
                    "entity_id": self.entity_id,
                    "old_state": None if old is None else Fragment(old),
                    "new_state": None if new is None else Fragment(new),
                },
                "origin": LOCAL,
                "time_fired": iso_time(self.time_fired),
                "context": self.context.as_dict(),
            }
        )


STATE_CHANGED: Final[EventType[dict[str, Any]]] = EventType("state_changed")
"""A state or its attributes are no longer what they were, or the entity came or went.

entity_id: whose state it is
old_state: the state before; null where there was none
new_state: the state now; null where it was taken away
"""
STATE_REPORTED: Final[EventType[dict[str, Any]]] = EventType("state_reported")
"""An entity reported the same state and attributes again. Only who listens to this very type hears it.

entity_id: whose state it is
last_reported: when, now
old_last_reported: when it was reported before
new_state: the state
"""
