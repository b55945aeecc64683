"""A home for template tests: what stands in it is what the test put there."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from linli.context import Context
from linli.ids import EntityId
from linli.states import State
from linli.template import (
    AreaView,
    DeviceView,
    EntityView,
    EntryView,
    FloorView,
    Home,
    IssueView,
    LabelView,
)


class StaticWorld:
    """A world of fixed values; add states with :meth:`put`, registry rows by appending to the lists."""

    def __init__(
        self,
        *,
        now: datetime = datetime(2025, 1, 1, 12, tzinfo=UTC),
        time_zone: tzinfo = UTC,
        home: Home | None = None,
        hidden: Iterable[str] = (),
    ) -> None:
        self.moment = now
        self.time_zone = time_zone
        self.home = home or Home()
        self.hidden = frozenset(hidden)
        """Entities that this reader does not see."""
        self.states: dict[str, State] = {}
        self.area_rows: list[AreaView] = []
        self.floor_rows: list[FloorView] = []
        self.label_rows: list[LabelView] = []
        self.device_rows: list[DeviceView] = []
        self.entity_rows: list[EntityView] = []
        self.entry_rows: list[EntryView] = []
        self.issue_rows: list[IssueView] = []
        self.sources: dict[str, str] = {}
        self.words: dict[str, str] = {}

    def put(self, entity_id: str, state: str, attributes: Mapping[str, Any] | None = None, *, ago: float = 0) -> State:
        """Give an entity a state that was set ``ago`` seconds before now."""
        at = (self.moment - timedelta(seconds=ago)).timestamp()
        self.states[entity_id] = State(EntityId(entity_id), state, dict(attributes or {}), at, at, Context(id="ctx"))
        return self.states[entity_id]

    def now(self) -> datetime:
        return self.moment.astimezone(self.time_zone)

    def get(self, entity_id: str) -> State | None:
        return None if entity_id in self.hidden else self.states.get(entity_id)

    def all(self, domain: str | None = None) -> Iterable[State]:
        seen = (state for state in self.states.values() if state.entity_id not in self.hidden)
        return [state for state in seen if domain is None or state.domain == domain]

    def source(self, entity_id: str) -> str | None:
        row = self.entity(entity_id)
        return row.platform if row is not None else self.sources.get(entity_id)

    def translate(self, state: State) -> str:
        return self.words.get(state.state, state.state)

    def entity(self, entity_id: str) -> EntityView | None:
        return next((row for row in self.entities() if row.entity_id == entity_id), None)

    def entities(
        self, *, device: str | None = None, area: str | None = None, label: str | None = None, entry: str | None = None
    ) -> Iterable[EntityView]:
        return [
            row
            for row in self.entity_rows
            if row.entity_id not in self.hidden
            and (device is None or row.device_id == device)
            and (area is None or row.area_id == area)
            and (label is None or label in row.labels)
            and (entry is None or row.config_entry_id == entry)
        ]

    def device(self, device_id: str) -> DeviceView | None:
        return next((row for row in self.device_rows if row.id == device_id), None)

    def devices(self, *, area: str | None = None, label: str | None = None) -> Iterable[DeviceView]:
        return [
            row
            for row in self.device_rows
            if (area is None or row.area_id == area) and (label is None or label in row.labels)
        ]

    def area(self, area_id: str) -> AreaView | None:
        return next((row for row in self.area_rows if row.id == area_id), None)

    def areas(self, *, floor: str | None = None, label: str | None = None) -> Iterable[AreaView]:
        return [
            row
            for row in self.area_rows
            if (floor is None or row.floor_id == floor) and (label is None or label in row.labels)
        ]

    def floor(self, floor_id: str) -> FloorView | None:
        return next((row for row in self.floor_rows if row.id == floor_id), None)

    def floors(self) -> Iterable[FloorView]:
        return self.floor_rows

    def label(self, label_id: str) -> LabelView | None:
        return next((row for row in self.label_rows if row.id == label_id), None)

    def labels(self) -> Iterable[LabelView]:
        return self.label_rows

    def entry(self, entry_id: str) -> EntryView | None:
        return next((row for row in self.entry_rows if row.id == entry_id), None)

    def entries(self) -> Iterable[EntryView]:
        return self.entry_rows

    def issues(self) -> Iterable[IssueView]:
        return self.issue_rows
