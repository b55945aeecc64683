"""What a light shows, and what a light service becomes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli import Context, EntityId, State
from linli_home.api import ColorMode, Light, LightReading

HS = frozenset({ColorMode.HS, ColorMode.COLOR_TEMP})


def light(*modes: ColorMode, **more: Any) -> Light:
    return Light(unique_id="lamp", color_modes=frozenset(modes or {ColorMode.ONOFF}), **more)


def shown(state: str, **attributes: Any) -> State:
    now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    return State(EntityId("light.lamp"), state, attributes, now, now, Context())


def test_a_plain_light_shows_its_mode_only_while_it_is_on() -> None:
    lamp = light()
    assert lamp.render(LightReading(on=True)) == ("on", {"color_mode": "onoff"})
    assert lamp.render(LightReading(on=False)) == ("off", {"color_mode": None})
    assert lamp.capabilities() == {"supported_color_modes": ["onoff"]}
    assert lamp.supported_features == 0


def test_a_light_that_is_off_shows_nothing_of_what_it_was() -> None:
    lamp = light(ColorMode.HS, ColorMode.COLOR_TEMP, effects=("fire",))
    state, attributes = lamp.render(LightReading(on=False, brightness=80, color_temp_kelvin=3000, effect="fire"))
    assert state == "off"
    assert attributes == dict.fromkeys(
        ["effect", "color_mode", "brightness", "color_temp_kelvin", "color_temp", "hs_color", "rgb_color", "xy_color"]
    )


def test_a_colour_is_shown_in_every_measure() -> None:
    reading = LightReading(on=True, brightness=255, color_mode=ColorMode.HS, hs_color=(0, 100))
    _, attributes = light(ColorMode.HS).render(reading)
    assert attributes["rgb_color"] == (255, 0, 0)
    assert attributes["xy_color"] == pytest.approx((0.64, 0.33), abs=0.01)
    assert attributes["hs_color"] == (0, 100)


def test_a_temperature_is_shown_in_kelvin_and_mireds() -> None:
    lamp = light(ColorMode.COLOR_TEMP, min_color_temp_kelvin=2000, max_color_temp_kelvin=6500)
    assert lamp.capabilities() == {
        "min_color_temp_kelvin": 2000,
        "max_color_temp_kelvin": 6500,
        "min_mireds": 153,
        "max_mireds": 500,
        "supported_color_modes": ["color_temp"],
    }
    _, attributes = lamp.render(LightReading(on=True, brightness=10, color_temp_kelvin=4000))
    assert (attributes["color_temp_kelvin"], attributes["color_temp"]) == (4000, 250)


@pytest.mark.parametrize(
    ("more", "features"),
    [({}, 0), ({"effects": ()}, 4), ({"flash": True}, 8), ({"transition": True, "flash": True}, 40)],
)
def test_features_follow_from_what_it_can_do(more: dict[str, Any], features: int) -> None:
    assert light(**more).supported_features == features


@pytest.mark.parametrize(
    ("data", "command", "becomes"),
    [
        ({}, "turn_on", {}),
        ({"brightness": 0}, "turn_off", {}),
        ({"brightness_pct": 50}, "turn_on", {"brightness": 128}),
        ({"brightness_step": -300}, "turn_off", {}),
        ({"brightness_step_pct": 10}, "turn_on", {"brightness": 126}),
        ({"rgb_color": (0, 255, 0)}, "turn_on", {"hs_color": (120.0, 100.0)}),
        ({"color_name": "blue"}, "turn_on", {"hs_color": (240.0, 100.0)}),
        ({"color_temp": 250}, "turn_on", {"color_temp_kelvin": 4000}),
        ({"transition": 3, "flash": "short", "effect": "fire"}, "turn_on", {"transition": 3}),
    ],
)
def test_data_is_fitted_to_the_light(data: dict[str, Any], command: str, becomes: dict[str, Any]) -> None:
    lamp = light(*HS, transition=True)
    assert lamp.resolve("turn_on", data, shown("on", brightness=100)) == (command, becomes)


def test_a_light_that_only_knows_temperature_gets_the_nearest_one() -> None:
    _, data = light(ColorMode.COLOR_TEMP).resolve("turn_on", {"xy_color": (0.3805, 0.3769)}, None)
    assert data["color_temp_kelvin"] == pytest.approx(4000, rel=0.15)


@pytest.mark.parametrize(("state", "command"), [("on", "turn_off"), ("off", "turn_on"), ("unknown", "turn_on")])
def test_toggle_is_the_opposite_of_what_is_shown(state: str, command: str) -> None:
    assert light().resolve("toggle", {}, shown(state))[0] == command


@settings(max_examples=60)
@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.sampled_from(list(ColorMode)))
def test_any_colour_becomes_at_most_one_colour_of_the_light(r: int, g: int, b: int, mode: ColorMode) -> None:
    _, data = light(mode).resolve("turn_on", {"rgb_color": (r, g, b)}, None)
    assert set(data) <= {f"{mode}_color", "color_temp_kelvin"}
