"""HTTP addresses and message commands."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import voluptuous as vol

from linli.endpoints import Access, CommandHandler, Handler, MessageCommand, Route, SocketHandler
from linli.plugin.facets.facet import Facet
from linli.quick_schema import QuickSchema

if TYPE_CHECKING:
    pass


class RoutesFacet(Facet):
    """HTTP addresses: handlers."""

    def add(
        self, method: str, path: str, handler: Handler, *, access: Access = Access.USER,
        body_schema: vol.Schema | Mapping[Any, Any] | None = None, body_type: str = "application/json",
        body_is_optional: bool = False, summary: str = "", max_body: int = 1 << 20, exempt: bool = False,
    ) -> None:  # fmt: skip
        """Answer ``method path``; see :class:`linli.endpoints.Route`. Only what is for safety is ``exempt``."""
        schema = vol.Schema(dict(body_schema)) if isinstance(body_schema, Mapping) else body_schema
        exempt = exempt and self._rooms.walls.for_safety(self._ctx.domain)
        route = Route(
            method, path, handler, self._ctx.domain, access, body_schema=schema, body_type=body_type,
            body_is_optional=body_is_optional, summary=summary, max_body=max_body, exempt=exempt,
        )  # fmt: skip
        self._ctx.nursery.own(self._rooms.routes.add(route))

    def socket(self, path: str, handler: SocketHandler, *, access: Access = Access.USER, summary: str = "") -> None:
        """Answer WebSocket connections at ``path``; ``handler`` runs as long as the socket."""
        route = Route("GET", path, handler, self._ctx.domain, access, socket=True, summary=summary)
        self._ctx.nursery.own(self._rooms.routes.add(route))


class CommandsFacet(Facet):
    """Message commands (Home Assistant's WebSocket protocol and our own): handlers."""

    def add(
        self, type: str, handler: CommandHandler, schema: Mapping[Any, Any] | None = None, *,
        access: Access = Access.USER,
    ) -> None:  # fmt: skip
        """Answer messages of ``type``; ``schema`` names its keys beside ``id`` and ``type``."""
        keys = QuickSchema({vol.Required("id"): int, vol.Required("type"): str, **(schema or {})})
        self._ctx.nursery.own(self._rooms.commands.add(MessageCommand(type, handler, self._ctx.domain, keys, access)))
