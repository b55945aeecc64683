"""Services of the hub as a whole, under the names that clients know: check the YAML, take up what it says now."""

from typing import Final

from linli import PluginContext, ServiceAccess, ServiceCall

DOMAIN: Final = "homeassistant"
WITHIN_S: Final = 300.0
"""Many entries may be set up anew, each in its time."""


class Reloading:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._rooms = ctx.serving.rooms

    async def reload_all(self, call: ServiceCall) -> None:
        """Let every section of the YAML hold from now on; where one has an error, nothing changes."""
        user_id = call.context.user_id
        user = None if user_id is None else self._rooms.auth.users.get(user_id)
        await self._rooms.renewal.take_up(language=None if user is None else user.language)

    async def check_config(self, call: ServiceCall) -> None:
        """Check the YAML; a notification shows what was found."""
        await self._rooms.renewal.check()


def add(ctx: PluginContext) -> None:
    """Offer them."""
    reloading = Reloading(ctx)
    offer = ctx.services.register
    offer(DOMAIN, "reload_all", reloading.reload_all, access=ServiceAccess.ADMINS, within=WITHIN_S)
    offer(DOMAIN, "check_config", reloading.check_config, access=ServiceAccess.ADMINS)
