"""What a sensor shows in each unit system and in a unit that a person chose, against what Home Assistant showed.

``golden/units.json`` was recorded from 2025.4.4: sensors of every class and unit, in a metric hub and a US one.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from linli import UnitSystem
from linli.testing.hub import Deployment, running_hub
from linli_home import units
from linli_home.api import Sensor
from linli_home.domains.number import CONVERTED

from .laboratory import HEAD

GOLDEN: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "golden" / "units.json").read_text("utf-8"))
CLASSES: Final = sorted({row[0] for row in GOLDEN["systems"]})


def reading_of(text: str) -> float | int:
    """The number as its device would give it."""
    return float(text) if "." in text else int(text)


def shown(device_class: str, unit: str | None, text: str, system: UnitSystem, **chosen: Any) -> list[Any]:
    sensor = Sensor(unique_id="s", device_class=device_class, unit_of_measurement=unit)
    dressed = sensor.adapted({"sensor": chosen}, system)
    return [dressed.render(reading_of(text))[0], dressed.unit_of_measurement]


@pytest.mark.parametrize("device_class", CLASSES)
@pytest.mark.parametrize("system", UnitSystem)
def test_every_unit_is_shown_in_that_of_the_system(device_class: str, system: UnitSystem) -> None:
    column = 3 if system is UnitSystem.METRIC else 5
    rows = [row for row in GOLDEN["systems"] if row[0] == device_class]
    ours = [[*row[:3], *shown(device_class, row[1], row[2], system)] for row in rows]
    assert ours == [[*row[:3], *row[column : column + 2]] for row in rows]


@pytest.mark.parametrize("row", GOLDEN["chosen"], ids=lambda row: f"{row[0]} {row[1]} {row[2]} as {row[3]}")
def test_a_chosen_unit_wins_over_the_system(row: list[Any]) -> None:
    device_class, unit, text, wanted, *expected = row
    assert shown(device_class, unit, text, UnitSystem.METRIC, unit_of_measurement=wanted) == expected


@pytest.mark.parametrize("device_class", sorted(GOLDEN["convertible"]))
def test_the_choice_of_units_is_the_originals(device_class: str) -> None:
    assert units.units_of(device_class) == set(GOLDEN["convertible"][device_class])


def test_a_chosen_precision_keeps_every_digit_for_the_client() -> None:
    row = ("distance", "km", "1234.5", UnitSystem.US_CUSTOMARY)
    assert shown(*row, display_precision=0) == ["767.082736816989", "mi"]
    assert shown(*row, display_precision=2, unit_of_measurement="mm") == ["1234500000.0", "mm"]
    assert shown(*row, unit_of_measurement="W") == ["767.1", "mi"]
    assert shown("power", "W", "0.30000000000000004", UnitSystem.METRIC) == ["0.3", "W"]


def test_a_suggested_precision_grows_with_the_unit() -> None:
    sensor = Sensor(unique_id="s", device_class="distance", unit_of_measurement="mm", display_precision=1)
    assert sensor.adapted({}, UnitSystem.US_CUSTOMARY).display_precision == 2
    assert sensor.adapted({}, UnitSystem.METRIC) is sensor


def test_a_plugins_own_choice_of_unit_wins_over_the_system() -> None:
    sensor = Sensor(unique_id="s", device_class="distance", measured_in="m", unit_of_measurement="km")
    assert sensor.adapted({}, UnitSystem.US_CUSTOMARY).render(1500)[0] == "1.500"


ROOMS: Final = (
    'warm = ctx.entities.add(api.Sensor(unique_id="t", name="Warm", device_class="temperature", '
    'unit_of_measurement="°C"))',
    "warm.write(21.5)",
    'aim = ctx.entities.add(api.Number(unique_id="n", name="Aim", min=15, max=35, device_class="temperature", '
    'unit_of_measurement="°C", set_value=tell("aim")))',
    "aim.write(22)",
    'heat = ctx.entities.add(api.Climate(unique_id="c", name="Heat", hvac_modes=(api.HVACMode.HEAT,), '
    'set_temperature=tell("heat")))',
    "heat.write(api.ClimateReading(hvac_mode=api.HVACMode.HEAT, current_temperature=22, target_temperature=21))",
)


async def test_a_hub_in_us_units_reads_and_is_told_fahrenheit(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "linli: {unit_system: us_customary, trusted: [lab]}\nlab:\n")
    home.drop_in("lab", HEAD + "".join(f"    {line}\n" for line in ROOMS))
    async with running_hub(home) as hub:
        states, call = hub.rooms.states, hub.rooms.services.call
        warm, aim, heat = (states.get(name) for name in ("sensor.warm", "number.aim", "climate.heat"))
        assert warm is not None
        assert aim is not None
        assert heat is not None
        assert (warm.state, warm.attributes["unit_of_measurement"]) == ("70.7", "°F")
        assert (aim.state, aim.attributes["min"], aim.attributes["max"]) == ("72.0", 59.0, 95.0)
        shown = {name: heat.attributes[name] for name in ("min_temp", "max_temp", "current_temperature", "temperature")}
        assert shown == {"min_temp": 45, "max_temp": 95, "current_temperature": 72, "temperature": 70}
        await call("number", "set_value", {"entity_id": "number.aim", "value": 68})
        told = states.get("lab.told")
        assert told is not None
        assert told.attributes["value"] == pytest.approx(20)
        await call("climate", "set_temperature", {"entity_id": "climate.heat", "temperature": 77})
        told = states.get("lab.told")
        assert told is not None
        assert told.attributes["temperature"] == pytest.approx(25)
        row = hub.rooms.registries.entities.get("sensor.warm")
        assert row is not None
        assert row.unit_of_measurement == "°F"


def test_only_some_numbers_are_converted() -> None:
    assert set(CONVERTED) == {"temperature", "volume_flow_rate"}
