"""``auth/*``: one's own tokens, and addresses that are signed with them."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Actor, Forbidden, PluginContext, Token, TokenId, TokenType, iso_time
from linli_api.codes import CommandError
from linli_api.commands.fields import OR_NOTHING, whole
from linli_api.connection import ANSWERED, Call

SIGNED_FOR_S: Final = 30
PROVIDER: Final = "homeassistant"


class TokenCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._auth = ctx.serving.auth

    async def all(self, call: Call) -> list[Mapping[str, Any]]:
        """One's own tokens, without their secrets."""
        return [_shown(token, call.token_id) for token in await self._within_reach(call)]

    async def create(self, call: Call) -> str:
        """A token for a program, shown this once. A narrowed one makes none: what it made would outlive it."""
        if call.context.scope is not None:
            raise Forbidden("Unauthorized")
        message = call.message
        grant = await self._auth.tokens.create_long_lived(
            call.user.id,
            client_name=message["client_name"],
            client_icon=message.get("client_icon"),
            lifespan_days=message["lifespan"],
            actor=Actor.of(call.context),
        )
        return grant.access_token

    async def delete(self, call: Call) -> Mapping[str, Any]:
        """End one of one's own tokens; its sockets close at once."""
        token_id = await self._own(call)
        await self._auth.tokens.revoke(token_id, actor=Actor.of(call.context))
        return {}

    async def delete_all(self, call: Call) -> Any:
        """End them all, or those of one kind; one's own comes last, after the answer, which it would take with it."""
        message, tokens, actor = call.message, self._auth.tokens, Actor.of(call.context)
        kind = None if "token_type" not in message else TokenType(message["token_type"])
        own = next((token for token in await tokens.of_user(call.user.id) if token.id == call.token_id), None)
        if call.context.scope is None:
            await tokens.revoke_all(call.user.id, actor=actor, type=kind, keep=call.token_id)
        if own is None or not message["delete_current_token"] or kind not in (None, own.type):
            return {}
        call.connection.result(call.id, {})
        await tokens.revoke(own.id, actor=actor)
        return ANSWERED

    async def set_expiry(self, call: Call) -> Mapping[str, Any]:
        """Whether a log-in ends when it is not used."""
        token_id = await self._own(call)
        await self._auth.tokens.set_expiry(
            token_id, enable=call.message["enable_expiry"], actor=Actor.of(call.context)
        )  # fmt: skip
        return {}

    def sign_path(self, call: Call) -> Mapping[str, str]:
        """An address that opens for a while without a token (an image, a download)."""
        message = call.message
        return {"path": self._auth.paths.sign(message["path"], call.token_id, message["expires"])}

    async def _within_reach(self, call: Call) -> list[Token]:
        """The user's tokens; for a narrowed one (that of a screen on a wall) there is only itself."""
        tokens = await self._auth.tokens.of_user(call.user.id)
        return [token for token in tokens if call.context.scope is None or token.id == call.token_id]

    async def _own(self, call: Call) -> TokenId:
        asked: str = call.message["refresh_token_id"]
        for token in await self._within_reach(call):
            if token.id == asked:
                return token.id
        raise CommandError("invalid_token_id", "Received invalid token")


def _shown(token: Token, current: TokenId) -> Mapping[str, Any]:
    used_at = token.created_at if token.last_used_at is None else token.last_used_at
    is_login = token.type is TokenType.NORMAL
    return {
        "auth_provider_type": PROVIDER if is_login else None,
        "client_icon": token.client_icon,
        "client_id": token.client_id,
        "client_name": token.client_name,
        "created_at": iso_time(token.created_at),
        "expire_at": iso_time(token.expires_at) if is_login and token.expires_at is not None else None,
        "id": token.id,
        "is_current": token.id == current,
        "last_used_at": iso_time(used_at),
        "last_used_ip": token.last_used_ip,
        "type": token.type.value,
    }


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer = TokenCommands(ctx), ctx.commands.add
    the_id = {vol.Required("refresh_token_id"): str}
    offer("auth/refresh_tokens", commands.all)
    offer(
        "auth/long_lived_access_token",
        commands.create,
        {
            vol.Required("client_name"): str,
            vol.Required("lifespan"): whole,
            vol.Optional("client_icon"): OR_NOTHING,
        },
    )
    offer("auth/delete_refresh_token", commands.delete, the_id)
    offer(
        "auth/delete_all_refresh_tokens",
        commands.delete_all,
        {
            vol.Optional("token_type"): vol.In([kind.value for kind in TokenType]),
            vol.Optional("delete_current_token", default=True): bool,
        },
    )
    offer("auth/refresh_token_set_expiry", commands.set_expiry, {**the_id, vol.Required("enable_expiry"): bool})
    offer(
        "auth/sign_path",
        commands.sign_path,
        {
            vol.Required("path"): str,
            vol.Optional("expires", default=SIGNED_FOR_S): vol.All(whole, vol.Range(min=1, max=86_400)),
        },
    )
