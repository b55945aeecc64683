"""The addresses and message commands by which webhooks are called."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Access, CommandCall, PluginContext, Request, Response
from linli_webhook.model import METHODS, Sent
from linli_webhook.webhooks import Webhooks

PATH: Final = "/api/webhook/{webhook_id}"
MAX_BODY: Final = 1 << 20
NO_BODY: Final = "application/octet-stream"
ANSWER: Final[Mapping[str, Any]] = {
    "body": None,
    "status": 200,
    "headers": {"Content-Type": NO_BODY},
}
"""Of ``webhook/handle``, whatever came of it."""


class Callers:
    """The handlers. Nobody learns from an answer whether a webhook is there."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def request(self, request: Request) -> Response:
        """By address: without a token, and with one the same."""
        body = await request.body()
        sent = Sent(request.headers.get("Content-Type", ""), body, request.query)
        await self._webhooks.called(request.method, request.params["webhook_id"], request.remote, sent)
        return Response(content_type=NO_BODY)

    async def handle(self, call: CommandCall) -> Mapping[str, Any]:
        """By message, as clients do that reach the hub over a socket."""
        message = call.message
        kind = next((value for name, value in message["headers"].items() if name.lower() == "content-type"), "")
        sent = Sent(kind, message["body"].encode(errors="replace"), message["query"])
        await self._webhooks.called(message["method"], message["webhook_id"], call.remote, sent)
        return ANSWER

    def list(self, call: CommandCall) -> list[dict[str, Any]]:
        """Their ids are what opens them: administrators only."""
        return self._webhooks.listed()


def offer(ctx: PluginContext, webhooks: Webhooks) -> None:
    """Answer calls from now on."""
    callers = Callers(webhooks)
    for method in METHODS:
        ctx.routes.add(
            method, PATH, callers.request, access=Access.PUBLIC, body_is_optional=True, max_body=MAX_BODY,
            summary="Set going what waits at a webhook",
        )  # fmt: skip
    ctx.commands.add("webhook/list", callers.list, access=Access.ADMIN)
    ctx.commands.add(
        "webhook/handle",
        callers.handle,
        {
            vol.Required("webhook_id"): str,
            vol.Required("method"): vol.In(METHODS),
            vol.Optional("body", default=""): str,
            vol.Optional("headers", default=dict): {str: str},
            vol.Optional("query", default=""): str,
        },
    )
