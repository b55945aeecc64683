"""The services of media players."""

from enum import IntFlag
from typing import Any, Final

import voluptuous as vol

from linli import PluginContext
from linli import schema as sv

PLAIN: Final = {
    "turn_on": ("TURN_ON",),
    "turn_off": ("TURN_OFF",),
    "volume_up": ("VOLUME_SET", "VOLUME_STEP"),
    "volume_down": ("VOLUME_SET", "VOLUME_STEP"),
    "media_play": ("PLAY",),
    "media_pause": ("PAUSE",),
    "media_stop": ("STOP",),
    "media_next_track": ("NEXT_TRACK",),
    "media_previous_track": ("PREVIOUS_TRACK",),
    "clear_playlist": ("CLEAR_PLAYLIST",),
    "unjoin": ("GROUPING",),
}
"""Services without data, with the features one of which they need."""

PLAYED: Final[dict[Any, Any]] = {
    vol.Required("media_content_id"): sv.string,
    vol.Required("media_content_type"): sv.string,
    vol.Optional("enqueue"): sv.one_of("add", "next", "play", "replace"),
    vol.Optional("announce"): sv.boolean,
    vol.Optional("extra"): dict,
}


def offer(ctx: PluginContext, bit: type[IntFlag], repeat_modes: tuple[str, ...]) -> None:
    """Register them with the feature bits they need."""
    add, flags = ctx.services.register_entity, bit.__members__
    for name, features in PLAIN.items():
        add("media_player", name, features=[flags[feature] for feature in features])
    add("media_player", "toggle", features=[flags["TURN_ON"] | flags["TURN_OFF"]])
    add("media_player", "media_play_pause", features=[flags["PLAY"] | flags["PAUSE"]])
    for name, feature, fields in (
        ("volume_set", "VOLUME_SET", {vol.Required("volume_level"): sv.number(min=0, max=1)}),
        ("volume_mute", "VOLUME_MUTE", {vol.Required("is_volume_muted"): sv.boolean}),
        ("media_seek", "SEEK", {vol.Required("seek_position"): sv.positive_number}),
        ("play_media", "PLAY_MEDIA", PLAYED),
        ("select_source", "SELECT_SOURCE", {vol.Required("source"): sv.string}),
        ("select_sound_mode", "SELECT_SOUND_MODE", {vol.Required("sound_mode"): sv.string}),
        ("shuffle_set", "SHUFFLE_SET", {vol.Required("shuffle"): sv.boolean}),
        ("repeat_set", "REPEAT_SET", {vol.Required("repeat"): sv.one_of(*repeat_modes)}),
        ("join", "GROUPING", {vol.Required("group_members"): sv.ensure_list(sv.entity_id("media_player"))}),
    ):
        add("media_player", name, fields, features=[flags[feature]])
