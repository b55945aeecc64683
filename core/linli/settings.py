"""What the ``linli:`` section says, as values: the core configuration that every plugin may read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo


class UnitSystem(StrEnum):
    """Which units people read; stored readings keep the unit in which they came."""

    METRIC = "metric"
    US_CUSTOMARY = "us_customary"


@dataclass(frozen=True)
class CoreSettings:
    """Home Assistant's core configuration. ``latitude`` and ``longitude`` in degrees, ``elevation`` in metres."""

    name: str = "linli"
    time_zone: str = "UTC"
    language: str = "en"
    country: str | None = None
    currency: str = "EUR"
    unit_system: UnitSystem = UnitSystem.METRIC
    latitude: float = 0.0
    longitude: float = 0.0
    elevation: int = 0
    internal_url: str | None = None
    external_url: str | None = None

    @cached_property
    def zone(self) -> ZoneInfo:
        """The local time zone, for everything that says "eight in the morning"."""
        return ZoneInfo(self.time_zone)

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> "CoreSettings":
        """From the validated section; keys that are not settings (packs, extends, trusted) are passed over."""
        known = {name: section[name] for name in cls.__dataclass_fields__ if section.get(name) is not None}
        if "unit_system" in known:
            known["unit_system"] = UnitSystem(known["unit_system"])
        return cls(**known)
