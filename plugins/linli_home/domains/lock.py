"""Locks. A broad target (an area, all) never reaches one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar

import voluptuous as vol

from linli import Command, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity, features_of, present


class LockEntityFeature(IntFlag):
    """What a lock can do beside locking, in the bits that clients know."""

    OPEN = 1


class LockState(StrEnum):
    """How a lock is."""

    JAMMED = "jammed"
    LOCKED = "locked"
    LOCKING = "locking"
    OPEN = "open"
    OPENING = "opening"
    UNLOCKED = "unlocked"
    UNLOCKING = "unlocking"


@dataclass(frozen=True, slots=True)
class LockReading:
    """How it is, and who made it so (a name or a key's number), where it tells."""

    state: LockState
    changed_by: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Lock(HomeEntity[LockReading]):
    """Every command gets ``code`` where one was given."""

    domain: ClassVar[str] = "lock"

    guarded: bool = True
    code_format: str | None = None
    """A regular expression that a code fits; None: no code is asked for."""
    lock: Command | None = None
    unlock: Command | None = None
    open: Command | None = None

    def features(self) -> int:
        return features_of({LockEntityFeature.OPEN: self.open})

    def render(self, reading: LockReading) -> Rendered:
        return reading.state.value, present(changed_by=reading.changed_by, code_format=self.code_format)

    def commands(self) -> Mapping[str, Command]:
        return given(lock=self.lock, unlock=self.unlock, open=self.open)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        code = data.get("code") or ""
        if self.code_format is not None and re.fullmatch(self.code_format, code) is None:
            raise InvalidRequest(f"the code does not fit {self.code_format}", path=("code",))
        return service, {"code": code} if code else {}


def register(ctx: PluginContext) -> None:
    """Offer lock.lock, unlock and open."""
    code = {vol.Optional("code"): sv.string}
    ctx.services.register_entity("lock", "lock", code)
    ctx.services.register_entity("lock", "unlock", code)
    ctx.services.register_entity("lock", "open", code, features=[LockEntityFeature.OPEN])
