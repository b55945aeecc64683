"""What the API answers: its routes, its message commands, its socket."""

from typing import Final

from linli import Access, ConfigEntry, PluginContext, hookimpl
from linli_api import reloading
from linli_api.commands import (
    dashboards,
    devices,
    entities,
    entries,
    frontend,
    notifications,
    organising,
    passwords,
    plugins,
    repairs,
    resources,
    session,
    templates,
    tokens,
    triggers,
    users,
)
from linli_api.commands import hub as hub_commands
from linli_api.rest import acts, camera, hub, log, login, onboarding, openapi, states, stream
from linli_api.rest import entries as entry_routes
from linli_api.socket import SocketDoor

COMMANDS: Final = (
    hub_commands, tokens, users, passwords, organising, entities, devices, frontend, dashboards, resources, repairs,
    notifications, entries, plugins, templates, triggers,
)  # fmt: skip


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Offer everything; it goes with the entry."""
    for routes in (states, acts, camera, login, hub, entry_routes, log, onboarding, openapi, stream):
        routes.add(ctx)
    session.add(ctx)
    for commands in COMMANDS:
        commands.add(ctx)
    reloading.add(ctx)
    door = SocketDoor(ctx, entry.data["commands_at_once"], entry.data["subscriptions"])
    ctx.routes.socket("/api/websocket", door.serve, access=Access.PUBLIC, summary="Home Assistant's WebSocket protocol")
