"""``/api/error_log`` and ``system_log/*``: the newest warnings and errors, for those who may read the log."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from linli import PluginContext, Request, Response
from linli_api.commands.rights import needs
from linli_api.connection import Call
from linli_api.recent_log import RecentLog
from linli_api.rest.bodies import may

READ: Final = "logs.read"
LOGGER: Final = "linli"


class LogRoutes:
    """The handlers."""

    def __init__(self, log: RecentLog) -> None:
        self._log = log

    async def text(self, request: Request) -> Response:
        """As a text, oldest first."""
        text = "\n".join(str(line) for line in reversed(self._log.lines()))
        return Response(text.encode(), content_type="application/octet-stream")

    def all(self, call: Call) -> list[Mapping[str, Any]]:
        """As a list, newest first."""
        return [line.as_dict() for line in self._log.lines()]


def add(ctx: PluginContext) -> None:
    """Offer them, and listen from now on."""
    log = RecentLog(ctx.serving.rooms.checked.deployment.redacted, ctx.clock.timestamp)
    logger = logging.getLogger(LOGGER)
    logger.addHandler(log)
    ctx.on_unload(lambda: logger.removeHandler(log))
    routes = LogRoutes(log)
    ctx.routes.add("GET", "/api/error_log", may(READ, routes.text), summary="The newest warnings and errors")
    ctx.commands.add("system_log/list", needs(READ, routes.all))
