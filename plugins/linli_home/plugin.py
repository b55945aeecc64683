"""The services of the entity domains, offered once, whoever adds the entities."""

from typing import Final

from linli import PluginContext, hookimpl
from linli_home.domains import (
    alarm_control_panel,
    button,
    climate,
    cover,
    fan,
    humidifier,
    light,
    lock,
    number,
    select,
    siren,
    switch,
    text,
    valve,
)

DOMAINS: Final = (
    alarm_control_panel,
    button,
    climate,
    cover,
    fan,
    humidifier,
    light,
    lock,
    number,
    select,
    siren,
    switch,
    text,
    valve,
)


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer what entities of every domain can be told."""
    for domain in DOMAINS:
        domain.register(ctx)
