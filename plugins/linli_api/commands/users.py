"""``config/auth/*``: everybody who may come in. Roles go by the names of Home Assistant's groups here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import voluptuous as vol

from linli import Actor, InvalidRequest, NotFound, PluginContext, User
from linli_api.codes import CommandError
from linli_api.commands.rights import given, needs
from linli_api.commands.tokens import PROVIDER
from linli_api.connection import Call

EDIT: Final = "users.edit"


class UserCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._auth = ctx.serving.auth

    def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Everybody."""
        return [self._shown(user) for user in self._auth.users.all()]

    async def create(self, call: Call) -> Mapping[str, Any]:
        """Somebody new, who cannot log in before a name and a password are given."""
        message = call.message
        user = await self._auth.users.create(
            message["name"],
            role=self._role(message["group_ids"]),
            local_only=message.get("local_only", False),
            actor=Actor.of(call.context),
        )
        return {"user": self._shown(user)}

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Another name, role …"""
        user = self._known(call.message["user_id"])
        changes = given(call, "user_id", "group_ids")
        if user.system_generated:
            raise CommandError("cannot_modify_system_generated", "Unable to update system generated users.")
        if user.is_owner and changes.get("is_active") is False:
            raise CommandError("cannot_deactivate_owner", "Unable to deactivate owner.")
        if "group_ids" in call.message:
            changes["role"] = self._role(call.message["group_ids"])
        return {"user": self._shown(await self._auth.users.update(user.id, changes, actor=Actor.of(call.context)))}

    async def delete(self, call: Call) -> None:
        """Away with somebody, tokens and all; nobody does that to themselves."""
        if call.message["user_id"] == call.user.id:
            raise CommandError("no_delete_self", "Unable to delete your own account")
        await self._auth.users.remove(self._known(call.message["user_id"]).id, actor=Actor.of(call.context))

    def _known(self, user_id: str) -> User:
        user = self._auth.users.get(user_id)
        if user is None:
            raise NotFound("User not found")
        return user

    def _role(self, groups: Sequence[str]) -> str:
        """The role that goes by these groups: a role is one, so only one group is understood."""
        if len(groups) == 1:
            for role in self._auth.views.roles.values():
                if groups[0] in (role.group_id, role.name):
                    return role.name
        raise InvalidRequest("group_ids names one group, which must be known", path=("group_ids",))

    def _shown(self, user: User) -> Mapping[str, Any]:
        group = self._auth.views.group_of(user)
        return {
            "credentials": [{"type": PROVIDER}] if user.has_password else [],
            "group_ids": [] if group is None else [group],
            "id": user.id,
            "is_active": user.is_active,
            "is_owner": user.is_owner,
            "local_only": user.local_only,
            "name": user.name,
            "system_generated": user.system_generated,
            "username": user.username,
        }


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer = UserCommands(ctx), ctx.commands.add
    the_id = {vol.Required("user_id"): str}
    offer("config/auth/list", needs(EDIT, commands.all))
    offer(
        "config/auth/create",
        needs(EDIT, commands.create),
        {
            vol.Required("name"): str,
            vol.Optional("group_ids", default=list): [str],
            vol.Optional("local_only"): bool,
        },
    )
    offer(
        "config/auth/update",
        needs(EDIT, commands.update),
        {
            **the_id,
            vol.Optional("name"): str,
            vol.Optional("is_active"): bool,
            vol.Optional("group_ids"): [str],
            vol.Optional("local_only"): bool,
        },
    )
    offer("config/auth/delete", needs(EDIT, commands.delete), the_id)
