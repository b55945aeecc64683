"""What a template knows of the home: states and registries seen through one reader's view, and nothing else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from linli.auth.facts import Item
from linli.auth.view import View
from linli.clock import Clock
from linli.ids import PluginDomain
from linli.settings import CoreSettings, UnitSystem
from linli.states import State, StateStore
from linli.template import (
    AreaView,
    DeviceView,
    EntityView,
    EntryView,
    FloorView,
    Home,
    IssueView,
    LabelView,
    World,
)

if TYPE_CHECKING:
    from linli.entries import ConfigEntries, ConfigEntry
    from linli.issues import Issues
    from linli.registry import AreaEntry, DeviceEntry, EntityEntry, Registries
    from linli.translations import Translator


@dataclass(frozen=True, slots=True)
class Sources:
    """The rooms that a world reads from."""

    clock: Clock
    settings: CoreSettings
    states: StateStore
    registries: "Registries"
    entries: "ConfigEntries"
    issues: "Issues"
    translator: "Translator"


class ReaderWorld(World):
    """One reader's home. Cheap to make: everything is looked up when it is asked for.

    Entities and devices are looked at one by one as they are taken, so that ten thousand of them hold nobody up.
    """

    def __init__(self, sources: Sources, view: View) -> None:
        self._from = sources
        self._view = view
        settings = sources.settings
        self._home = Home(settings.latitude, settings.longitude, settings.unit_system is UnitSystem.METRIC)

    @property
    def home(self) -> Home:
        return self._home

    @property
    def time_zone(self) -> tzinfo:
        return self._from.settings.zone

    def now(self) -> datetime:
        return self._from.clock.now().astimezone(self.time_zone)

    # states ----------------------------------------------------------------------------------------------------------

    def get(self, entity_id: str) -> State | None:
        state = self._from.states.get(entity_id)
        return None if state is None else self._view.mask(state)

    def all(self, domain: str | None = None) -> Iterator[State]:
        """In the order of their ids; each is looked at when its turn comes."""
        for entity_id in sorted(self._from.states.ids(domain)):
            state = self.get(entity_id)
            if state is not None:
                yield state

    def source(self, entity_id: str) -> str | None:
        if not self._view.sees(entity_id):
            return None
        row = self._from.registries.entities.get(entity_id)
        return self._from.states.owner(entity_id) if row is None else row.platform

    def translate(self, state: State) -> str:
        row = self._from.registries.entities.get(state.entity_id)
        device_class = state.attributes.get("device_class")
        language = self._from.settings.language
        for domain, key in _words_for(state, row, device_class):
            found = self._from.translator.find(PluginDomain(domain), key, language)
            if found is not None:
                return found
        return state.state

    # registries ------------------------------------------------------------------------------------------------------

    # Rights are asked first: what is forbidden is looked into no more than what never was.

    def entity(self, entity_id: str) -> EntityView | None:
        registry = self._from.registries.entities
        name = entity_id if "." in entity_id else registry.name_of(entity_id)
        row = registry.get(name) if name is not None and self._view.sees(name) else None
        return None if row is None else _entity(row)

    def entities(
        self, *, device: str | None = None, area: str | None = None, label: str | None = None, entry: str | None = None
    ) -> Iterable[EntityView]:
        registry = self._from.registries.entities
        rows: Iterable[EntityEntry] = ()
        if device is not None:
            rows = registry.by_device(device) if self._sees("device", device) else ()
        elif area is not None:
            rows = registry.by_area(area) if self._sees("area", area) else ()
        elif label is not None:
            rows = registry.by_label(label) if self._sees("label", label) else ()
        elif entry is not None:
            rows = registry.by_entry(entry) if self._view.sees_root() else ()
        else:
            rows = registry.all()
        return (_entity(row) for row in list(rows) if self._view.sees(row.entity_id))

    def device(self, device_id: str) -> DeviceView | None:
        row = self._from.registries.devices.get(device_id) if self._sees("device", device_id) else None
        return None if row is None else _device(row)

    def devices(self, *, area: str | None = None, label: str | None = None) -> Iterable[DeviceView]:
        registry = self._from.registries.devices
        rows: Iterable[DeviceEntry] = ()
        if area is not None:
            rows = registry.by_area(area) if self._sees("area", area) else ()
        elif label is not None:
            rows = registry.by_label(label) if self._sees("label", label) else ()
        else:
            rows = registry.all()
        return (_device(row) for row in list(rows) if self._sees("device", row.id))

    def area(self, area_id: str) -> AreaView | None:
        row = self._from.registries.areas.get(area_id) if self._sees("area", area_id) else None
        return None if row is None else _area(row)

    def areas(self, *, floor: str | None = None, label: str | None = None) -> Iterable[AreaView]:
        registry = self._from.registries.areas
        rows: Iterable[AreaEntry] = ()
        if floor is not None:
            rows = registry.by_floor(floor) if self._sees("floor", floor) else ()
        elif label is not None:
            rows = registry.by_label(label) if self._sees("label", label) else ()
        else:
            rows = registry.all()
        return [_area(row) for row in rows if self._sees("area", row.id)]

    def floor(self, floor_id: str) -> FloorView | None:
        row = self._from.registries.floors.get(floor_id) if self._sees("floor", floor_id) else None
        return None if row is None else FloorView(row.id, row.name, row.level)

    def floors(self) -> Iterable[FloorView]:
        rows = self._from.registries.floors.all()
        return [FloorView(row.id, row.name, row.level) for row in rows if self._sees("floor", row.id)]

    def label(self, label_id: str) -> LabelView | None:
        row = self._from.registries.labels.get(label_id) if self._sees("label", label_id) else None
        return None if row is None else LabelView(row.id, row.name)

    def labels(self) -> Iterable[LabelView]:
        rows = self._from.registries.labels.all()
        return [LabelView(row.id, row.name) for row in rows if self._sees("label", row.id)]

    def _sees(self, item: Item, item_id: str) -> bool:
        return self._view.sees_item(item, item_id)

    # what belongs to the whole deployment ----------------------------------------------------------------------------

    def entry(self, entry_id: str) -> EntryView | None:
        found = self._from.entries.get(entry_id) if self._view.sees_root() else None
        return None if found is None else _entry(found)

    def entries(self) -> Iterable[EntryView]:
        return [_entry(entry) for entry in self._from.entries.all()] if self._view.sees_root() else []

    def issues(self) -> Iterable[IssueView]:
        if not self._view.may("issues.read"):
            return []
        return [IssueView(issue.domain, issue.issue_id, issue.as_dict()) for issue in self._from.issues.all()]


def _words_for(state: State, row: "EntityEntry | None", device_class: Any) -> Iterator[tuple[str, str]]:
    """Where a word for a state may stand, the most precise place first."""
    if row is not None and row.translation_key is not None:
        yield row.platform, f"entity.{state.domain}.{row.translation_key}.state.{state.state}"
    if device_class is not None:
        yield "home", f"entity_component.{state.domain}.{device_class}.state.{state.state}"
    yield "home", f"entity_component.{state.domain}._.state.{state.state}"


def _entity(row: "EntityEntry") -> EntityView:
    precision = row.options.get("sensor", {})
    return EntityView(
        row.entity_id,
        row.platform,
        row.device_id,
        row.area_id,
        frozenset(row.labels),
        row.config_entry_id,
        row.hidden_by is not None,
        precision.get("display_precision", precision.get("suggested_display_precision")),
    )


def _device(row: "DeviceEntry") -> DeviceView:
    same: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "id", "name", "name_by_user", "area_id", "labels", "manufacturer", "model", "model_id", "sw_version",
            "hw_version", "serial_number", "configuration_url", "suggested_area", "entry_type", "disabled_by",
            "via_device_id", "primary_config_entry", "config_entries", "connections", "identifiers",
        )
    }  # fmt: skip
    return DeviceView(
        **same,
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        modified_at=datetime.fromtimestamp(row.modified_at, UTC),
    )


def _area(row: "AreaEntry") -> AreaView:
    return AreaView(row.id, row.name, row.floor_id, frozenset(row.labels))


def _entry(entry: "ConfigEntry") -> EntryView:
    return EntryView(
        entry.entry_id, entry.domain, entry.title, entry.state.value, entry.source.value, entry.disabled_by
    )
