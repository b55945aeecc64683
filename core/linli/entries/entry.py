"""What a config entry is: one instance of a plugin, from the YAML, from a screen, or discovered."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from linli.errors import LinliError
from linli.ids import EntryId, PersonId, PlaceId, PluginDomain

_NAMESPACE: Final = uuid.UUID("6d3c4f2e-5a0b-5d7e-9d0a-1f6b8c2e7a41")
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Source(StrEnum):
    """How an entry came to be."""

    YAML = "yaml"
    USER = "user"
    DISCOVERY = "discovery"


class EntryState(StrEnum):
    """Where an entry is in its life, in Home Assistant's words."""

    NOT_LOADED = "not_loaded"
    SETUP_IN_PROGRESS = "setup_in_progress"
    LOADED = "loaded"
    SETUP_ERROR = "setup_error"
    SETUP_RETRY = "setup_retry"
    MIGRATION_ERROR = "migration_error"
    UNLOAD_IN_PROGRESS = "unload_in_progress"
    FAILED_UNLOAD = "failed_unload"


class EntryVersion(NamedTuple):
    """In which form the data of an entry is: ``minor`` counts changes that older code of the same ``major`` reads."""

    major: int = 1
    minor: int = 1


class NotReady(LinliError):
    """Raised by a plugin's set-up of an entry: the device or service does not answer yet; try again later."""

    code = "not_ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigEntry:
    """One entry as it is now; a change makes a new value. Times are seconds since 1970."""

    entry_id: EntryId
    domain: PluginDomain
    source: Source
    unique_id: str
    """Which instance it is, within its plugin."""
    title: str
    renamed: bool = False
    """A person gave it its title, which the YAML then does not change."""
    version: int = 1
    minor_version: int = 1
    data: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """The validated settings; of a YAML entry exactly what the YAML says, and never written to the disk."""
    options: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """What a person chose beside it on a screen."""
    disabled_by: str | None = None
    pref_disable_new_entities: bool = False
    pref_disable_polling: bool = False
    place: PlaceId | None = None
    subject: PersonId | None = None
    created_at: float = 0.0
    modified_at: float = 0.0
    present: bool = True
    """False: it comes from the YAML, but the YAML that runs no longer has it."""
    state: EntryState = EntryState.NOT_LOADED
    reason: str | None = None
    """Why it is not loaded: a sentence in English, for logs and developers."""
    reason_key: str | None = None
    """Translation key of the plugin or the core for the same, with ``reason_parameters``."""
    reason_parameters: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    @property
    def written_in(self) -> EntryVersion:
        """The form of :attr:`data`."""
        return EntryVersion(self.version, self.minor_version)

    @property
    def disabled(self) -> bool:
        """A person switched it off."""
        return self.disabled_by is not None


def entry_id_of(domain: str, unique_id: str) -> EntryId:
    """The id of an entry, always the same for the same instance, on every hub."""
    return EntryId(uuid.uuid5(_NAMESPACE, f"{domain}\0{unique_id}").hex)


def unique_ids_of(domain: str, sections: list[Mapping[str, Any]]) -> list[str]:
    """What tells the instances of a YAML section apart: ``unique_id``, ``id`` or ``name``, else their number.

    A single section without any of them has the plugin's own name, so that writing it as a list changes nothing.
    """
    found: dict[str, None] = {}
    again: dict[str, int] = {}
    for number, section in enumerate(sections, start=1):
        named = next((section[key] for key in ("unique_id", "id", "name") if section.get(key) is not None), None)
        wanted = unique = str(named) if named is not None else domain if number == 1 else f"{domain} {number}"
        while unique in found:
            again[wanted] = again.get(wanted, 1) + 1
            unique = f"{wanted} {again[wanted]}"
        found[unique] = None
    return list(found)
