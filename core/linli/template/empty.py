"""A home with nothing in it but the time: what the payload template of a device sees."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from linli.states import State
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


class EmptyWorld:
    """Every lookup answers as for a name that never existed; ``now`` gives an aware moment in any zone."""

    home = Home()

    def __init__(self, now: Callable[[], datetime], time_zone: tzinfo) -> None:
        self._now = now
        self.time_zone = time_zone

    def now(self) -> datetime:
        return self._now().astimezone(self.time_zone)

    def get(self, entity_id: str) -> State | None:
        return None

    def all(self, domain: str | None = None) -> list[State]:
        return []

    def source(self, entity_id: str) -> str | None:
        return None

    def translate(self, state: State) -> str:
        return state.state

    def entity(self, entity_id: str) -> EntityView | None:
        return None

    def entities(
        self, *, device: str | None = None, area: str | None = None, label: str | None = None, entry: str | None = None
    ) -> list[EntityView]:
        return []

    def device(self, device_id: str) -> DeviceView | None:
        return None

    def devices(self, *, area: str | None = None, label: str | None = None) -> list[DeviceView]:
        return []

    def area(self, area_id: str) -> AreaView | None:
        return None

    def areas(self, *, floor: str | None = None, label: str | None = None) -> list[AreaView]:
        return []

    def floor(self, floor_id: str) -> FloorView | None:
        return None

    def floors(self) -> list[FloorView]:
        return []

    def label(self, label_id: str) -> LabelView | None:
        return None

    def labels(self) -> list[LabelView]:
        return []

    def entry(self, entry_id: str) -> EntryView | None:
        return None

    def entries(self) -> list[EntryView]:
        return []

    def issues(self) -> list[IssueView]:
        return []
