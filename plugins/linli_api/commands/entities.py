"""``config/entity_registry/*``: what people say of entities."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import EntityEntry, NotFound, PluginContext, View
from linli_api.commands.fields import OR_NOTHING, TEXTS, entity_id, entity_ids
from linli_api.commands.organising import EDIT
from linli_api.commands.rights import anew, given, needs
from linli_api.commands.seen import seen_row, seen_rows
from linli_api.connection import Call

RELOAD_DELAY_S: Final = 30
"""Within this time an entity that was switched on again has come to life, clients are told."""
CATEGORIES: Final = {"0": "config", "1": "diagnostic"}

UPDATE: Final = {
    vol.Required("entity_id"): entity_id,
    vol.Optional("aliases"): TEXTS,
    vol.Optional("area_id"): OR_NOTHING,
    vol.Optional("categories"): {str: OR_NOTHING},
    vol.Optional("device_class"): OR_NOTHING,
    vol.Optional("disabled_by"): vol.Any(None, "user"),
    vol.Optional("hidden_by"): vol.Any(None, "user"),
    vol.Optional("icon"): OR_NOTHING,
    vol.Optional("labels"): TEXTS,
    vol.Optional("name"): OR_NOTHING,
    vol.Optional("new_entity_id"): str,
    vol.Inclusive("options_domain", "entity_option"): str,
    vol.Inclusive("options", "entity_option"): vol.Any(None, dict),
}


class EntityCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._registry = ctx.registries.entities
        self._rooms = ctx.serving.rooms

    def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Every entity that the reader sees, those that are off too."""
        view = call.view
        return seen_rows(view, (row.as_dict() for row in self._registry.all() if view.sees(row.entity_id)))

    def for_display(self, call: Call) -> Mapping[str, Any]:
        """The same, short, without those that are off: what screens load first."""
        view = call.view
        rows = (row for row in self._registry.all() if not row.disabled and view.sees(row.entity_id))
        shown = seen_rows(view, (row.as_display_dict() for row in rows))
        return {"entity_categories": CATEGORIES, "entities": shown}

    def get(self, call: Call) -> Mapping[str, Any]:
        """One, whole."""
        return seen_row(call.view, self._seen(call.view, call.message["entity_id"]).as_extended_dict())

    def some(self, call: Call) -> Mapping[str, Any]:
        """Several, whole; null for one that is not there."""
        view = call.view
        asked = call.message["entity_ids"]
        rows = {name: self._registry.get(name) if view.sees(name) else None for name in asked}
        return {name: None if row is None else seen_row(view, row.as_extended_dict()) for name, row in rows.items()}

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Name, area, entity id … as a person wants them."""
        message = call.message
        row = self._seen(call.view, message["entity_id"])
        changes = given(call, "entity_id", "options_domain", "options", "categories")
        if "categories" in message:
            changes["some_categories"] = message["categories"]
        if "options_domain" in message:
            changes["some_options"] = {message["options_domain"]: message["options"]}
        updated = await self._registry.update(row.id, **changes)
        answer: dict[str, Any] = {"entity_entry": seen_row(call.view, updated.as_extended_dict())}
        if row.disabled and not updated.disabled:
            answer |= self._comes_back(updated)
        return answer

    async def remove(self, call: Call) -> None:
        """Away with it."""
        await self._registry.remove(self._seen(call.view, call.message["entity_id"]).id)

    def _comes_back(self, row: EntityEntry) -> Mapping[str, Any]:
        """What clients say of an entity that was switched on again."""
        return {"require_restart": True} if row.config_entry_id is None else {"reload_delay": RELOAD_DELAY_S}

    def _seen(self, view: View, asked: str) -> EntityEntry:
        """Rights are asked first: what is forbidden is looked up no more than what never was."""
        row = self._registry.get(asked) if view.sees(asked) else None
        if row is None:
            raise NotFound("Entity not found")
        return row


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer, prefix = EntityCommands(ctx), ctx.commands.add, "config/entity_registry"
    one = {vol.Required("entity_id"): entity_id}
    offer(f"{prefix}/list", anew(commands.all))
    offer(f"{prefix}/list_for_display", anew(commands.for_display))
    offer(f"{prefix}/get", anew(commands.get), one)
    offer(f"{prefix}/get_entries", anew(commands.some), {vol.Required("entity_ids"): entity_ids})
    offer(f"{prefix}/update", needs(EDIT, commands.update), UPDATE)
    offer(f"{prefix}/remove", needs(EDIT, commands.remove), one)
