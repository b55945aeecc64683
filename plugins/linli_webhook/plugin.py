"""Answers calls of webhooks, and contributes the trigger ``webhook``."""

from collections.abc import Mapping, Sequence
from typing import Any

import voluptuous as vol

from linli import ConfigEntry, PluginContext, hookimpl
from linli_webhook.model import Hook
from linli_webhook.routes import offer
from linli_webhook.webhooks import Webhooks, WebhooksApi

KIND = "webhook"


@hookimpl
def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Answer calls from now on."""
    webhooks = Webhooks(ctx)
    ctx.provide(WebhooksApi, webhooks)  # type: ignore[type-abstract]  # a protocol stands for itself here
    offer(ctx, webhooks)


@hookimpl
def triggers_kinds() -> Sequence[str]:
    """``trigger: webhook``."""
    return [KIND]


@hookimpl
def triggers_problem(config: Mapping[str, Any]) -> str | None:
    """What the schema says."""
    try:
        Hook.of(config, "")
    except vol.Invalid as error:
        return str(error)
    return None


@hookimpl
async def triggers_follow(ctx: PluginContext, follow: str, config: Mapping[str, Any], name: str) -> bool | None:
    """At its webhook, as soon as there is an entry."""
    return await _webhooks(ctx).follow(follow, config, name) if ctx.has(WebhooksApi) else None


@hookimpl
async def triggers_unfollow(ctx: PluginContext, follow: str) -> None:
    """No longer."""
    if ctx.has(WebhooksApi):
        await _webhooks(ctx).unfollow(follow)


@hookimpl
async def triggers_following(ctx: PluginContext) -> Sequence[str]:
    """All that wait."""
    return await _webhooks(ctx).following() if ctx.has(WebhooksApi) else []


def _webhooks(ctx: PluginContext) -> WebhooksApi:
    return ctx.use(WebhooksApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
