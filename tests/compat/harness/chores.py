"""A plugin with one device, a to-do list on which nothing ever moves: for services with a response, and for devices."""

import voluptuous as vol

from linli import Capabilities, ConfigEntry, DeviceInfo, Manifest, PluginContext, hookimpl
from linli_home.api import TodoItem, TodoList

MANIFEST = Manifest(
    domain="chores", layer="perception", requires=("home",), capabilities=Capabilities(entities=("todo",))
)
CONFIG = vol.Schema({})
ITEMS = (TodoItem(uid="plants", summary="Water the plants"), TodoItem(uid="filter", summary="Clean the filter"))


async def items() -> tuple[TodoItem, ...]:
    """All of them, always."""
    return ITEMS


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Put the list up."""
    board = DeviceInfo(identifiers=frozenset({("chores", "board")}), name="Board", entry_type="service")
    ctx.entities.add(TodoList(unique_id="chores", name="Chores", device=board, items=items)).write(ITEMS)
