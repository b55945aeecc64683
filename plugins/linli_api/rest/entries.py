"""``/api/config/config_entries/…``: the instances of plugins over REST."""

from typing import Any, Final

import voluptuous as vol

from linli import ConfigEntry, NotSupported, PluginContext, Request, Response
from linli_api.commands.entries import EDIT, THE_DOOR, TYPE, is_the_door, shown
from linli_api.rest.bodies import checked, may, message

FLOW: Final = vol.Schema(
    {
        vol.Required("handler"): vol.Any(str, list),
        vol.Optional("show_advanced_options", default=False): bool,
        vol.Optional("entry_id"): str,
    },
    extra=vol.ALLOW_EXTRA,
)
BASE: Final = "/api/config/config_entries"


class EntryRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._entries = ctx.entries

    async def all(self, request: Request) -> Response:
        """Every entry, or those of a plugin; the deployment's, so only for readers who reach its root."""
        kind = request.query.get("type")
        if not request.view.sees_root() or kind not in (None, TYPE):
            return Response.json([])
        return Response.json([shown(entry) for entry in self._entries.all(request.query.get("domain"))])

    async def remove(self, request: Request) -> Response:
        """Away with it; what the YAML has is taken out there."""
        entry = self._entry(request)
        if entry is None:
            return message("Invalid entry specified", 404)
        try:
            let_go = await self._entries.remove(entry.entry_id)
        except NotSupported as error:
            return message(str(error), 403)
        return Response.json({"require_restart": not let_go})

    async def reload(self, request: Request) -> Response:
        """Unload and set up again."""
        entry = self._entry(request)
        if entry is None:
            return message("Invalid entry specified", 404)
        if is_the_door(entry):
            return message(THE_DOOR, 403)
        entry = await self._entries.reload(entry.entry_id)
        return Response.json({"require_restart": entry.state.value == "failed_unload"})

    async def start_flow(self, request: Request, data: Any) -> Response:
        """Plugins are set up in the YAML, none of them on a screen."""
        return message("Invalid handler specified", 404)

    async def flow(self, request: Request) -> Response:
        """So there is no flow to go on with."""
        return message("Invalid flow specified", 404)

    async def handlers(self, request: Request) -> Response:
        """And nobody who would begin one."""
        return Response.json([])

    def _entry(self, request: Request) -> ConfigEntry | None:
        return self._entries.get(request.params["entry_id"])


def add(ctx: PluginContext) -> None:
    """Offer them."""
    routes, offer = EntryRoutes(ctx), ctx.routes.add
    offer("GET", f"{BASE}/entry", routes.all, summary="Every config entry, as Home Assistant tells it")
    offer("DELETE", f"{BASE}/entry/{{entry_id}}", may(EDIT, routes.remove), summary="Remove a config entry")
    offer("POST", f"{BASE}/entry/{{entry_id}}/reload", may(EDIT, routes.reload), summary="Reload a config entry")
    offer(
        "POST",
        f"{BASE}/flow",
        may(EDIT, checked(FLOW, routes.start_flow)),
        body_schema=FLOW,
        summary="Begin a set-up on a screen",
    )
    for method in ("GET", "POST", "DELETE"):
        offer(method, f"{BASE}/flow/{{flow_id}}", may(EDIT, routes.flow), summary="Go on with a set-up on a screen")
    offer("GET", f"{BASE}/flow_handlers", may(EDIT, routes.handlers), summary="What can be set up on a screen")
