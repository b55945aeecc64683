"""``manifest/*``, ``integration/*``, ``entity/source``: which plugins there are, and what is whose."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Actor, NotFound, PluginContext, PluginStatus
from linli_api.commands.rights import anew, needs
from linli_api.connection import Call
from linli_api.plugin_status import described

DOCUMENTATION: Final = "/api/linli/plugins/{}"


class PluginCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._plugins = ctx.plugins
        self._rooms = ctx.serving.rooms

    def manifests(self, call: Call) -> list[Mapping[str, Any]]:
        """All of them, or those asked for."""
        names = call.message.get("integrations")
        statuses = self._plugins.all() if names is None else [self._need(name) for name in names]
        return [self._shown(status, call) for status in statuses]

    def manifest(self, call: Call) -> Mapping[str, Any]:
        """One."""
        return self._shown(self._need(call.message["integration"]), call)

    def descriptions(self, call: Call) -> Mapping[str, Any]:
        """What could be set up on a screen: nothing, since plugins are named in the YAML."""
        nothing: dict[str, Any] = {"integration": {}, "helper": {}, "translated_name": []}
        return {"core": nothing, "custom": {"integration": {}, "helper": {}}}

    def setup_times(self, call: Call) -> list[Mapping[str, Any]]:
        """How long each plugin's hooks have taken, its set-up among them."""
        return [{"domain": each.domain, "seconds": each.account.hook_seconds} for each in self._plugins.all()]

    def listed(self, call: Call) -> list[Mapping[str, Any]]:
        """Every plugin with its state and cause, its faults and costs, and its entries, in the reader's language.

        ``language``: that of the page that shows them, where the reader reads another one there.
        """
        language = call.message.get("language") or call.user.language or self._rooms.settings.language
        return [described(self._rooms, status, language) for status in self._plugins.all()]

    async def release(self, call: Call) -> None:
        """Let a plugin in again that is in quarantine or switched off."""
        await self._rooms.quarantine.release(call.message["domain"], Actor.of(call.context))

    async def disable(self, call: Call) -> None:
        """Switch a plugin off until it is released, refused for one for safety; the YAML stays as it is."""
        await self._rooms.quarantine.disable(call.message["domain"], Actor.of(call.context))

    def sources(self, call: Call) -> Mapping[str, Any]:
        """Whose each entity is, of those that the reader sees."""
        view, states = call.view, self._rooms.states
        found: dict[str, Any] = {}
        for state in states.all():
            owner = states.owner(state.entity_id)
            if owner is not None and view.sees(state.entity_id):
                row = self._rooms.registries.entities.get(state.entity_id)
                found[state.entity_id] = {"domain": owner if row is None else row.platform}
        return found

    def _need(self, name: str) -> PluginStatus:
        status = self._plugins.get(name)
        if status is None:
            raise NotFound("Integration not found")
        return status

    def _shown(self, status: PluginStatus, call: Call) -> Mapping[str, Any]:
        language = call.user.language or self._rooms.settings.language
        name = self._rooms.translator.find(status.domain, "name", language)
        described: dict[str, Any] = {
            "codeowners": [],
            "config_flow": False,
            "documentation": DOCUMENTATION.format(status.domain),
            "domain": status.domain,
            "is_built_in": status.distribution == "linli",
            "name": name or status.domain,
            "overwrites_built_in": False,
        }
        if status.manifest is not None:
            described["dependencies"] = list(status.manifest.requires)
            described["single_config_entry"] = status.manifest.single
        return described


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer = PluginCommands(ctx), ctx.commands.add
    offer("manifest/list", commands.manifests, {vol.Optional("integrations"): [str]})
    offer("manifest/get", commands.manifest, {vol.Required("integration"): str})
    offer("integration/descriptions", needs("admin", commands.descriptions))
    offer("integration/setup_info", needs("plugins.read", commands.setup_times))
    offer("linli/plugins/list", needs("plugins.read", commands.listed), {vol.Optional("language"): str})
    offer("linli/plugins/release", needs("admin", commands.release), {vol.Required("domain"): str})
    offer("linli/plugins/disable", needs("admin", commands.disable), {vol.Required("domain"): str})
    offer("entity/source", anew(commands.sources))
