"""The registries, the config entries and the overview of the plugins as a door shows them.

Reading is a mirror. Changing is a command: what is a plugin's own it changes freely, what is another's (or a person's:
an area, a label) only with the privilege ``override``. Whatever else these rooms can do is the hub's own.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from linli.errors import ContractError
from linli.plugin.manifest import Privilege

if TYPE_CHECKING:
    from linli.entries import ConfigEntry
    from linli.plugin.context import PluginContext

Owns = Callable[[Any], bool]
"""Whether what a change names first (an id; a domain, where an entry is made) is the plugin's own."""

READ: Final[Mapping[str, Sequence[str]]] = {
    "registries": (
        "entities_of_device", "entities_of_area", "entities_of_floor", "entities_of_label", "resolve", "place_of",
        "subject_of", "owner_of", "category_of", "watch", "whereabouts",
    ),
    "entities": (
        "what", "get", "all", "need", "name_of", "by_key", "by_device", "by_area", "by_label", "by_entry", "observe",
    ),
    "devices": ("what", "get", "all", "need", "find", "by_area", "by_label", "by_entry", "observe"),
    "areas": ("what", "get", "all", "need", "by_name", "by_floor", "by_label", "observe"),
    "floors": ("what", "get", "all", "need", "by_name", "observe"),
    "labels": ("what", "get", "all", "need", "by_name", "observe"),
    "categories": ("what", "get", "all", "need", "in_scope", "observe"),
    "entries": ("get", "need", "all", "watch"),
    "plugins": ("get", "all", "manifests"),
}  # fmt: skip
CHANGED: Final[Mapping[str, Sequence[str]]] = {
    "entities": ("update", "set_options", "change_unique_id", "remove"),
    "devices": ("update", "remove", "remove_entry"),
    "areas": ("create", "update", "remove"),
    "floors": ("create", "update", "remove"),
    "labels": ("create", "update", "remove"),
    "categories": ("create", "update", "remove"),
    "entries": ("create", "update", "disable", "remove", "set_up", "unload", "reload"),
}
REGISTRIES: Final = ("entities", "devices", "areas", "floors", "labels", "categories")


class TheHubs(ContractError, AttributeError):
    """A plugin asked for what only the hub does."""


class Shown:
    """One room as one plugin sees it: the listed members, each bound when it is first asked for, and kept."""

    def __init__(self, ctx: "PluginContext", name: str, room: Any, owns: Owns = lambda named: False) -> None:
        self._ctx = ctx
        self._name = name
        self._room = room
        self._owns = owns

    def __getattr__(self, member: str) -> Any:
        if member.startswith("_"):
            raise AttributeError(member)
        if member in READ[self._name]:
            found = getattr(self._room, member)
        elif member in CHANGED.get(self._name, ()):
            found = _asked(self._ctx, getattr(self._room, member), self._owns)
        else:
            raise TheHubs(f"{self._name}.{member} is for the hub itself, and not at the door of a plugin")
        vars(self)[member] = found
        return found

    def __len__(self) -> int:
        return len(self._room)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._room


def registries_of(ctx: "PluginContext", rooms: Any) -> Shown:
    """All registries; of entities and devices those that this plugin made are its own."""
    shown = Shown(ctx, "registries", rooms.registries)
    owners: dict[str, Owns] = {"entities": _own_entity(ctx, rooms), "devices": _own_device(ctx, rooms)}
    for name in REGISTRIES:
        vars(shown)[name] = Shown(ctx, name, getattr(rooms.registries, name), owners.get(name, lambda named: False))
    return shown


def entries_of(ctx: "PluginContext", rooms: Any) -> Shown:
    """The config entries; those of its domain are a plugin's own."""

    def owns(named: Any) -> bool:
        entry: ConfigEntry | None = rooms.entries.get(named)
        if entry is not None:
            return entry.domain == ctx.domain
        return named == ctx.domain or rooms.overview.get(named) is None

    return Shown(ctx, "entries", rooms.entries, owns)


def overview_of(ctx: "PluginContext", rooms: Any) -> Shown:
    """How the plugins fare."""
    return Shown(ctx, "plugins", rooms.overview)


def _own_entity(ctx: "PluginContext", rooms: Any) -> Owns:
    def owns(named: Any) -> bool:
        row = rooms.registries.entities.get(named)
        return row is None or row.platform == ctx.domain  # of what is not there the registry itself says so

    return owns


def _own_device(ctx: "PluginContext", rooms: Any) -> Owns:
    def owns(named: Any) -> bool:
        row = rooms.registries.devices.get(named)
        if row is None:
            return True
        entries = [rooms.entries.get(entry_id) for entry_id in row.config_entries]
        return all(entry is not None and entry.domain == ctx.domain for entry in entries)

    return owns


def _asked(ctx: "PluginContext", change: Callable[..., Any], owns: Owns) -> Callable[..., Any]:
    signature = inspect.signature(change)

    @wraps(change)
    async def ask(*arguments: Any, **named: Any) -> Any:
        first = next(iter(signature.bind(*arguments, **named).arguments.values()))
        if not owns(first):
            ctx.require(Privilege.OVERRIDE)
        return await change(*arguments, **named)

    return ask
