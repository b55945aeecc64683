"""What covers and valves share: they stand somewhere between closed and open, and move."""

from dataclasses import dataclass

from linli import State


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingReading:
    """How it stands and moves; what the device does not tell is None."""

    position: int | None = None
    """0 closed to 100 open."""
    closed: bool | None = None
    """For what has no position; otherwise that says it."""
    opening: bool = False
    closing: bool = False


def moving_state(reading: MovingReading) -> str:
    """The word that clients know; movement goes before where it stands."""
    if reading.opening:
        return "opening"
    if reading.closing:
        return "closing"
    closed = reading.closed
    if closed is None and reading.position is not None:
        closed = reading.position == 0
    if closed is None:
        return "unknown"
    return "closed" if closed else "open"


def toggled_moving(noun: str, state: State | None, *, stops: bool) -> str:
    """What a toggle does: stop what moves (if it can be stopped), close what is open, open the rest."""
    now = None if state is None else state.state
    if now in ("opening", "closing") and stops:
        return f"stop_{noun}"
    return f"close_{noun}" if now in ("open", "opening") else f"open_{noun}"
