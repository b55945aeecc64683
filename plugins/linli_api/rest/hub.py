"""Addresses about the hub as a whole: Home Assistant's (``/api/config`` …) and linli's (``/api/linli/…``)."""

from collections.abc import Awaitable, Callable
from typing import Any

from linli import (
    Access,
    Actor,
    ConfigEntry,
    NotFound,
    NotSupported,
    PluginContext,
    PluginDomain,
    Request,
    Response,
    iso_time,
)
from linli_api.descriptions import components, core_config
from linli_api.plugin_status import described
from linli_api.rest.bodies import may, message
from linli_api.version import LINLI_VERSION


class HubRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rooms = ctx.serving.rooms
        self._auth = ctx.serving.auth

    # as with Home Assistant ------------------------------------------------------------------------------------------

    async def root(self, request: Request) -> Response:
        """The hub answers."""
        return Response(b'{"message":"API running."}')

    async def config(self, request: Request) -> Response:
        """The core configuration."""
        return Response.json(core_config(self._rooms, request.view))

    async def components(self, request: Request) -> Response:
        """What runs."""
        return Response.json(components(self._rooms, request.view))

    async def core_state(self, request: Request) -> Response:
        """Where the hub is in its life."""
        recorder = {"migration_in_progress": False, "migration_is_live": False}
        return Response.json({"state": self._rooms.hub_state().value, "recorder_state": recorder})

    async def check_config(self, request: Request) -> Response:
        """Check the files as they are now, in the reader's language; nothing is taken up."""
        checked = await self._rooms.renewal.check()
        report, say = checked.report, self._rooms.renewal.lines
        language = self._language(request)
        errors = "\n".join(say(checked, report.errors, language)) or None
        warnings = "\n".join(say(checked, report.warnings, language)) or None
        return Response.json({"result": "valid" if report.ok else "invalid", "errors": errors, "warnings": warnings})

    # linli's own -----------------------------------------------------------------------------------------------------

    async def alive(self, request: Request) -> Response:
        """The loop turns (a probe for supervisors): says nothing about the hub's state."""
        return Response(b'{"alive":true}')

    async def ready(self, request: Request) -> Response:
        """Everything that the deployment names has been set up, or has failed; 503 before and while stopping."""
        state = self._rooms.hub_state().value
        return Response.json(
            {"ready": state == "RUNNING", "version": LINLI_VERSION}, 200 if state == "RUNNING" else 503
        )

    async def plugins(self, request: Request) -> Response:
        """Every plugin of the deployment with its state and its faults."""
        language = self._language(request)
        return Response.json([described(self._rooms, status, language) for status in self._rooms.overview.all()])

    async def plugin(self, request: Request) -> Response:
        """One plugin."""
        status = self._rooms.overview.get(request.params["domain"])
        if status is None:
            return message("No such plugin.", 404)
        return Response.json(described(self._rooms, status, self._language(request)))

    async def release(self, request: Request) -> Response:
        """Let a plugin in again that is in quarantine or switched off."""
        return await self._turn(request, self._rooms.quarantine.release)

    async def disable(self, request: Request) -> Response:
        """Switch a plugin off until it is released; the YAML stays as it is."""
        return await self._turn(request, self._rooms.quarantine.disable)

    async def _turn(self, request: Request, turn: Callable[[str, Actor], Awaitable[None]]) -> Response:
        try:
            await turn(request.params["domain"], Actor.of(request.context))
        except NotFound:
            return message("No such plugin.", 404)
        except NotSupported as error:
            said = self._rooms.translator.say(
                PluginDomain("core"), error.key or "", error.parameters, self._language(request)
            )
            return message(said, 400)
        return await self.plugin(request)

    def _language(self, request: Request) -> str:
        user = request.user
        return (None if user is None else user.language) or self._rooms.settings.language

    async def entries(self, request: Request) -> Response:
        """Every config entry with its state; never its settings, which may hold secrets."""
        return Response.json([_entry(entry) for entry in self._rooms.entries.all()])

    async def journal(self, request: Request) -> Response:
        """The newest rows of the journal."""
        rows = await self._rooms.storage.journal.rows(limit=100)
        return Response.json([_row(row) for row in rows])

    async def metrics(self, request: Request) -> Response:
        """Prometheus' text format."""
        return Response(self._rooms.metrics.expose(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _entry(entry: ConfigEntry) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "domain": entry.domain,
        "title": entry.title,
        "source": entry.source.value,
        "state": entry.state.value,
        "reason": entry.reason,
        "disabled_by": entry.disabled_by,
    }


def _row(row: Any) -> dict[str, Any]:
    return {
        "writer": row.id.writer,
        "sequence": row.id.sequence,
        "at": iso_time(row.at_us / 1_000_000),
        "action": row.action,
        "actor": row.actor,
        "subject": row.subject,
        "details": row.details,
    }


def add(ctx: PluginContext) -> None:
    """Offer them."""
    routes = HubRoutes(ctx)
    offer = ctx.routes.add
    offer("GET", "/api/", routes.root, summary="The hub answers")
    offer("GET", "/api/config", routes.config, summary="The core configuration")
    offer("GET", "/api/components", routes.components, summary="What runs")
    offer("GET", "/api/core/state", routes.core_state, summary="Where the hub is in its life")
    offer(
        "POST", "/api/config/core/check_config", may("config.edit", routes.check_config),
        summary="Check the files of the deployment as they are now",
    )  # fmt: skip
    offer("GET", "/api/linli/health", routes.alive, access=Access.PUBLIC, summary="The loop turns")
    offer("GET", "/api/linli/ready", routes.ready, access=Access.PUBLIC, summary="The hub has started")
    offer("GET", "/api/linli/plugins", may("plugins.read", routes.plugins), summary="Every plugin and how it fares")
    offer("GET", "/api/linli/plugins/{domain}", may("plugins.read", routes.plugin), summary="One plugin")
    offer(
        "POST", "/api/linli/plugins/{domain}/release", may("admin", routes.release),
        summary="Let a plugin in again that is in quarantine or switched off",
    )  # fmt: skip
    offer(
        "POST", "/api/linli/plugins/{domain}/disable", may("admin", routes.disable),
        summary="Switch a plugin off until it is released",
    )  # fmt: skip
    offer("GET", "/api/linli/entries", may("entries.edit", routes.entries), summary="Every config entry")
    offer("GET", "/api/linli/journal", may("journal.read", routes.journal), summary="The newest rows of the journal")
    offer("GET", "/api/linli/metrics", may("plugins.read", routes.metrics), summary="Metrics for Prometheus")
