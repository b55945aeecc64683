"""Message commands about the domains: which units a quantity can be shown in, what stands on a to-do list."""

import asyncio
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import CommandCall, EntityId, NotFound, PluginContext, RequestError, StateChange
from linli_home import units
from linli_home.domains.number import CONVERTED
from linli_home.quantities import QuantityClass

CLASS: Final = {vol.Required("device_class"): str}
LIST: Final = {vol.Required("entity_id"): str}
BROWSED: Final = {
    vol.Required("entity_id"): str,
    vol.Inclusive("media_content_type", "media_ids"): str,
    vol.Inclusive("media_content_id", "media_ids"): str,
}
"""What the original takes: where in the library one is, by both or by neither."""


class NoTodoList(RequestError):
    """What somebody wants to follow is no to-do list, or not for them."""

    code: ClassVar[str] = "invalid_entity_id"


def numeric_device_classes(call: CommandCall) -> dict[str, Any]:
    """The device classes whose sensors measure numbers."""
    return {"numeric_device_classes": sorted(quantity.value for quantity in QuantityClass)}


def sensor_units(call: CommandCall) -> dict[str, Any]:
    """The units among which a person may choose for a device class; none where nothing is converted."""
    return {"units": sorted(units.units_of(call.message["device_class"]), key=str)}


def number_units(call: CommandCall) -> dict[str, Any]:
    """The same for numbers, of which only few are converted."""
    device_class: str = call.message["device_class"]
    return {"units": sorted(units.units_of(device_class), key=str) if device_class in CONVERTED else []}


class NoPlayer(RequestError):
    """What somebody wants to look through is no media player, or not for them."""

    code: ClassVar[str] = "entity_not_found"


class NothingToBrowse(RequestError):
    """The player has nothing that one could look through."""

    code: ClassVar[str] = "not_supported"


class PlayerCommands:
    """Looking through what players have."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx

    def browse(self, call: CommandCall) -> None:
        """What a player offers to be played; no player here offers any."""
        entity_id: str = call.message["entity_id"]
        known = entity_id.startswith("media_player.") and self._ctx.states.get(entity_id) is not None
        if not known or not call.view.sees(entity_id):
            raise NoPlayer("Entity not found")
        raise NothingToBrowse("Player does not support browsing media")


class TodoCommands:
    """Reading lists and following them."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx

    async def list(self, call: CommandCall) -> Any:
        """The items of a list."""
        entity_id = call.message["entity_id"]
        if not self._is_list(call, entity_id):
            raise NotFound("Entity not found")
        items = await self._items(call, entity_id)
        if not call.view.sees(entity_id):
            raise NotFound("Entity not found")  # the right to it ended while the list was asked
        return items

    def subscribe(self, call: CommandCall) -> None:
        """The items of a list now and whenever they change."""
        entity_id: str = call.message["entity_id"]
        if not self._is_list(call, entity_id):
            raise NoTodoList(f"To-do list entity not found: {entity_id}")

        async def send() -> None:
            if call.view.sees(entity_id):
                call.event(await self._items(call, entity_id), entity_id)

        def changed(change: StateChange | None = None) -> None:
            self._ctx.spawn(send(), name="to-do items")

        call.on_unsubscribe(self._ctx.states.track([EntityId(entity_id)], changed))
        asyncio.get_running_loop().call_soon(changed)

    def _is_list(self, call: CommandCall, entity_id: str) -> bool:
        known = entity_id.startswith("todo.") and self._ctx.states.get(entity_id) is not None
        return known and call.view.sees(entity_id)

    async def _items(self, call: CommandCall, entity_id: str) -> Any:
        """A list that cannot be reached now has no items to show."""
        answer = await self._ctx.services.call("todo", "get_items", {"entity_id": entity_id}, return_response=True)
        return (answer or {}).get(entity_id, {"items": []})


def register(ctx: PluginContext) -> None:
    """Answer them."""
    todo = TodoCommands(ctx)
    ctx.commands.add("sensor/numeric_device_classes", numeric_device_classes)
    ctx.commands.add("sensor/device_class_convertible_units", sensor_units, CLASS)
    ctx.commands.add("number/device_class_convertible_units", number_units, CLASS)
    ctx.commands.add("media_player/browse_media", PlayerCommands(ctx).browse, BROWSED)
    ctx.commands.add("todo/item/list", todo.list, LIST)
    ctx.commands.add("todo/item/subscribe", todo.subscribe, LIST)
