"""The services of the entity domains, offered once, whoever adds the entities."""

from linli import PluginContext, hookimpl
from linli_home.domains import light, switch

DOMAINS = (light, switch)


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer what entities of every domain can be told."""
    for domain in DOMAINS:
        domain.register(ctx)
