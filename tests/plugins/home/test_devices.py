"""What devices show and what their services become; pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from linli import Context, ContractError, EntityDescription, EntityId, InvalidRequest, NotSupported, State, UnitSystem
from linli_home.api import (
    AlarmControlPanel,
    AlarmControlPanelReading,
    AlarmControlPanelState,
    Button,
    Climate,
    ClimateReading,
    CodeFormat,
    Cover,
    CoverReading,
    EventEntity,
    EventReading,
    Fan,
    FanReading,
    Humidifier,
    HumidifierAction,
    HumidifierReading,
    HVACAction,
    HVACMode,
    Lock,
    LockReading,
    LockState,
    MovingReading,
    Number,
    Select,
    Siren,
    Text,
    Valve,
)

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def do(**data: Any) -> None:
    """A command that does nothing."""


def shows(state: str, attributes: Mapping[str, Any] | None = None) -> State:
    now = AT.timestamp()
    return State(EntityId("x.y"), state, attributes or {}, now, now, Context())


COVER = Cover(unique_id="c", open_cover=do, close_cover=do, stop_cover=do, set_cover_position=do)
TILTING = Cover(unique_id="c", open_cover_tilt=do, close_cover_tilt=do)
VALVE = Valve(unique_id="v", open_valve=do, close_valve=do)
FAN = Fan(unique_id="f", speed_count=4, preset_modes=("eco",), turn_on=do, turn_off=do, set_percentage=do)
CLIMATE = Climate(
    unique_id="k",
    hvac_modes=(HVACMode.OFF, HVACMode.HEAT, HVACMode.COOL),
    fan_modes=("low", "high"),
    precision=0.5,
    target_temp_step=0.5,
    set_hvac_mode=do,
    set_temperature=do,
    set_fan_mode=do,
)
ROOM = Climate(unique_id="r", hvac_modes=(HVACMode.HEAT,), single_target=False, range_target=True, set_temperature=do)
DAMP = Climate(unique_id="k", hvac_modes=(HVACMode.DRY,), min_humidity=40, max_humidity=60, set_humidity=do)
PANEL = AlarmControlPanel(unique_id="a", code_format=CodeFormat.NUMBER, alarm_disarm=do, alarm_arm_away=do)
LOCK = Lock(unique_id="l", code_format=r"\d{4}", lock=do, unlock=do, open=do)
SELECT = Select(unique_id="s", options=("a", "b", "c"), select_option=do)
NUMBER = Number(
    unique_id="n", min=5, max=30, step=0.5, device_class="temperature", unit_of_measurement="°C", set_value=do
)
IN_FAHRENHEIT = NUMBER.adapted({"number": {"unit_of_measurement": "°F"}})
TEXT = Text(unique_id="t", min=2, max=5, pattern="[a-z]+", set_value=do)
SIREN = Siren(unique_id="s", available_tones=("fire",), sets_duration=True, turn_on=do, turn_off=do)
WET = Humidifier(
    unique_id="h", min_humidity=30, max_humidity=80, available_modes=("auto",), set_humidity=do, set_mode=do
)


@pytest.mark.parametrize(
    ("entity", "reading", "state", "attributes"),
    [
        (Button(unique_id="b", press=do), AT, "2026-01-01T12:00:00+00:00", {}),
        (
            EventEntity(unique_id="e", event_types=("ring",)),
            EventReading("ring", AT, {"key": 1}),
            "2026-01-01T12:00:00.000+00:00",
            {"event_type": "ring", "key": 1},
        ),
        (COVER, CoverReading(position=0), "closed", {"current_position": 0}),
        (COVER, CoverReading(position=40, closing=True), "closing", {"current_position": 40}),
        (
            COVER,
            CoverReading(position=40, tilt_position=5),
            "open",
            {"current_position": 40, "current_tilt_position": 5},
        ),
        (COVER, CoverReading(), "unknown", {}),
        (VALVE, MovingReading(closed=False), "open", {}),
        (
            FAN,
            FanReading(on=True, percentage=50),
            "on",
            {"percentage": 50, "percentage_step": 25.0, "preset_mode": None},
        ),
        (
            CLIMATE,
            ClimateReading(
                hvac_mode=HVACMode.HEAT,
                hvac_action=HVACAction.IDLE,
                current_temperature=20.3,
                target_temperature=21.0,
                fan_mode="low",
            ),
            "heat",
            {"current_temperature": 20.5, "temperature": 21.0, "hvac_action": "idle", "fan_mode": "low"},
        ),
        (
            PANEL,
            AlarmControlPanelReading(AlarmControlPanelState.ARMED_AWAY),
            "armed_away",
            {"code_format": "number", "changed_by": None, "code_arm_required": True},
        ),
        (LOCK, LockReading(LockState.JAMMED), "jammed", {"code_format": r"\d{4}"}),
        (SELECT, "b", "b", {}),
        (NUMBER, 21.5, "21.5", {}),
        (TEXT, "abc", "abc", {}),
        (SIREN, True, "on", {}),
        (
            WET,
            HumidifierReading(on=False, target_humidity=50, mode="auto", action=HumidifierAction.IDLE),
            "off",
            {"action": "off", "humidity": 50, "mode": "auto"},
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
        (COVER, 15),
        (TILTING, 48),
        (VALVE, 3),
        (FAN, 49),
        (CLIMATE, 1 + 8 + 128 + 256),
        (PANEL, 2),
        (LOCK, 1),
        (SIREN, 23),
        (WET, 1),
        (NUMBER, None),
        (Climate(unique_id="k", hvac_modes=(HVACMode.COOL,), set_hvac_mode=do), 0),
    ],
)
def test_features_are_the_numbers_that_clients_know(entity: EntityDescription[Any], features: int | None) -> None:
    assert entity.supported_features == features


@pytest.mark.parametrize(
    ("entity", "capabilities"),
    [
        (
            CLIMATE,
            {
                "hvac_modes": ["off", "heat", "cool"],
                "min_temp": 7.0,
                "max_temp": 35.0,
                "target_temp_step": 0.5,
                "fan_modes": ["low", "high"],
            },
        ),
        (
            DAMP,
            {"hvac_modes": ["dry"], "min_temp": 7, "max_temp": 35, "min_humidity": 40, "max_humidity": 60},
        ),
        (FAN, {"preset_modes": ["eco"]}),
        (NUMBER, {"min": 5, "max": 30, "step": 0.5, "mode": "auto"}),
        (
            NUMBER.adapted({"number": {"unit_of_measurement": "°F"}}),
            {"min": 41.0, "max": 86.0, "step": 0.5, "mode": "auto"},
        ),
        (TEXT, {"mode": "text", "min": 2, "max": 5, "pattern": "[a-z]+"}),
        (SELECT, {"options": ["a", "b", "c"]}),
        (WET, {"min_humidity": 30, "max_humidity": 80, "available_modes": ["auto"]}),
        (SIREN, {"available_tones": ["fire"]}),
        (EventEntity(unique_id="e", event_types=("ring",)), {"event_types": ["ring"]}),
    ],
)
def test_what_stays_true_is_said_once(entity: EntityDescription[Any], capabilities: dict[str, Any]) -> None:
    assert entity.capabilities() == capabilities


@pytest.mark.parametrize(
    ("entity", "service", "data", "shown", "becomes"),
    [
        (COVER, "toggle", {}, shows("open"), ("close_cover", {})),
        (COVER, "toggle", {}, shows("opening"), ("stop_cover", {})),
        (COVER, "toggle", {}, shows("closed"), ("open_cover", {})),
        (TILTING, "toggle_cover_tilt", {}, shows("open", {"current_tilt_position": 3}), ("close_cover_tilt", {})),
        (VALVE, "toggle", {}, shows("closing"), ("open_valve", {})),
        (FAN, "turn_on", {"percentage": 0}, None, ("turn_off", {})),
        (FAN, "increase_speed", {}, shows("on", {"percentage": 50}), ("set_percentage", {"percentage": 75})),
        (FAN, "decrease_speed", {"percentage_step": 60}, shows("on", {"percentage": 50}), ("turn_off", {})),
        (CLIMATE, "turn_off", {}, shows("heat"), ("set_hvac_mode", {"hvac_mode": "off"})),
        (CLIMATE, "toggle", {}, shows("off"), ("set_hvac_mode", {"hvac_mode": "heat"})),
        (CLIMATE, "set_temperature", {"temperature": 20}, None, ("set_temperature", {"temperature": 20})),
        (LOCK, "unlock", {"code": "1234"}, None, ("unlock", {"code": "1234"})),
        (PANEL, "alarm_disarm", {}, None, ("alarm_disarm", {})),
        (SELECT, "select_next", {"cycle": True}, shows("c"), ("select_option", {"option": "a"})),
        (SELECT, "select_next", {"cycle": False}, shows("c"), ("select_option", {"option": "c"})),
        (SELECT, "select_previous", {"cycle": True}, shows("a"), ("select_option", {"option": "c"})),
        (SELECT, "select_last", {}, None, ("select_option", {"option": "c"})),
        (SIREN, "toggle", {"tone": "fire", "volume_level": 1}, shows("off"), ("turn_on", {"tone": "fire"})),
    ],
)
def test_a_service_becomes_a_command(
    entity: EntityDescription[Any], service: str, data: dict[str, Any], shown: State | None, becomes: tuple[str, Any]
) -> None:
    assert entity.resolve(service, data, shown) == becomes


@pytest.mark.parametrize(
    ("entity", "service", "data"),
    [
        (CLIMATE, "set_temperature", {"temperature": 99}),
        (ROOM, "set_temperature", {"target_temp_low": 25, "target_temp_high": 20}),
        (CLIMATE, "set_hvac_mode", {"hvac_mode": "dry"}),
        (CLIMATE, "set_fan_mode", {"fan_mode": "turbo"}),
        (DAMP, "set_humidity", {"humidity": 61}),
        (FAN, "set_preset_mode", {"preset_mode": "turbo"}),
        (LOCK, "unlock", {}),
        (LOCK, "unlock", {"code": "12"}),
        (PANEL, "alarm_arm_away", {}),
        (SELECT, "select_option", {"option": "z"}),
        (NUMBER, "set_value", {"value": 4}),
        (TEXT, "set_value", {"value": "a"}),
        (TEXT, "set_value", {"value": "ABC"}),
        (SIREN, "turn_on", {"tone": "birds"}),
        (WET, "set_humidity", {"humidity": 90}),
        (WET, "set_mode", {"mode": "turbo"}),
    ],
)
def test_what_a_device_does_not_have_is_refused(
    entity: EntityDescription[Any], service: str, data: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest):
        entity.resolve(service, data, None)


def test_a_climate_device_says_which_targets_it_lacks() -> None:
    with pytest.raises(NotSupported, match="low/high"):
        CLIMATE.resolve("set_temperature", {"target_temp_low": 20, "target_temp_high": 25}, None)
    with pytest.raises(NotSupported, match="target temperature parameter"):
        ROOM.resolve("set_temperature", {"temperature": 20}, None)


FAHRENHEIT = Climate(unique_id="f", hvac_modes=(HVACMode.HEAT,), temperature_unit="°F", set_temperature=do)


@pytest.mark.parametrize(
    ("device", "system", "bounds", "told", "own"),
    [
        (CLIMATE, UnitSystem.US_CUSTOMARY, None, 68, 20.0),
        (FAHRENHEIT, UnitSystem.METRIC, (7.0, 35.0), 22, 71.6),
        (FAHRENHEIT, UnitSystem.US_CUSTOMARY, (45, 95), 70, 70),
    ],
    ids=["a Celsius device in a US hub", "a Fahrenheit device in a metric hub", "a Fahrenheit device at home"],
)
def test_temperatures_are_read_and_set_in_the_hubs_unit(
    device: Climate, system: UnitSystem, bounds: tuple[float, float] | None, told: float, own: float
) -> None:
    dressed = device.adapted({}, system)
    said = dressed.capabilities()
    assert bounds is None or (said["min_temp"], said["max_temp"]) == bounds
    assert dressed.resolve("set_temperature", {"temperature": told}, None)[1]["temperature"] == pytest.approx(own)
    with pytest.raises(InvalidRequest, match="Accepted range"):
        dressed.resolve("set_temperature", {"temperature": 500}, None)


def test_a_number_shown_in_another_unit_is_told_in_its_own() -> None:
    assert IN_FAHRENHEIT.render(20.0)[0] == "68.0"
    command, data = IN_FAHRENHEIT.resolve("set_value", {"value": 68}, None)
    assert (command, data["value"]) == ("set_value", pytest.approx(20))


def test_locks_panels_and_sirens_are_guarded() -> None:
    assert LOCK.guarded
    assert PANEL.guarded
    assert SIREN.guarded
    assert not COVER.guarded


def test_a_happening_of_an_unknown_kind_is_the_plugins_mistake() -> None:
    with pytest.raises(ContractError):
        EventEntity(unique_id="e", event_types=("ring",)).render(EventReading("knock", AT))
