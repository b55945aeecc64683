"""``config/device_registry/*``: what people say of devices."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import PluginContext, UnknownItem
from linli_api.codes import HOME_ASSISTANT_ERROR, CommandError
from linli_api.commands.fields import OR_NOTHING, TEXTS
from linli_api.commands.organising import EDIT
from linli_api.commands.rights import anew, given, needs
from linli_api.commands.seen import seen_row, seen_rows
from linli_api.connection import Call

UPDATE: Final = {
    vol.Required("device_id"): str,
    vol.Optional("area_id"): OR_NOTHING,
    vol.Optional("disabled_by"): vol.Any(None, "user"),
    vol.Optional("labels"): TEXTS,
    vol.Optional("name_by_user"): OR_NOTHING,
}


class DeviceCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._registry = ctx.registries.devices
        self._entries = ctx.entries

    def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Every device that the reader sees."""
        view = call.view
        return seen_rows(view, (row.as_dict() for row in self._registry.all() if view.sees_item("device", row.id)))

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Name, area, labels … as a person wants them."""
        updated = await self._registry.update(self._seen(call), **given(call, "device_id"))
        return seen_row(call.view, updated.as_dict())

    async def remove_config_entry(self, call: Call) -> Mapping[str, Any] | None:
        """The device is no longer one of the config entry."""
        entry_id = call.message["config_entry_id"]
        if self._entries.get(entry_id) is None:
            raise CommandError(HOME_ASSISTANT_ERROR, "Unknown config entry")
        device_id = self._seen(call)
        row = self._registry.need(device_id)
        if entry_id not in row.config_entries:
            raise CommandError(HOME_ASSISTANT_ERROR, "Config entry not in device")
        left = await self._registry.remove_entry(device_id, entry_id)
        return None if left is None else seen_row(call.view, left.as_dict())

    def _seen(self, call: Call) -> str:
        device_id: str = call.message["device_id"]
        if not call.view.sees_item("device", device_id) or device_id not in self._registry:
            raise UnknownItem("Device", device_id)
        return device_id


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer, prefix = DeviceCommands(ctx), ctx.commands.add, "config/device_registry"
    offer(f"{prefix}/list", anew(commands.all))
    offer(f"{prefix}/update", needs(EDIT, commands.update), UPDATE)
    offer(
        f"{prefix}/remove_config_entry",
        needs(EDIT, commands.remove_config_entry),
        {vol.Required("device_id"): str, vol.Required("config_entry_id"): str},
    )
