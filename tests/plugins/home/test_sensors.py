"""What sensors, binary sensors and switches show."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli import ContractError
from linli_home import units
from linli_home.api import BinarySensor, QuantityClass, Sensor, SensorStateClass, Switch

EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        (21.5, "21.5"),
        (3, "3"),
        (Decimal("1.50"), "1.50"),
        ("idle", "idle"),
        (datetime(2026, 1, 1, 8, tzinfo=EAST), "2026-01-01T00:00:00+00:00"),
        (date(2026, 1, 1), "2026-01-01"),
    ],
)
def test_a_reading_becomes_a_state(reading: Any, state: str) -> None:
    assert Sensor(unique_id="s").render(reading) == (state, {})


def test_a_moment_without_zone_is_the_plugins_mistake() -> None:
    with pytest.raises(ContractError, match="time zone"):
        Sensor(unique_id="s").render(datetime(2026, 1, 1))


def test_a_word_that_is_no_option_is_the_plugins_mistake() -> None:
    sensor = Sensor(unique_id="s", device_class="enum", options=("a", "b"))
    assert sensor.capabilities() == {"options": ["a", "b"]}
    with pytest.raises(ContractError, match="options"):
        sensor.render("c")


def test_the_state_class_is_shown_and_features_are_not() -> None:
    sensor = Sensor(unique_id="s", state_class=SensorStateClass.TOTAL, last_reset=datetime(2026, 1, 1, tzinfo=UTC))
    assert sensor.capabilities() == {"state_class": "total"}
    assert sensor.render(1.0)[1] == {"last_reset": "2026-01-01T00:00:00+00:00"}
    assert sensor.supported_features is None


def test_a_person_chooses_another_unit() -> None:
    sensor = Sensor(unique_id="s", device_class=QuantityClass.TEMPERATURE, unit_of_measurement="°C")
    shown = sensor.adapted({"sensor": {"unit_of_measurement": "°F"}})
    assert (shown.unit_of_measurement, shown.render(21.5)[0]) == ("°F", "70.7")
    assert shown.adapted({"sensor": {"unit_of_measurement": "°C"}}).render(21.5)[0] == "21.5"
    assert sensor.adapted({"sensor": {"unit_of_measurement": "km"}}) is sensor
    assert sensor.adapted({}) is sensor


@pytest.mark.parametrize(
    ("reading", "unit", "wanted", "device_class", "state"),
    [
        (1234, "W", "kW", "power", "1.234"),
        (1.5, "kWh", "Wh", "energy", "1500.0"),
        (1013.2, "hPa", "inHg", "pressure", "29.92"),
        (-0.1, "°C", "K", "temperature", "273.0"),
        (-17.79, "°C", "°F", "temperature", "-0.02"),
        (-17.8, "°C", "°F", "temperature", "0.0"),
        (90, "min", "h", "duration", "1.5"),
    ],
)
def test_decimals_follow_the_unit(reading: Any, unit: str, wanted: str, device_class: str, state: str) -> None:
    sensor = Sensor(unique_id="s", device_class=device_class, measured_in=unit, unit_of_measurement=wanted)
    assert sensor.render(reading)[0] == state


def test_units_of_different_kinds_are_refused() -> None:
    with pytest.raises(ContractError, match="cannot be shown"):
        Sensor(unique_id="s", device_class="power", measured_in="W", unit_of_measurement="°C")


KINDS = [
    (kind, unit)
    for kind in (*units.FACTORS, "temperature", "energy_distance")
    for unit in sorted(units.units_of(kind), key=str)
    if unit != units.BEAUFORT
]


@given(st.sampled_from(KINDS), st.floats(-1e6, 1e6), st.data())
def test_every_conversion_can_be_taken_back(kind: tuple[str, str], value: float, data: st.DataObject) -> None:
    device_class, unit = kind
    choice = [wanted for wanted in units.units_of(device_class) if wanted != units.BEAUFORT]
    wanted = data.draw(st.sampled_from(sorted(choice, key=str)))
    back = units.convert(units.convert(value, device_class, unit, wanted), device_class, wanted, unit)
    assert back == pytest.approx(value, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "device_class", "unit", "wanted", "expected"),
    [
        (100, "temperature", "°C", "°F", 212),
        (0, "temperature", "K", "°C", -273.15),
        (1, "distance", "mi", "km", 1.609344),
        (1, "data_size", "GiB", "MiB", 1024),
        (8, "data_rate", "Mbit/s", "MB/s", 1),
        (1, "weight", "lb", "g", 453.59237),
        (36, "speed", "km/h", "m/s", 10),
        (1, "energy", "kWh", "MJ", 3.6),
        (1, "volume", "m³", "L", 1000),
    ],
)
def test_known_conversions(value: float, device_class: str, unit: str, wanted: str, expected: float) -> None:
    assert units.convert(value, device_class, unit, wanted) == pytest.approx(expected)


def test_binary_sensors_and_switches_are_on_or_off() -> None:
    assert BinarySensor(unique_id="b").render(True) == ("on", {})
    assert Switch(unique_id="s").render(False) == ("off", {})


async def test_a_switch_takes_what_it_was_given() -> None:
    async def turn_on() -> None: ...

    assert set(Switch(unique_id="s", turn_on=turn_on).commands()) == {"turn_on"}
