"""What a role may do, as data: a role is a list of grants, and what no grant gives does not exist (deny by default).

The roles below are shipped; a deployment may bring others of the same shape. Nothing in the core asks for a role by
name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from linli.context import Purpose

ALL_PERMISSIONS: Final = "*"

PERMISSIONS: Final[Mapping[str, str]] = {
    "admin": "whatever Home Assistant keeps for administrators and no other line names",
    "services.call": "call services; each entity touched is checked by itself",
    "templates.render": "have templates rendered, in one's own view",
    "states.write": "set states by API",
    "events.fire": "fire events by API",
    "registry.edit": "rename, disable, move entities, devices, areas, floors, labels",
    "entries.edit": "add, change, reload and remove config entries and helpers",
    "config.edit": "change core settings, dashboards, automations; check and reload the deployment",
    "users.edit": "make, change and remove users, their passwords and tokens; lift bans",
    "issues.read": "see repair issues",
    "plugins.read": "see plugins with their faults, health and metrics",
    "journal.read": "read and verify the journal",
    "journal.heads": "send the signed heads of another hub's journal, and read back what was sent",
    "logs.read": "read the log",
    "override": "write a state that a plugin owns; marked and journaled",
}
"""Every permission that ``View.may`` is asked for, and what it is for; none is implied by another."""

WITHIN_SCOPE: Final = frozenset({"services.call", "templates.render"})
"""What a narrowed token of an administrator may still do unless its scope names more."""


class Where(StrEnum):
    """Which places a grant is about."""

    OWN = "own"
    """The user's places and what lies in them."""
    ANYWHERE = "anywhere"


class Whose(StrEnum):
    """Which subjects a grant is about."""

    OWN = "own"
    """About nobody, or about the user's own person."""
    ANYONE = "anyone"


EVERY_PURPOSE: Final = frozenset(Purpose)


@dataclass(frozen=True, slots=True)
class EntityGrant:
    """One sentence of a policy: see (and perhaps control) these entities, without these attributes."""

    control: bool = False
    where: Where = Where.OWN
    whose: Whose = Whose.OWN
    relationships: frozenset[str] = frozenset()
    """Beside ``whose``: also subjects to whom the user is one of these."""
    domains: frozenset[str] | None = None
    categories: frozenset[str | None] | None = None
    """Entity categories (``config``, ``diagnostic``, None for the main ones); None here: all."""
    hide: frozenset[str] = frozenset()
    """Attributes that stay hidden, unless another grant shows them."""
    purposes: frozenset[Purpose] = EVERY_PURPOSE


@dataclass(frozen=True, slots=True)
class Role:
    """A named policy; ``group_id`` is the group under which Home Assistant's clients know it."""

    name: str
    permissions: frozenset[str] = frozenset()
    grants: tuple[EntityGrant, ...] = ()
    events: frozenset[str] = frozenset()
    """Event types heard beyond those that everybody may hear (``hearing.py``)."""
    everything: bool = False
    """No filter at all."""
    group_id: str = "system-users"


SHIPPED_ROLES: Final[Mapping[str, Role]] = {
    role.name: role
    for role in (
        Role("admin", frozenset({ALL_PERMISSIONS}), everything=True, group_id="system-admin"),
        Role(
            "resident",
            frozenset({"services.call", "templates.render"}),
            (EntityGrant(control=True),),
            group_id="system-users",
        ),
        Role("read-only", frozenset({"templates.render"}), (EntityGrant(),), group_id="system-read-only"),
        Role("hub", frozenset({"journal.heads"}), group_id="system-read-only"),
    )
}
"""What a household needs; the community's roles come with the census."""
