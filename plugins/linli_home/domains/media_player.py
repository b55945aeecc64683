"""Media players: what plays, how loud, and from where."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Any, ClassVar, Final

from linli import Command, PluginContext, Rendered, State, given
from linli_home.home_entity import OFF, HomeEntity, attribute, features_of
from linli_home.media_services import offer


class MediaPlayerEntityFeature(IntFlag):
    """What a player can do, in the bits that clients know."""

    PAUSE = 1
    SEEK = 2
    VOLUME_SET = 4
    VOLUME_MUTE = 8
    PREVIOUS_TRACK = 16
    NEXT_TRACK = 32
    TURN_ON = 128
    TURN_OFF = 256
    PLAY_MEDIA = 512
    VOLUME_STEP = 1024
    SELECT_SOURCE = 2048
    STOP = 4096
    CLEAR_PLAYLIST = 8192
    PLAY = 16384
    SHUFFLE_SET = 32768
    SELECT_SOUND_MODE = 65536
    REPEAT_SET = 262144
    GROUPING = 524288


class MediaPlayerDeviceClass(StrEnum):
    """What it is."""

    RECEIVER = "receiver"
    SPEAKER = "speaker"
    TV = "tv"


class MediaPlayerState(StrEnum):
    """What it does now."""

    BUFFERING = "buffering"
    IDLE = "idle"
    OFF = "off"
    ON = "on"
    PAUSED = "paused"
    PLAYING = "playing"
    STANDBY = "standby"


class RepeatMode(StrEnum):
    """What is played again."""

    ALL = "all"
    OFF = "off"
    ONE = "one"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlayerReading:
    """How it is; each field but the first two is the attribute of that name, shown while it is not None."""

    state: MediaPlayerState
    group_members: tuple[str, ...] | None = None
    volume_level: float | None = None
    """0 to 1."""
    is_volume_muted: bool | None = None
    media_content_id: str | None = None
    media_content_type: str | None = None
    media_duration: int | None = None
    media_position: float | None = None
    media_position_updated_at: datetime | None = None
    media_title: str | None = None
    media_artist: str | None = None
    media_album_name: str | None = None
    media_album_artist: str | None = None
    media_track: int | None = None
    media_series_title: str | None = None
    media_season: str | None = None
    media_episode: str | None = None
    media_channel: str | None = None
    media_playlist: str | None = None
    app_id: str | None = None
    app_name: str | None = None
    source: str | None = None
    sound_mode: str | None = None
    shuffle: bool | None = None
    repeat: RepeatMode | None = None


SHOWN: Final = tuple(field.name for field in fields(MediaPlayerReading))[2:]
STEP: Final = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class MediaPlayer(HomeEntity[MediaPlayerReading]):
    """Commands get the data of the service of the same name."""

    domain: ClassVar[str] = "media_player"
    named_by_device_class: ClassVar[bool] = True

    sources: tuple[str, ...] = ()
    sound_modes: tuple[str, ...] = ()
    volume_step: float = STEP
    """How much louder is, where the player only knows how to be set."""
    turn_on: Command | None = None
    turn_off: Command | None = None
    volume_up: Command | None = None
    volume_down: Command | None = None
    volume_set: Command | None = None
    volume_mute: Command | None = None
    media_play: Command | None = None
    media_pause: Command | None = None
    media_stop: Command | None = None
    media_next_track: Command | None = None
    media_previous_track: Command | None = None
    media_seek: Command | None = None
    play_media: Command | None = None
    select_source: Command | None = None
    select_sound_mode: Command | None = None
    clear_playlist: Command | None = None
    shuffle_set: Command | None = None
    repeat_set: Command | None = None
    join: Command | None = None
    unjoin: Command | None = None

    def features(self) -> int:
        bit = MediaPlayerEntityFeature
        return features_of({
            bit.PAUSE: self.media_pause,
            bit.SEEK: self.media_seek,
            bit.VOLUME_SET: self.volume_set,
            bit.VOLUME_MUTE: self.volume_mute,
            bit.PREVIOUS_TRACK: self.media_previous_track,
            bit.NEXT_TRACK: self.media_next_track,
            bit.TURN_ON: self.turn_on,
            bit.TURN_OFF: self.turn_off,
            bit.PLAY_MEDIA: self.play_media,
            bit.VOLUME_STEP: self.volume_up and self.volume_down,
            bit.SELECT_SOURCE: self.select_source,
            bit.STOP: self.media_stop,
            bit.CLEAR_PLAYLIST: self.clear_playlist,
            bit.PLAY: self.media_play,
            bit.SHUFFLE_SET: self.shuffle_set,
            bit.SELECT_SOUND_MODE: self.select_sound_mode,
            bit.REPEAT_SET: self.repeat_set,
            bit.GROUPING: self.join and self.unjoin,
        })  # fmt: skip

    def capabilities(self) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if self.sources and self.select_source is not None:
            said["source_list"] = list(self.sources)
        if self.sound_modes and self.select_sound_mode is not None:
            said["sound_mode_list"] = list(self.sound_modes)
        return said

    def render(self, reading: MediaPlayerReading) -> Rendered:
        said: dict[str, Any] = {}
        if self.join is not None:
            said["group_members"] = list(reading.group_members or ())
        if reading.state is MediaPlayerState.OFF:
            return OFF, said
        for name in SHOWN:
            value = getattr(reading, name)
            if value is not None:
                said[name] = value.isoformat() if isinstance(value, datetime) else value
        if reading.repeat is not None:
            said["repeat"] = reading.repeat.value
        return reading.state.value, said

    def commands(self) -> Mapping[str, Command]:
        return given(
            turn_on=self.turn_on,
            turn_off=self.turn_off,
            volume_up=self.volume_up,
            volume_down=self.volume_down,
            volume_set=self.volume_set,
            volume_mute=self.volume_mute,
            media_play=self.media_play,
            media_pause=self.media_pause,
            media_stop=self.media_stop,
            media_next_track=self.media_next_track,
            media_previous_track=self.media_previous_track,
            media_seek=self.media_seek,
            play_media=self.play_media,
            select_source=self.select_source,
            select_sound_mode=self.select_sound_mode,
            clear_playlist=self.clear_playlist,
            shuffle_set=self.shuffle_set,
            repeat_set=self.repeat_set,
            join=self.join,
            unjoin=self.unjoin,
        )

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        now = None if state is None else state.state
        if service == "toggle":
            return ("turn_on" if now in (OFF, "idle", "standby") else "turn_off"), data
        if service == "media_play_pause":
            return ("media_pause" if now == "playing" else "media_play"), data
        if service in ("volume_up", "volume_down") and service not in self.commands():
            step = self.volume_step if service == "volume_up" else -self.volume_step
            level = float(attribute(state, "volume_level") or 0) + step
            return "volume_set", {"volume_level": round(min(max(level, 0.0), 1.0), 2)}
        return service, data


def register(ctx: PluginContext) -> None:
    """Offer what a player can be told."""
    offer(ctx, MediaPlayerEntityFeature, tuple(mode.value for mode in RepeatMode))
