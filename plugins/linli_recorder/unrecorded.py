"""Attributes that are not worth keeping with every state: long lists of what a device could do, pictures, keys.

Home Assistant leaves the same out of its history, so that charts and scripts find what they find there.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

ALWAYS: Final = frozenset({"attribution", "restored", "supported_features"})
OF_DOMAIN: Final[Mapping[str, frozenset[str]]] = {
    "automation": frozenset({"id", "last_triggered", "mode", "current", "max"}),
    "calendar": frozenset({"description"}),
    "camera": frozenset({"access_token", "entity_picture"}),
    "climate": frozenset(
        {
            "hvac_modes", "fan_modes", "swing_modes", "swing_horizontal_modes", "preset_modes", "min_temp", "max_temp",
            "min_humidity", "max_humidity", "target_temp_step",
        }
    ),
    "event": frozenset({"event_types"}),
    "fan": frozenset({"preset_modes"}),
    "group": frozenset({"entity_id", "order"}),
    "humidifier": frozenset({"min_humidity", "max_humidity", "available_modes"}),
    "image": frozenset({"access_token", "entity_picture"}),
    "input_boolean": frozenset({"editable"}),
    "input_button": frozenset({"editable"}),
    "input_datetime": frozenset({"editable", "has_date", "has_time"}),
    "input_number": frozenset({"editable", "min", "max", "step", "mode"}),
    "input_select": frozenset({"editable", "options"}),
    "input_text": frozenset({"editable", "min", "max", "mode", "pattern"}),
    "light": frozenset(
        {
            "supported_color_modes", "effect_list", "min_mireds", "max_mireds", "min_color_temp_kelvin",
            "max_color_temp_kelvin", "brightness", "color_temp_kelvin", "hs_color", "rgb_color", "xy_color",
            "rgbw_color", "rgbww_color", "color_temp", "color_mode", "effect",
        }
    ),
    "media_player": frozenset(
        {"entity_picture_local", "entity_picture", "source_list", "sound_mode_list", "media_position",
         "media_position_updated_at"}
    ),
    "number": frozenset({"min", "max", "step", "mode"}),
    "schedule": frozenset({"editable", "next_event"}),
    "script": frozenset({"last_triggered", "mode", "current", "max", "last_action"}),
    "select": frozenset({"options"}),
    "sensor": frozenset({"options"}),
    "siren": frozenset({"available_tones"}),
    "sun": frozenset(
        {"azimuth", "elevation", "rising", "next_dawn", "next_dusk", "next_midnight", "next_noon", "next_rising",
         "next_setting"}
    ),
    "text": frozenset({"min", "max", "mode", "pattern"}),
    "timer": frozenset({"editable", "finishes_at", "restore"}),
    "update": frozenset({"entity_picture", "in_progress", "release_summary", "update_percentage"}),
    "vacuum": frozenset({"fan_speed_list"}),
    "water_heater": frozenset({"operation_list", "min_temp", "max_temp"}),
    "weather": frozenset({"forecast"}),
}  # fmt: skip


@lru_cache(maxsize=512)
def unrecorded(domain: str) -> frozenset[str]:
    """The attributes that are left out of the history of a domain's entities."""
    return ALWAYS | OF_DOMAIN.get(domain, frozenset())
