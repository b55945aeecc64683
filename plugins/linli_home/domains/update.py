"""Updates: a newer version of something is there, or is being installed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar

import voluptuous as vol

from linli import Command, InvalidRequest, NotSupported, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import OFF, ON, HomeEntity, attribute, features_of, is_on


class UpdateEntityFeature(IntFlag):
    """What can be done about an update, in the bits that clients know."""

    INSTALL = 1
    SPECIFIC_VERSION = 2
    PROGRESS = 4
    BACKUP = 8


class UpdateDeviceClass(StrEnum):
    """What is updated."""

    FIRMWARE = "firmware"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReading:
    """Which versions there are; None: not known."""

    installed_version: str | None = None
    latest_version: str | None = None
    skipped_version: str | None = None
    """The one that people do not want to hear of."""
    in_progress: bool = False
    update_percentage: float | None = None
    release_summary: str | None = None
    release_url: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Update(HomeEntity[UpdateReading]):
    """``install`` gets ``version`` (None: the newest) and ``backup``; ``skip`` and ``clear_skipped`` get nothing."""

    domain: ClassVar[str] = "update"
    named_by_device_class: ClassVar[bool] = True

    title: str | None = None
    """What the software is called, where that is not the device's name."""
    auto_update: bool = False
    display_precision: int = 0
    any_version: bool = False
    tells_progress: bool = False
    backs_up: bool = False
    install: Command | None = None
    skip: Command | None = None
    clear_skipped: Command | None = None

    def features(self) -> int:
        bit = UpdateEntityFeature
        return features_of({
            bit.INSTALL: self.install,
            bit.SPECIFIC_VERSION: self.any_version,
            bit.PROGRESS: self.tells_progress,
            bit.BACKUP: self.backs_up,
        })  # fmt: skip

    def render(self, reading: UpdateReading) -> Rendered:
        skipped = reading.skipped_version
        if skipped is not None and skipped != reading.latest_version:
            skipped = None
        return self._state(reading, skipped), {
            "auto_update": self.auto_update,
            "display_precision": self.display_precision,
            "installed_version": reading.installed_version,
            "in_progress": reading.in_progress,
            "latest_version": reading.latest_version,
            "release_summary": None if reading.release_summary is None else reading.release_summary[:255],
            "release_url": reading.release_url,
            "skipped_version": skipped,
            "title": self.title,
            "update_percentage": reading.update_percentage if self.tells_progress and reading.in_progress else None,
        }

    def _state(self, reading: UpdateReading, skipped: str | None) -> str:
        installed, latest = reading.installed_version, reading.latest_version
        if installed is None or latest is None:
            return "unknown"
        return ON if latest not in (installed, skipped) and is_newer(latest, installed) else OFF

    def commands(self) -> Mapping[str, Command]:
        return given(install=self.install, skip=self.skip, clear_skipped=self.clear_skipped)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service == "skip" and self.auto_update:
            raise NotSupported("what updates itself skips no version")
        if service == "skip" and not is_on(state):
            raise InvalidRequest("there is no update to skip")
        if service != "install":
            return service, data
        version = data.get("version")
        if version is not None and not self.any_version:
            raise NotSupported("only the newest version can be installed")
        if data.get("backup") and not self.backs_up:
            raise NotSupported("it cannot be backed up first")
        if attribute(state, "in_progress"):
            raise InvalidRequest("an update is being installed already")
        if version is None and not is_on(state) and attribute(state, "skipped_version") is None:
            raise InvalidRequest("there is no update to install")
        return service, {"version": version, "backup": data.get("backup", False)}


def is_newer(latest: str, installed: str) -> bool:
    """Whether ``latest`` comes after; versions that are not numbers and dots are newer if they differ."""
    try:
        left, right = ([int(part) for part in text.lstrip("v").split(".")] for text in (latest, installed))
    except ValueError:
        return latest != installed
    return left > right


def register(ctx: PluginContext) -> None:
    """Offer update.install, skip and clear_skipped."""
    fields = {vol.Optional("version"): sv.string, vol.Optional("backup", default=False): sv.boolean}
    ctx.services.register_entity("update", "install", fields, features=[UpdateEntityFeature.INSTALL])
    ctx.services.register_entity("update", "skip")
    ctx.services.register_entity("update", "clear_skipped")
