"""Media players, robots, updates, lists, places and people; pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from linli import Context, EntityDescription, EntityId, InvalidRequest, NotFound, NotSupported, State
from linli_home.api import (
    Camera,
    CameraReading,
    DeviceTracker,
    DeviceTrackerReading,
    MediaPlayer,
    MediaPlayerReading,
    MediaPlayerState,
    Notify,
    Person,
    PersonReading,
    RepeatMode,
    Scene,
    SourceType,
    Sun,
    SunReading,
    TodoItem,
    TodoItemStatus,
    TodoList,
    Update,
    UpdateReading,
    Vacuum,
    VacuumActivity,
    VacuumReading,
    Zone,
)

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def do(**data: Any) -> None:
    """A command that does nothing."""


def shows(state: str, attributes: Mapping[str, Any] | None = None) -> State:
    now = AT.timestamp()
    return State(EntityId("x.y"), state, attributes or {}, now, now, Context())


PLAYER = MediaPlayer(
    unique_id="m",
    sources=("tv",),
    turn_on=do,
    turn_off=do,
    volume_set=do,
    media_play=do,
    media_pause=do,
    select_source=do,
)
ROBOT = Vacuum(unique_id="r", tells_battery=True, fan_speeds=("low",), start=do, set_fan_speed=do)
UPDATE = Update(unique_id="u", install=do)
NEWER = {
    "auto_update": False,
    "display_precision": 0,
    "installed_version": "1.9",
    "in_progress": False,
    "latest_version": "1.10",
    "release_summary": None,
    "release_url": None,
    "skipped_version": None,
    "title": None,
    "update_percentage": None,
}


@pytest.mark.parametrize(
    ("entity", "reading", "state", "attributes"),
    [
        (PLAYER, MediaPlayerReading(state=MediaPlayerState.OFF, media_title="x"), "off", {}),
        (
            PLAYER,
            MediaPlayerReading(
                state=MediaPlayerState.PLAYING, volume_level=0.5, media_position_updated_at=AT, repeat=RepeatMode.ONE
            ),
            "playing",
            {"volume_level": 0.5, "media_position_updated_at": "2026-01-01T12:00:00+00:00", "repeat": "one"},
        ),
        (
            ROBOT,
            VacuumReading(activity=VacuumActivity.DOCKED, battery_level=52, fan_speed="low"),
            "docked",
            {"battery_level": 52, "battery_icon": "mdi:battery-charging-50", "fan_speed": "low"},
        ),
        (UPDATE, UpdateReading(installed_version="1.9", latest_version="1.10"), "on", NEWER),
        (
            UPDATE,
            UpdateReading(installed_version="1.9", latest_version="1.10", skipped_version="1.10"),
            "off",
            {**NEWER, "skipped_version": "1.10"},
        ),
        (Camera(unique_id="c", brand="B"), CameraReading(streaming=True), "streaming", {"brand": "B"}),
        (Scene(unique_id="s", turn_on=do), AT, "2026-01-01T12:00:00+00:00", {}),
        (Notify(unique_id="n", send_message=do), AT, "2026-01-01T12:00:00+00:00", {}),
        (
            Person(unique_id="p", device_trackers=("device_tracker.a",)),
            PersonReading(location="home"),
            "home",
            {"editable": False, "id": "p", "device_trackers": ["device_tracker.a"]},
        ),
        (
            DeviceTracker(unique_id="d", source_type=SourceType.ROUTER),
            DeviceTrackerReading(location="not_home", gps_accuracy=5, ip="10.0.0.2"),
            "not_home",
            {"source_type": "router", "ip": "10.0.0.2"},
        ),
        (
            Zone(unique_id="z", latitude=1.0, longitude=2.0),
            ("person.b", "person.a"),
            "2",
            {
                "latitude": 1.0,
                "longitude": 2.0,
                "radius": 100,
                "passive": False,
                "persons": ["person.a", "person.b"],
                "editable": False,
            },
        ),
    ],
)
def test_a_reading_becomes_state_and_attributes(
    entity: EntityDescription[Any], reading: Any, state: str, attributes: dict[str, Any]
) -> None:
    assert entity.render(reading) == (state, attributes)


@pytest.mark.parametrize(
    ("entity", "features"),
    [
        (PLAYER, 1 + 4 + 128 + 256 + 2048 + 16384),
        (ROBOT, 32 + 64 + 4096 + 8192),
        (UPDATE, 1),
        (Camera(unique_id="c", turn_on=do, turn_off=do), 1),
        (Notify(unique_id="n", takes_title=True, send_message=do), 1),
        (TodoList(unique_id="t", items=do, create=do, delete=do, due_dates=True), 19),
    ],
)
def test_features_are_the_numbers_that_clients_know(entity: EntityDescription[Any], features: int) -> None:
    assert entity.supported_features == features


@pytest.mark.parametrize(
    ("entity", "service", "data", "shown", "becomes"),
    [
        (PLAYER, "toggle", {}, shows("playing"), ("turn_off", {})),
        (PLAYER, "toggle", {}, shows("standby"), ("turn_on", {})),
        (PLAYER, "media_play_pause", {}, shows("playing"), ("media_pause", {})),
        (PLAYER, "media_play_pause", {}, shows("paused"), ("media_play", {})),
        (PLAYER, "volume_up", {}, shows("on", {"volume_level": 0.95}), ("volume_set", {"volume_level": 1.0})),
        (PLAYER, "volume_down", {}, shows("on", {"volume_level": 0.5}), ("volume_set", {"volume_level": 0.4})),
        (UPDATE, "install", {}, shows("on"), ("install", {"version": None, "backup": False})),
        (
            Notify(unique_id="n", send_message=do),
            "send_message",
            {"message": "a", "title": "b"},
            None,
            ("send_message", {"message": "a"}),
        ),
    ],
)
def test_a_service_becomes_a_command(
    entity: EntityDescription[Any], service: str, data: dict[str, Any], shown: State | None, becomes: tuple[str, Any]
) -> None:
    assert entity.resolve(service, data, shown) == becomes


@pytest.mark.parametrize(
    ("entity", "service", "data", "shown", "error"),
    [
        (UPDATE, "install", {}, shows("off", {"skipped_version": None}), InvalidRequest),
        (UPDATE, "install", {}, shows("on", {"in_progress": True}), InvalidRequest),
        (UPDATE, "install", {"version": "1.0"}, shows("on"), NotSupported),
        (UPDATE, "install", {"backup": True}, shows("on"), NotSupported),
        (UPDATE, "skip", {}, shows("off"), InvalidRequest),
        (ROBOT, "set_fan_speed", {"fan_speed": "turbo"}, None, InvalidRequest),
        (TodoList(unique_id="t", items=do), "add_item", {"item": "x", "description": "y"}, None, NotSupported),
    ],
)
def test_what_cannot_be_done_is_refused(
    entity: EntityDescription[Any], service: str, data: dict[str, Any], shown: State | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        entity.resolve(service, data, shown)


@pytest.mark.parametrize(
    ("latest", "installed", "state"),
    [("2.0", "1.9", "on"), ("1.9", "2.0", "off"), ("v1.10", "v1.9", "on"), ("b", "a", "on"), ("a", "a", "off")],
)
def test_which_version_is_newer(latest: str, installed: str, state: str) -> None:
    assert UPDATE.render(UpdateReading(installed_version=installed, latest_version=latest))[0] == state
    assert UPDATE.render(UpdateReading(installed_version=installed))[0] == "unknown"


def test_the_sun_is_up_between_its_rising_and_its_setting() -> None:
    moments = dict.fromkeys(("next_dawn", "next_dusk", "next_midnight", "next_noon"), AT)
    day = SunReading(
        **moments, next_setting=AT, next_rising=AT.replace(day=2), elevation=30.0, azimuth=180.0, rising=False
    )
    assert Sun(unique_id="s").render(day)[0] == "above_horizon"
    night = SunReading(
        **moments, next_rising=AT, next_setting=AT.replace(day=2), elevation=-30.0, azimuth=0.0, rising=True
    )
    assert Sun(unique_id="s").render(night)[0] == "below_horizon"


class Book:
    """A list whose changes are written down."""

    def __init__(self) -> None:
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.entity = TodoList(
            unique_id="t", items=self.items, create=self.create, update=self.update, delete=self.delete, due_dates=True
        )

    async def items(self) -> list[TodoItem]:
        return [
            TodoItem(uid="1", summary="Milk", due=date(2026, 1, 2)),
            TodoItem(uid="2", summary="Bread", status=TodoItemStatus.COMPLETED),
        ]

    async def create(self, **data: Any) -> None:
        self.done.append(("create", data))

    async def update(self, **data: Any) -> None:
        self.done.append(("update", data))

    async def delete(self, **data: Any) -> None:
        self.done.append(("delete", data))

    async def run(self, service: str, **data: Any) -> Any:
        command, data_of_command = self.entity.resolve(service, data, None)
        return await self.entity.commands()[command](**data_of_command)


async def test_a_list_is_read_and_changed() -> None:
    book = Book()
    assert book.entity.render(await book.items())[0] == "1"
    open_items = await book.run("get_items", status=["needs_action"])
    assert open_items == {"items": [{"summary": "Milk", "uid": "1", "status": "needs_action", "due": "2026-01-02"}]}
    await book.run("add_item", item="Eggs", due_date=date(2026, 1, 3))
    await book.run("update_item", item="Milk", status="completed", rename="Oat milk")
    await book.run("remove_item", item=["2"])
    await book.run("remove_completed_items")
    assert book.done == [
        ("create", {"summary": "Eggs", "due": date(2026, 1, 3)}),
        ("update", {"uid": "1", "status": "completed", "summary": "Oat milk"}),
        ("delete", {"uids": ["2"]}),
        ("delete", {"uids": ["2"]}),
    ]
    with pytest.raises(NotFound):
        await book.run("remove_item", item=["Salt"])
