"""What a plugin says of itself before any of its code runs."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from linli.ids import PluginDomain, is_entity_id

CONTRACT: Final = 1
"""The version of the plugin contract that this core speaks; a plugin for a newer one is refused by the check."""

_DOMAIN = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Layer(StrEnum):
    """Where a plugin stands; data flows from the first to the last."""

    PERCEPTION = "perception"
    NETWORK = "network"
    DATA = "data"
    MANAGEMENT = "management"
    APPLICATION = "application"
    PRESENTATION = "presentation"


class Privilege(StrEnum):
    """Capabilities that the deployment must grant beside the plugin declaring them (the shipped packs grant ours)."""

    ACT_FOR_USER = "act_for_user"
    """Act with the context of a user that the plugin made itself; one that the hub handed it needs nothing."""
    SERVE = "serve"
    """Answer network requests: read the table of routes and commands and authenticate those who come."""
    READ_ALL = "read_all"
    """Look through the view of any user (``ctx.view_of``), to hand on no more than they see. States and registries
    themselves are open to every plugin in the hub's process."""
    OVERRIDE = "override"
    """Write states that another plugin owns (marked and journaled), and change registry rows and config entries that
    are not its own."""
    DOUBT = "doubt"
    """Raise doubts about other plugins' entities."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the plugin may do; anything else through the door is refused and charged to it.

    Names may end in ``.*``: ``calls=("light.*",)``.
    """

    calls: tuple[str, ...] = ()
    """Services that it calls (``domain.service``)."""
    serves: tuple[str, ...] = ()
    """Service domains beside its own that it registers services in."""
    entities: tuple[str, ...] = ()
    """Entity domains that it makes entities in."""
    fires: tuple[str, ...] = ()
    """Event types that it fires, beside those that begin with its own domain."""
    listens: tuple[str, ...] = ()
    """Event types that it hears and whole entity domains that it follows (``state_changed`` names all states)."""
    network: tuple[str, ...] = ()
    """Where it connects to or listens (``lan``, ``internet``, host names)."""
    personal_data: tuple[str, ...] = ()
    """Classes of personal data that it reads or keeps (``name``, ``address``, ``contact``, ``health`` …)."""
    answers: tuple[str, ...] = ()
    """Guarded hooks of other plugins that it answers (``auth_tenancy_of``): rights hang on what it says, so it is to be
    trusted."""
    privileges: frozenset[Privilege] = frozenset()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A plugin's door plate. Raises ValueError where it contradicts itself."""

    domain: str
    layer: str
    contract: int = CONTRACT
    requires: tuple[str, ...] = ()
    """Plugins without which this one does not start; it may import their ``api.py`` and ``hooks.py``."""
    after: tuple[str, ...] = ()
    """Plugins that are set up first where they are enabled at all."""
    conflicts: tuple[str, ...] = ()
    """Plugins that cannot run beside this one."""
    capabilities: Capabilities = Capabilities()
    extra: str | None = None
    """The optional dependency group of its distribution that installs ``libraries``."""
    libraries: tuple[str, ...] = ()
    """Import names that must be found, beyond those the core itself needs."""
    single: bool = True
    """At most one config entry; False: a YAML list makes several, and a screen may add more."""
    listed: bool = False
    """Its section is a list of items (or one item), checked as a whole: one config entry whose data is
    ``{"items": […]}``."""
    makes: tuple[str, ...] = ()
    """Ids of entities that it makes whatever its settings say, before anybody renames them; those that come from its
    settings are declared in the schema (``sv.defines``). Of a domain for which it declares none it may make any."""
    entry_version: int = 1
    """The version of entry data that this code writes. Older data is migrated by ``linli_migrate_entry`` before set-up;
    data of a newer version is not touched, and its entry is not set up."""
    entry_minor_version: int = 1
    """Counts changes that older code of the same version can read: newer data is set up as it is."""

    def __post_init__(self) -> None:
        if not _DOMAIN.fullmatch(self.domain):
            raise ValueError(f"plugin domain {self.domain!r}: use small letters, digits and single underscores")
        Layer(self.layer)
        if self.contract < 1:
            raise ValueError(f"plugin {self.domain}: contract {self.contract} never existed")
        if not all(map(is_entity_id, self.makes)):
            raise ValueError(f"plugin {self.domain}: makes lists ids of entities")
        if self.entry_version < 1 or self.entry_minor_version < 1:
            raise ValueError(f"plugin {self.domain}: versions of entry data count from 1")
        if self.domain in self.requires or self.domain in self.after:
            raise ValueError(f"plugin {self.domain} requires itself")
        if self.libraries and self.extra is None:
            raise ValueError(f"plugin {self.domain} needs libraries but names no extra that installs them")

    @property
    def id(self) -> PluginDomain:
        """The domain as an identifier."""
        return PluginDomain(self.domain)
