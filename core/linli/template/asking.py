"""The home as a process that renders sees it: a thing is asked of the hub when the template looks at it, once a render.

Of each kind the first few are asked for one by one, then all of them in one question: a template about the kitchen
light costs two frames, one that goes through 10 000 entities not many more.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, Generic, TypeVar

from linli.states import State
from linli.template.frames import state_of
from linli.template.world import (
    AreaView,
    DeviceView,
    EntityView,
    EntryView,
    FloorView,
    Home,
    IssueView,
    LabelView,
)

Ask = Callable[[str, str | None], list[Any]]
"""``(kind, key)``: the rows that the hub answers; ``key`` None: all of that kind that the reader sees."""
SINGLY: Final = 8
"""So many are asked for one by one before all are asked for."""
T = TypeVar("T")


class _Kind(Generic[T]):
    """What was learnt of one kind: ``one`` asks for a row by its key, ``every`` for ``(key, row)`` of all."""

    def __init__(self, ask: Ask, one: str, every: str, made: Callable[[Any], T] = lambda row: row) -> None:
        self._ask = ask
        self._one = one
        self._every = every
        self._made = made
        self._known: dict[str, T | None] = {}
        self._asked = 0
        self._listed: list[T] | None = None

    def know(self, rows: Mapping[str, Any]) -> None:
        """Take up what need not be asked for."""
        self._known.update({key: None if row is None else self._made(row) for key, row in rows.items()})

    def get(self, key: object) -> T | None:
        if not isinstance(key, str):
            hash(key)
            return None
        key = str.__str__(key)
        if key in self._known:
            return self._known[key]
        if self._listed is None and self._asked >= SINGLY:
            self.all()
        if self._listed is not None:
            return self._known.get(key)
        self._asked += 1
        rows = self._ask(self._one, key)
        found = self._known[key] = self._made(rows[0]) if rows else None
        return found

    def all(self) -> list[T]:
        if self._listed is None:
            rows = [(key, self._made(row)) for key, row in self._ask(self._every, None)]
            self._listed = [row for _, row in rows]
            self._known = dict(rows)
        return self._listed


class _Some(Generic[T]):
    """Rows that something names (an area's devices): asked for by that, and in the end picked from all."""

    def __init__(self, ask: Ask, one: str, kind: _Kind[T]) -> None:
        self._ask = ask
        self._one = one
        self._kind = kind
        self._known: dict[str, list[T]] = {}

    def get(self, key: object, names: Callable[[T], bool]) -> list[T]:
        if not isinstance(key, str):
            hash(key)
            return []
        key = str.__str__(key)
        if key not in self._known:
            if len(self._known) >= SINGLY:
                self._known[key] = [row for row in self._kind.all() if names(row)]
            else:
                self._known[key] = self._ask(self._one, key)
        return self._known[key]


class AskingWorld:
    """A world for one render; made anew for each, so that nothing of one reader's is there for the next."""

    def __init__(self, ask: Ask, now: datetime, home: Home, states: Mapping[str, Any] | None = None) -> None:
        """``states``: rows that the hub has given already, None where there is no such state."""
        self._ask = ask
        self._now = now
        self._home = home
        self._states: _Kind[State] = _Kind(ask, "state", "states", state_of)
        self._states.know(states or {})
        self._of_domain: dict[str, list[State]] = {}
        self._entities: _Kind[EntityView] = _Kind(ask, "entity", "entities")
        self._devices: _Kind[DeviceView] = _Kind(ask, "device", "devices")
        self._areas: _Kind[AreaView] = _Kind(ask, "area", "areas")
        self._floors: _Kind[FloorView] = _Kind(ask, "floor", "floors")
        self._labels: _Kind[LabelView] = _Kind(ask, "label", "labels")
        self._entries: _Kind[EntryView] = _Kind(ask, "entry", "entries")
        self._sources: _Kind[str] = _Kind(ask, "source", "sources")
        self._words: _Kind[str] = _Kind(ask, "word", "words")
        self._issues: list[IssueView] | None = None
        self._entities_by = {
            name: _Some(ask, f"entities_by_{name}", self._entities) for name in ("device", "area", "label", "entry")
        }
        self._devices_by = {name: _Some(ask, f"devices_by_{name}", self._devices) for name in ("area", "label")}
        self._areas_by = {name: _Some(ask, f"areas_by_{name}", self._areas) for name in ("floor", "label")}

    @property
    def home(self) -> Home:
        return self._home

    @property
    def time_zone(self) -> tzinfo:
        zone = self._now.tzinfo
        assert zone is not None, "the hub says the time in the zone of the home"
        return zone

    def now(self) -> datetime:
        """The moment at which the render began."""
        return self._now

    # states ----------------------------------------------------------------------------------------------------------

    def get(self, entity_id: str) -> State | None:
        return self._states.get(entity_id)

    def all(self, domain: str | None = None) -> Iterable[State]:
        if domain is None:
            return self._states.all()
        if domain not in self._of_domain:
            if len(self._of_domain) >= SINGLY:
                self._of_domain[domain] = [state for state in self._states.all() if state.domain == domain]
            else:
                self._of_domain[domain] = [state_of(row) for row in self._ask("states_of", domain)]
        return self._of_domain[domain]

    def source(self, entity_id: str) -> str | None:
        return self._sources.get(entity_id)

    def translate(self, state: State) -> str:
        found = self._words.get(state.entity_id)
        return state.state if found is None else found

    # registries ------------------------------------------------------------------------------------------------------

    def entity(self, entity_id: str) -> EntityView | None:
        return self._entities.get(entity_id)

    def entities(
        self, *, device: str | None = None, area: str | None = None, label: str | None = None, entry: str | None = None
    ) -> Iterable[EntityView]:
        if device is not None:
            return self._entities_by["device"].get(device, lambda row: row.device_id == device)
        if area is not None:
            return self._entities_by["area"].get(area, lambda row: row.area_id == area)
        if label is not None:
            return self._entities_by["label"].get(label, lambda row: label in row.labels)
        if entry is not None:
            return self._entities_by["entry"].get(entry, lambda row: row.config_entry_id == entry)
        return self._entities.all()

    def device(self, device_id: str) -> DeviceView | None:
        return self._devices.get(device_id)

    def devices(self, *, area: str | None = None, label: str | None = None) -> Iterable[DeviceView]:
        if area is not None:
            return self._devices_by["area"].get(area, lambda row: row.area_id == area)
        if label is not None:
            return self._devices_by["label"].get(label, lambda row: label in row.labels)
        return self._devices.all()

    def area(self, area_id: str) -> AreaView | None:
        return self._areas.get(area_id)

    def areas(self, *, floor: str | None = None, label: str | None = None) -> Iterable[AreaView]:
        if floor is not None:
            return self._areas_by["floor"].get(floor, lambda row: row.floor_id == floor)
        if label is not None:
            return self._areas_by["label"].get(label, lambda row: label in row.labels)
        return self._areas.all()

    def floor(self, floor_id: str) -> FloorView | None:
        return self._floors.get(floor_id)

    def floors(self) -> Iterable[FloorView]:
        return self._floors.all()

    def label(self, label_id: str) -> LabelView | None:
        return self._labels.get(label_id)

    def labels(self) -> Iterable[LabelView]:
        return self._labels.all()

    def entry(self, entry_id: str) -> EntryView | None:
        return self._entries.get(entry_id)

    def entries(self) -> Iterable[EntryView]:
        return self._entries.all()

    def issues(self) -> Iterable[IssueView]:
        if self._issues is None:
            self._issues = self._ask("issues", None)
        return self._issues
