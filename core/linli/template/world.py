"""What a template may know of the home: the reader's view of it, and of nothing else.

A world belongs to one reader. What the reader may not see does not exist in it: the same answer as for a name that
never existed. The values here are plain; whoever keeps the registries makes them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, Protocol

from linli.states import State

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AreaView:
    """A room or another part of the home."""

    id: str
    name: str
    floor_id: str | None = None
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FloorView:
    """A storey."""

    id: str
    name: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class LabelView:
    """A mark that people put on entities, devices and areas."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device; the field names are those that ``device_attr`` takes."""

    id: str
    name: str | None = None
    name_by_user: str | None = None
    area_id: str | None = None
    labels: frozenset[str] = frozenset()
    manufacturer: str | None = None
    model: str | None = None
    model_id: str | None = None
    sw_version: str | None = None
    hw_version: str | None = None
    serial_number: str | None = None
    configuration_url: str | None = None
    suggested_area: str | None = None
    entry_type: str | None = None
    disabled_by: str | None = None
    via_device_id: str | None = None
    primary_config_entry: str | None = None
    config_entries: frozenset[str] = frozenset()
    connections: frozenset[tuple[str, str]] = frozenset()
    identifiers: frozenset[tuple[str, ...]] = frozenset()
    created_at: datetime = _LONG_AGO
    modified_at: datetime = _LONG_AGO


@dataclass(frozen=True, slots=True)
class EntityView:
    """What the registry says of an entity."""

    entity_id: str
    platform: str = ""
    """The integration or plugin that made it."""
    device_id: str | None = None
    area_id: str | None = None
    """Its own area; None: that of its device."""
    labels: frozenset[str] = frozenset()
    config_entry_id: str | None = None
    hidden: bool = False
    display_precision: int | None = None
    """Digits behind the point that a person wants to see (sensors)."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """A config entry, in the fields that ``config_entry_attr`` gives."""

    id: str
    domain: str
    title: str
    state: str = "loaded"
    source: str = "user"
    disabled_by: str | None = None


@dataclass(frozen=True, slots=True)
class IssueView:
    """A repair issue; ``fields`` is what the issue's page shows of it, as plain values."""

    domain: str
    issue_id: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Home:
    """Where the home is and in which units its people think."""

    latitude: float = 0.0
    longitude: float = 0.0
    metric: bool = True


class World(Protocol):
    """One reader's home. All lookups are quick, synchronous and without effect."""

    @property
    def home(self) -> Home: ...

    @property
    def time_zone(self) -> tzinfo: ...

    def now(self) -> datetime:
        """Business time, aware, in :attr:`time_zone`."""

    def get(self, entity_id: str) -> State | None:
        """The state as this reader sees it (attributes may be masked)."""

    def all(self, domain: str | None = None) -> Iterable[State]:
        """All states that the reader sees, or those of a domain, in a stable order."""

    def source(self, entity_id: str) -> str | None:
        """The integration or plugin whose entity this is, registered or not."""

    def translate(self, state: State) -> str:
        """The state in the household's language; itself where there is no word for it."""

    def entity(self, entity_id: str) -> EntityView | None:
        """The registry's row of an entity."""

    def entities(
        self, *, device: str | None = None, area: str | None = None, label: str | None = None, entry: str | None = None
    ) -> Iterable[EntityView]:
        """Registered entities; with one argument only those whose own row names it."""

    def device(self, device_id: str) -> DeviceView | None: ...

    def devices(self, *, area: str | None = None, label: str | None = None) -> Iterable[DeviceView]: ...

    def area(self, area_id: str) -> AreaView | None: ...

    def areas(self, *, floor: str | None = None, label: str | None = None) -> Iterable[AreaView]: ...

    def floor(self, floor_id: str) -> FloorView | None: ...

    def floors(self) -> Iterable[FloorView]: ...

    def label(self, label_id: str) -> LabelView | None: ...

    def labels(self) -> Iterable[LabelView]: ...

    def entry(self, entry_id: str) -> EntryView | None: ...

    def entries(self) -> Iterable[EntryView]: ...

    def issues(self) -> Iterable[IssueView]: ...
