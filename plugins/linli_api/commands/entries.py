"""``config_entries/*``: the instances of plugins; never their settings, which may hold secrets."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import ConfigEntry, NotFound, PluginContext, Turn
from linli_api.codes import HOME_ASSISTANT_ERROR, CommandError
from linli_api.commands.rights import anew, given, needs
from linli_api.connection import ANSWERED, Call
from linli_api.marks import Mark

EDIT: Final = "entries.edit"
TYPES: Final = ("device", "entity", "hardware", "helper", "hub", "service", "system", "virtual")
TYPE: Final = "service"
"""What sort of integration clients are told a plugin is; plugins do not say."""
THE_DOOR: Final = "This is what answers you; switch it off in the configuration"


def is_the_door(entry: ConfigEntry) -> bool:
    """Whether the answer to this very question comes through it: who shuts it here could never open it again."""
    return entry.domain in ("api", "http")


def shown(entry: ConfigEntry) -> dict[str, Any]:
    """An entry as Home Assistant's clients know it."""
    parameters = {name: str(value) for name, value in entry.reason_parameters.items()}
    return {
        "created_at": entry.created_at,
        "disabled_by": entry.disabled_by,
        "domain": entry.domain,
        "entry_id": entry.entry_id,
        "error_reason_translation_key": entry.reason_key,
        "error_reason_translation_placeholders": parameters or None,
        "modified_at": entry.modified_at,
        "num_subentries": 0,
        "pref_disable_new_entities": entry.pref_disable_new_entities,
        "pref_disable_polling": entry.pref_disable_polling,
        "reason": entry.reason,
        "source": entry.source.value,
        "state": entry.state.value,
        "supported_subentry_types": {},
        "supports_options": False,
        "supports_reconfigure": False,
        "supports_remove_device": False,
        "supports_unload": not is_the_door(entry),
        "title": entry.title,
    }


class EntryCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._entries = ctx.entries

    def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Every entry, or those of a plugin; the deployment's, so only for readers who reach its root."""
        return self._shown(call, call.message.get("domain"))

    def one(self, call: Call) -> Mapping[str, Any]:
        """One entry."""
        return {"config_entry": shown(self._need(call))}

    def subscribe(self, call: Call) -> Any:
        """All of them, and what becomes of them."""

        def changed(change: Any) -> None:
            if call.view.sees_root() and _is_wanted(call):
                call.event([{"type": change.type, "entry": shown(change.entry)}], Mark(_sees_root))

        def tell_all() -> None:
            call.event([{"type": None, "entry": entry} for entry in self._shown(call)], Mark(_sees_root, tell_all))

        call.accept()
        tell_all()
        call.on_unsubscribe(self._entries.watch(changed))
        return ANSWERED

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Another title or preference."""
        entry = await self._entries.update(self._need(call).entry_id, **given(call, "entry_id"))
        return {"config_entry": shown(entry), "require_restart": False}

    async def disable(self, call: Call) -> Mapping[str, Any]:
        """Off, or on again."""
        entry = self._need(call)
        if is_the_door(entry):
            raise CommandError(HOME_ASSISTANT_ERROR, THE_DOOR)
        await self._entries.disable(entry.entry_id, call.message["disabled_by"])
        return {"require_restart": False}

    def subentries(self, call: Call) -> list[Any]:
        """Entries have no parts of their own."""
        self._need(call)
        return []

    def delete_subentry(self, call: Call) -> None:
        """So none can go."""
        self._need(call)
        raise NotFound("Config subentry not found")

    def ignore_flow(self, call: Call) -> None:
        """So none can be put aside."""
        raise NotFound("Config entry not found")

    def flows(self, call: Call) -> list[Any]:
        """Nothing is being set up on a screen: instances come from the YAML."""
        return []

    def _shown(self, call: Call, domain: str | None = None) -> list[Mapping[str, Any]]:
        if not call.view.sees_root() or not _is_wanted(call):
            return []
        return [shown(entry) for entry in self._entries.all(domain)]

    def _need(self, call: Call) -> ConfigEntry:
        return self._entries.need(call.message["entry_id"])


def _sees_root(turn: Turn) -> bool:
    return turn.view.sees_root()


def _is_wanted(call: Call) -> bool:
    wanted = call.message.get("type_filter")
    return wanted is None or TYPE in wanted


def _types(value: Any) -> list[str]:
    """Kinds of plugins: one, or a list of them."""
    wanted = [value] if isinstance(value, str) else value
    return vol.Schema([vol.In(TYPES)])(wanted)  # type: ignore[no-any-return]  # voluptuous gives what went in


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer = EntryCommands(ctx), ctx.commands.add
    kinds, the_id = {vol.Optional("type_filter"): _types}, {vol.Required("entry_id"): str}
    offer("config_entries/get", anew(commands.all), {**kinds, vol.Optional("domain"): str})
    offer("config_entries/get_single", needs(EDIT, commands.one), the_id)
    offer("config_entries/subscribe", commands.subscribe, kinds)
    offer(
        "config_entries/update",
        needs(EDIT, commands.update),
        {
            **the_id,
            vol.Optional("title"): str,
            vol.Optional("pref_disable_new_entities"): bool,
            vol.Optional("pref_disable_polling"): bool,
        },
    )
    offer(
        "config_entries/disable",
        needs(EDIT, commands.disable),
        {**the_id, vol.Required("disabled_by"): vol.Any(None, "user")},
    )
    offer("config_entries/subentries/list", needs(EDIT, commands.subentries), the_id)
    offer(
        "config_entries/subentries/delete",
        needs(EDIT, commands.delete_subentry),
        {**the_id, vol.Required("subentry_id"): str},
    )
    offer(
        "config_entries/ignore_flow",
        needs(EDIT, commands.ignore_flow),
        {vol.Required("flow_id"): str, vol.Optional("title"): str},
    )
    offer("config_entries/flow/progress", needs(EDIT, commands.flows))
