"""``frontend/*``: what screens need before they show anything: words, looks, and what each user keeps for itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import InvalidRequest, PluginContext, PluginDomain, User, dumps
from linli_api.connection import ANSWERED, Call
from linli_api.kept import Kept

MOST_KEPT: Final = 1 << 20
"""Bytes that one user may keep."""
ICON_CATEGORIES: Final = ("entity", "entity_component", "services")
OF_COMPONENTS: Final = "entity_component."
"""Words for the states of whole domains: the plugin that defines the domains brings them for all."""


class FrontendCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rooms = ctx.serving.rooms
        self._kept = Kept(ctx, "user_data")
        self._followers: dict[str, list[tuple[Call, str | None]]] = {}

    # what a user keeps -----------------------------------------------------------------------------------------------

    async def get_user_data(self, call: Call) -> Mapping[str, Any]:
        """What the user keeps, or one part of it."""
        return _part(await self._of(call.user.id), call.message.get("key"))

    async def set_user_data(self, call: Call) -> None:
        """Keep one part; the user's other screens hear of it."""
        user_id, key = call.user.id, call.message["key"]
        data = {**await self._of(user_id), key: call.message["value"]}
        if len(dumps(data)) > MOST_KEPT:
            raise InvalidRequest(f"a user keeps at most {MOST_KEPT} bytes", path=("value",))
        await self._kept.put(user_id, data)
        for follower, followed in self._followers.get(user_id, ()):
            if followed in (None, key):
                follower.event(_part(data, followed))

    async def subscribe_user_data(self, call: Call) -> Any:
        """The same, now and whenever it changes."""
        user_id, key = call.user.id, call.message.get("key")
        data = await self._of(user_id)
        followers = self._followers.setdefault(user_id, [])
        followers.append((call, key))
        call.on_unsubscribe(lambda: followers.remove((call, key)))
        call.connection.result(call.id)
        call.event(_part(data, key))
        return ANSWERED

    def user_changed(self, before: User | None, after: User | None) -> None:
        """Who is gone keeps nothing."""
        if before is not None and after is None:
            self._ctx.spawn(self._kept.delete(before.id), name="forget what a user kept")

    async def _of(self, user_id: str) -> Mapping[str, Any]:
        return await self._kept.get(user_id) or {}

    # looks and words -------------------------------------------------------------------------------------------------

    def themes(self, call: Call) -> Mapping[str, Any]:
        """No plugin brings a theme; screens use their own."""
        return {"themes": {}, "default_theme": "default", "default_dark_theme": None}

    def icons(self, call: Call) -> Mapping[str, Any]:
        """No plugin brings icons beside those in the states; screens use their own."""
        return {"resources": {}}

    def translations(self, call: Call) -> Mapping[str, Any]:
        """The words of one category, of some plugins or all."""
        message = call.message
        wanted = message.get("integration")
        names = [wanted] if isinstance(wanted, str) else wanted
        found = dict(self._words(message["category"], message["language"]))
        if names is not None:
            prefixes = tuple(f"component.{name}." for name in names)
            found = {key: text for key, text in found.items() if key.startswith(prefixes)}
        return {"resources": found}

    def _words(self, category: str, language: str) -> Iterator[tuple[str, str]]:
        translator = self._rooms.translator
        for domain in translator.domains:
            for key, text in translator.catalog(PluginDomain(domain), language).items():
                if key.startswith(OF_COMPONENTS):
                    component, _, rest = key.removeprefix(OF_COMPONENTS).partition(".")
                    if category == "entity_component":
                        yield f"component.{component}.entity_component.{rest}", text
                elif key.startswith(f"{category}."):
                    yield f"component.{domain}.{key}", text


def _part(data: Mapping[str, Any], key: str | None) -> Mapping[str, Any]:
    return {"value": data if key is None else data.get(key)}


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer = FrontendCommands(ctx), ctx.commands.add
    ctx.on_unload(ctx.serving.auth.users.watch(commands.user_changed))
    key = {vol.Optional("key"): str}
    offer("frontend/get_user_data", commands.get_user_data, key)
    offer("frontend/subscribe_user_data", commands.subscribe_user_data, key)
    offer(
        "frontend/set_user_data",
        commands.set_user_data,
        {vol.Required("key"): str, vol.Required("value"): vol.Any(bool, str, int, float, dict, list, None)},
    )
    offer("frontend/get_themes", commands.themes)
    offer(
        "frontend/get_icons",
        commands.icons,
        {vol.Required("category"): vol.In(ICON_CATEGORIES), vol.Optional("integration"): vol.Any(str, [str])},
    )
    offer(
        "frontend/get_translations",
        commands.translations,
        {
            vol.Required("language"): str,
            vol.Required("category"): str,
            vol.Optional("integration"): vol.Any(str, [str]),
            vol.Optional("config_flow"): bool,
        },
    )
