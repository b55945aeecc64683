"""Publishing past the doubts: what the core itself says of an entity when no reading came."""

from collections.abc import Mapping
from typing import Any

from linli.entity.attributes import RESTORED
from linli.ids import EntityId
from linli.states import UNAVAILABLE, Slot, StateStore


def park(states: StateStore, slot: Slot, descriptive: Mapping[str, Any]) -> None:
    """Say that the entity is registered but does not live. Doubts stay: whoever revives it has them to clear."""
    slot.descriptive = descriptive
    _publish(states, slot, UNAVAILABLE, {RESTORED: True, **descriptive})


def move(states: StateStore, old: Slot, new_id: EntityId) -> Slot:
    """Take owner, state, doubts and the reading behind them to a new name; the old name has no state then."""
    state, doubts, reading = old.state, old.doubts, old.reading
    owner, descriptive = old.owner, old.descriptive
    old.doubts = ()
    states.release(old)
    slot = states.slot(new_id)
    slot.owner, slot.descriptive = owner, descriptive
    if state is not None:
        _publish(states, slot, state.state, state.attributes)
    slot.doubts, slot.reading = (*doubts, *slot.doubts), reading
    return slot


def _publish(states: StateStore, slot: Slot, state: str, attributes: Mapping[str, Any]) -> None:
    doubts, reading = slot.doubts, slot.reading
    slot.doubts = ()
    states.write(slot, state, attributes)
    slot.doubts, slot.reading = doubts, reading
