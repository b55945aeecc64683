"""Events: something that happened at a moment (a ring, a click) and leaves nothing switched on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from linli import ContractError, Rendered
from linli_home.home_entity import HomeEntity


class EventDeviceClass(StrEnum):
    """What it happens to."""

    BUTTON = "button"
    DOORBELL = "doorbell"
    MOTION = "motion"


@dataclass(frozen=True, slots=True)
class EventReading:
    """One happening."""

    event_type: str
    at: datetime
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class EventEntity(HomeEntity[EventReading]):
    """Each reading is a happening of its own, even if it says the same as the last one."""

    domain: ClassVar[str] = "event"
    named_by_device_class: ClassVar[bool] = True
    restores: ClassVar[bool] = True

    event_types: tuple[str, ...]
    force_update: bool = True

    def render(self, reading: EventReading) -> Rendered:
        if reading.event_type not in self.event_types:
            raise ContractError(f"event {self.unique_id}: {reading.event_type!r} is none of its event types")
        at = reading.at.astimezone(UTC).isoformat(timespec="milliseconds")
        return at, {"event_type": reading.event_type, **reading.attributes}

    def capabilities(self) -> dict[str, Any]:
        return {"event_types": list(self.event_types)}
