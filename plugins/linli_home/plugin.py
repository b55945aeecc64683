"""The services of the entity domains, offered once, whoever adds the entities."""

from typing import Final

from linli import ConfigEntry, PluginContext, hookimpl
from linli_home import commands, scene_services
from linli_home.created_scenes import hold_scenes
from linli_home.domains import (
    alarm_control_panel,
    button,
    camera,
    climate,
    cover,
    fan,
    humidifier,
    light,
    lock,
    media_player,
    notify,
    number,
    scene,
    select,
    siren,
    switch,
    text,
    todo,
    update,
    vacuum,
    valve,
)
from linli_home.generic import Generic

DOMAINS: Final = (
    alarm_control_panel,
    button,
    camera,
    climate,
    cover,
    fan,
    humidifier,
    light,
    lock,
    media_player,
    notify,
    number,
    scene,
    select,
    siren,
    switch,
    text,
    todo,
    update,
    vacuum,
    valve,
)


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer what entities of every domain can be told, and answer what clients ask about them."""
    for domain in DOMAINS:
        domain.register(ctx)
    Generic(ctx).register()
    scene_services.register(ctx)
    commands.register(ctx)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Hold the scenes that people create."""
    await hold_scenes(ctx, entry)
