"""Which triggers wait at which webhook, and what a call of one sets going."""

from collections.abc import Mapping
from typing import Any, Protocol

from linli import PluginContext
from linli_triggers.api import TriggersApi
from linli_webhook.model import Hook, Sent, Unreadable


class WebhooksApi(Protocol):
    """What the plugin follows, for its own hooks."""

    async def follow(self, follow: str, config: Mapping[str, Any], name: str) -> bool:
        """Have a trigger wait at its webhook."""

    async def unfollow(self, follow: str) -> None:
        """It waits no longer."""

    async def following(self) -> list[str]:
        """All that wait."""


class Webhooks:
    """Implements :class:`WebhooksApi`; of one config entry."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._triggers = ctx.use(TriggersApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self._waiting: dict[str, dict[str, Hook]] = {}
        """By webhook, then by what triggers knows each trigger under."""
        self._webhook_of: dict[str, str] = {}
        self._unheard = ctx.metrics.counter(
            "linli_webhook_unheard_total", "Calls of a webhook that set nothing going, by why", ("why",)
        )

    async def follow(self, follow: str, config: Mapping[str, Any], name: str) -> bool:
        """See the protocol."""
        await self.unfollow(follow)
        hook = Hook.of(config, name)
        self._waiting.setdefault(hook.webhook_id, {})[follow] = hook
        self._webhook_of[follow] = hook.webhook_id
        return True

    async def unfollow(self, follow: str) -> None:
        """See the protocol."""
        webhook_id = self._webhook_of.pop(follow, None)
        if webhook_id is not None:
            del self._waiting[webhook_id][follow]
            if not self._waiting[webhook_id]:
                del self._waiting[webhook_id]

    async def following(self) -> list[str]:
        """See the protocol."""
        return list(self._webhook_of)

    async def called(self, method: str, webhook_id: str, remote: str, sent: Sent) -> None:
        """Somebody called; whoever it is gets the same answer, whether anything waits here or not."""
        waiting = self._waiting.get(webhook_id)
        if waiting is None:
            return
        admitted = [follow for follow, hook in waiting.items() if hook.admits(method, remote)]
        if not admitted:
            self._unheard.add("not_admitted")
            return
        try:
            words = {"webhook_id": webhook_id, **sent.variables()}
        except Unreadable as error:
            self._unheard.add("unreadable")
            self._ctx.log.warning("a call of a webhook cannot be read: %s", error)
            return
        for follow in admitted:
            await self._triggers.fired(follow, words)

    def listed(self) -> list[dict[str, Any]]:
        """Every webhook, as Home Assistant lists them; where several triggers wait, what all of them let in."""
        return [_row(webhook_id, list(waiting.values())) for webhook_id, waiting in self._waiting.items()]


def _row(webhook_id: str, hooks: list[Hook]) -> dict[str, Any]:
    return {
        "webhook_id": webhook_id,
        "domain": "automation",
        "name": hooks[0].name,
        "local_only": all(hook.local_only for hook in hooks),
        "allowed_methods": sorted({method for hook in hooks for method in hook.methods}),
    }
