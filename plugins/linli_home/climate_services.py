"""The services of climate devices."""

from enum import IntFlag
from typing import Any

import voluptuous as vol

from linli import PluginContext
from linli import schema as sv

TARGETS = ("temperature", "target_temp_low", "target_temp_high")


def some_target(data: dict[str, Any]) -> dict[str, Any]:
    """At least one temperature is said."""
    if not any(key in data for key in TARGETS):
        raise vol.Invalid(f"must contain at least one of {', '.join(TARGETS)}.")
    return data


def offer(ctx: PluginContext, bit: type[IntFlag], hvac_modes: tuple[str, ...]) -> None:
    """Register them with the feature bits they need."""
    add, flags = ctx.services.register_entity, bit.__members__
    on, off = flags["TURN_ON"], flags["TURN_OFF"]
    add("climate", "turn_on", features=[on])
    add("climate", "turn_off", features=[off])
    add("climate", "toggle", features=[on | off])
    mode = sv.one_of(*hvac_modes)
    add("climate", "set_hvac_mode", {vol.Required("hvac_mode"): mode})
    add(
        "climate",
        "set_temperature",
        {
            vol.Exclusive("temperature", "temperature"): sv.number(),
            vol.Inclusive("target_temp_high", "range"): sv.number(),
            vol.Inclusive("target_temp_low", "range"): sv.number(),
            vol.Optional("hvac_mode"): mode,
        },
        features=[flags["TARGET_TEMPERATURE"], flags["TARGET_TEMPERATURE_RANGE"]],
        check=some_target,
    )
    humidity = {vol.Required("humidity"): sv.integer(min=0, max=100, unit="%")}
    add("climate", "set_humidity", humidity, features=[flags["TARGET_HUMIDITY"]])
    for name in ("fan_mode", "preset_mode", "swing_mode", "swing_horizontal_mode"):
        add("climate", f"set_{name}", {vol.Required(name): sv.string}, features=[flags[name.upper()]])
