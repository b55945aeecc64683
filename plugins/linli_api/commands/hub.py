"""Commands about the hub as a whole: configuration, services, the user who asks."""

from typing import Any

from linli import HUB_STARTED, PluginContext
from linli_api.commands.rights import anew
from linli_api.connection import Call
from linli_api.descriptions import core_config, described_services


class HubCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._rooms = ctx.serving.rooms
        self._started_at: float | None = None
        ctx.bus.listen(HUB_STARTED, lambda event: self._has_started(ctx.clock.timestamp()))

    def _has_started(self, at: float) -> None:
        self._started_at = at

    def config(self, call: Call) -> dict[str, Any]:
        """The core configuration."""
        return core_config(self._rooms, call.view)

    def hub(self, call: Call) -> dict[str, Any]:
        """Where the hub is in its life, and since when everything has been set up.

        What changed before that is the hub's coming up, and nothing that happened in the home.
        """
        return {"state": self._rooms.hub_state().value, "started_at": self._started_at}

    def services(self, call: Call) -> dict[str, Any]:
        """Every service with its fields, in the reader's language."""
        return described_services(self._rooms, call.view, call.user.language)

    def current_user(self, call: Call) -> dict[str, Any]:
        """Who asks."""
        user = call.user
        return {
            "id": user.id,
            "name": user.name,
            "is_owner": user.is_owner,
            "is_admin": call.view.may("admin"),
            "credentials": [{"auth_provider_type": "homeassistant", "auth_provider_id": None}]
            if user.has_password
            else [],
            "mfa_modules": [],
        }


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands = HubCommands(ctx)
    ctx.commands.add("get_config", anew(commands.config))
    ctx.commands.add("linli/hub", commands.hub)
    ctx.commands.add("get_services", anew(commands.services))
    ctx.commands.add("auth/current_user", commands.current_user)
