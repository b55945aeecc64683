"""``config/auth_provider/homeassistant/*``: names to log in with, and passwords."""

from typing import Final

import voluptuous as vol

from linli import Access, Actor, InvalidAuth, LinliError, NotFound, PluginContext, UsernameTaken
from linli_api.codes import HOME_ASSISTANT_ERROR, CommandError
from linli_api.commands.rights import needs
from linli_api.commands.users import EDIT
from linli_api.connection import Call

PREFIX: Final = "config/auth_provider/homeassistant"


class PasswordCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._auth = ctx.serving.auth

    async def create(self, call: Call) -> None:
        """Give a user a name to log in with, and a password."""
        message, actor = call.message, Actor.of(call.context)
        user = self._auth.users.get(message["user_id"])
        if user is None:
            raise NotFound("User not found")
        if user.system_generated:
            raise CommandError("system_generated", "Cannot add credentials to a system generated user.")
        if user.has_password:
            raise CommandError(HOME_ASSISTANT_ERROR, "This user has a name to log in with already")
        try:
            await self._auth.users.update(user.id, {"username": message["username"]}, actor=actor)
        except UsernameTaken as error:
            raise CommandError(HOME_ASSISTANT_ERROR, str(error)) from error
        try:
            await self._auth.set_password(user.id, message["password"], actor=actor)
        except LinliError:
            await self._auth.users.update(user.id, {"username": user.username}, actor=actor)
            raise

    async def delete(self, call: Call) -> None:
        """Take name and password away; what the user's programs have stays."""
        user = self._auth.users.by_username(call.message["username"])
        if user is None:
            raise CommandError(HOME_ASSISTANT_ERROR, "Nobody logs in with this name")
        actor = Actor.of(call.context)
        await self._auth.set_password(user.id, None, actor=actor)
        await self._auth.users.update(user.id, {"username": None}, actor=actor)

    async def change_own(self, call: Call) -> None:
        """One's own password; the present one is asked for."""
        message = call.message
        if not call.user.has_password:
            raise CommandError("credentials_not_found", "Credentials not found")
        try:
            await self._auth.change_password(
                call.user.id,
                message["current_password"],
                message["new_password"],
                address=call.remote,
                keep=call.token_id,
            )
        except InvalidAuth as error:
            raise CommandError("invalid_current_password", "Invalid current password") from error

    async def change_anothers(self, call: Call) -> None:
        """Somebody else's password; as with the original, only the owner may."""
        user = self._auth.users.get(call.message["user_id"])
        if user is None:
            raise CommandError("user_not_found", "User not found")
        if not user.has_password:
            raise CommandError("credentials_not_found", "Credentials not found")
        await self._auth.set_password(user.id, call.message["password"], actor=Actor.of(call.context))


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer = PasswordCommands(ctx), ctx.commands.add
    offer(
        f"{PREFIX}/create",
        needs(EDIT, commands.create),
        {vol.Required("user_id"): str, vol.Required("username"): str, vol.Required("password"): str},
    )
    offer(f"{PREFIX}/delete", needs(EDIT, commands.delete), {vol.Required("username"): str})
    offer(
        f"{PREFIX}/change_password",
        commands.change_own,
        {vol.Required("current_password"): str, vol.Required("new_password"): str},
    )
    offer(
        f"{PREFIX}/admin_change_password",
        needs(EDIT, commands.change_anothers),
        {vol.Required("user_id"): str, vol.Required("password"): str},
        access=Access.OWNER,
    )
