"""Which service calls bring an entity to a wanted state; pure tables and functions, as scenes need them.

What cannot be told anything (sensors, persons …) has no way here; nor have valves and sirens, as in Home Assistant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from linli import State

Call = tuple[str, dict[str, Any]]
"""A service of the entity's own domain, with its data."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an entity is to be; ``transition`` in seconds."""

    state: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    transition: float | None = None

    def some(self, *names: str) -> dict[str, Any]:
        """Those of the attributes that are said, and not as None."""
        return {name: self.attributes[name] for name in names if self.attributes.get(name) is not None}


Way = Callable[[Wanted, State], list[Call] | None]
"""The calls in their order; None: the entity knows no such state."""

COLORS: Final = {
    "color_temp": "color_temp_kelvin", "hs": "hs_color", "rgb": "rgb_color", "rgbw": "rgbw_color",
    "rgbww": "rgbww_color", "xy": "xy_color", "white": "white",
}  # fmt: skip
"""Colour mode → the attribute that counts in it."""

PLAYING: Final = {"playing": "media_play", "paused": "media_pause", "idle": "media_stop"}
ARMED: Final = {
    "disarmed": "alarm_disarm", "armed_home": "alarm_arm_home", "armed_away": "alarm_arm_away",
    "armed_night": "alarm_arm_night", "armed_vacation": "alarm_arm_vacation",
    "armed_custom_bypass": "alarm_arm_custom_bypass", "triggered": "alarm_trigger",
}  # fmt: skip
CLEANING: Final = {
    "cleaning": "start", "paused": "pause", "docked": "return_to_base", "returning": "return_to_base", "idle": "stop",
}  # fmt: skip
LOCKED: Final = {"locked": "lock", "unlocked": "unlock", "open": "open"}


def calls_for(domain: str, wanted: Wanted, now: State) -> list[Call] | None:
    """The calls that make what shows ``now`` as ``wanted``; none where it is so already.

    None: entities of the domain cannot be told, or know no such state.
    """
    way = WAYS.get(domain)
    if way is None:
        return None
    if now.state == wanted.state and all(now.attributes.get(name) == said for name, said in wanted.attributes.items()):
        return []
    return way(wanted, now)


def _switched(wanted: Wanted, now: State) -> list[Call] | None:
    return [(f"turn_{wanted.state}", {})] if wanted.state in ("on", "off") else None


def _light(wanted: Wanted, now: State) -> list[Call] | None:
    slowly = {} if wanted.transition is None else {"transition": wanted.transition}
    if wanted.state == "off":
        return [("turn_off", slowly)]
    if wanted.state != "on":
        return None
    return [("turn_on", {**wanted.some("brightness", "effect"), **_color(wanted), **slowly})]


def _color(wanted: Wanted) -> dict[str, Any]:
    """One colour: that of the colour mode, or the first one said."""
    mode = wanted.attributes.get("color_mode")
    named = [COLORS[mode]] if mode in COLORS else ["hs_color", "color_temp_kelvin", *COLORS.values()]
    found = next((name for name in named if wanted.attributes.get(name) is not None), None)
    return {} if found is None else {found: wanted.attributes[found]}


def _cover(wanted: Wanted, now: State) -> list[Call] | None:
    moved = {"open": "open_cover", "opening": "open_cover", "closed": "close_cover", "closing": "close_cover"}
    if wanted.state not in moved:
        return None
    calls: list[Call] = []
    position, tilt = wanted.attributes.get("current_position"), wanted.attributes.get("current_tilt_position")
    if position is not None and now.attributes.get("current_position") is not None:
        calls.append(("set_cover_position", {"position": position}))
    elif now.state != wanted.state or (position is None and tilt is None):
        calls.append((moved[wanted.state], {}))
    if tilt is not None and now.attributes.get("current_tilt_position") != tilt:
        calls.append(("set_cover_tilt_position", {"tilt_position": tilt}))
    return calls


def _climate(wanted: Wanted, now: State) -> list[Call] | None:
    modes = now.attributes.get("hvac_modes", ())
    if wanted.state not in modes:
        return None
    calls: list[Call] = [("set_hvac_mode", {"hvac_mode": wanted.state})]
    targets = wanted.some("temperature", "target_temp_low", "target_temp_high")
    if targets:
        calls.append(("set_temperature", targets))
    for name in ("preset_mode", "swing_mode", "swing_horizontal_mode", "fan_mode", "humidity"):
        calls += [(f"set_{name}", said) for said in (wanted.some(name),) if said]
    return calls


def _humidifier(wanted: Wanted, now: State) -> list[Call] | None:
    calls = _switched(wanted, now)
    if wanted.state == "on" and calls is not None:
        calls += [(f"set_{name}", said) for name in ("mode", "humidity") for said in (wanted.some(name),) if said]
    return calls


def _fan(wanted: Wanted, now: State) -> list[Call] | None:
    if wanted.state != "on":
        return _switched(wanted, now)
    speed = wanted.some("preset_mode") or wanted.some("percentage")
    calls: list[Call] = [("turn_on", speed)]
    calls += [("oscillate", said) for said in (wanted.some("oscillating"),) if said]
    calls += [("set_direction", said) for said in (wanted.some("direction"),) if said]
    return calls


def _player(wanted: Wanted, now: State) -> list[Call] | None:
    if wanted.state == "off":
        return [("turn_off", {})]
    if wanted.state not in ("on", "standby", "buffering", *PLAYING):
        return None
    calls: list[Call] = [("turn_on", {})] if now.state == "off" or wanted.state == "on" else []
    for service, name in (
        ("volume_set", "volume_level"), ("volume_mute", "is_volume_muted"), ("select_source", "source"),
        ("select_sound_mode", "sound_mode"),
    ):  # fmt: skip
        calls += [(service, said) for said in (wanted.some(name),) if said]
    media = wanted.some("media_content_type", "media_content_id")
    if len(media) == 2:
        calls.append(("play_media", media))
    if wanted.state in PLAYING:
        calls.append((PLAYING[wanted.state], {}))
    return calls


def _vacuum(wanted: Wanted, now: State) -> list[Call] | None:
    if wanted.state not in CLEANING:
        return None
    calls: list[Call] = [] if now.state == wanted.state else [(CLEANING[wanted.state], {})]
    return calls + [("set_fan_speed", said) for said in (wanted.some("fan_speed"),) if said]


def _worded(words: Mapping[str, str]) -> Way:
    """The state is a word, and one service each makes it so."""
    return lambda wanted, now: [(words[wanted.state], {})] if wanted.state in words else None


def _set(service: str, name: str) -> Way:
    """The state is the value that the service sets."""
    return lambda wanted, now: [(service, {name: wanted.state})]


WAYS: Final[Mapping[str, Way]] = {
    "alarm_control_panel": _worded(ARMED),
    "climate": _climate,
    "cover": _cover,
    "fan": _fan,
    "humidifier": _humidifier,
    "input_boolean": _switched,
    "input_number": _set("set_value", "value"),
    "light": _light,
    "lock": _worded(LOCKED),
    "media_player": _player,
    "number": _set("set_value", "value"),
    "select": _set("select_option", "option"),
    "switch": _switched,
    "text": _set("set_value", "value"),
    "vacuum": _vacuum,
}
"""Domain → how its entities are brought to a state."""
