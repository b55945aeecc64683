"""A plugin as the plugins' page and ``/api/linli/plugins`` show it: never its settings, which may hold secrets."""

from typing import Any

from linli import ConfigEntry, PluginStatus, Rooms, iso_time


def described(rooms: Rooms, status: PluginStatus, language: str) -> dict[str, Any]:
    """One plugin; its cause and those of its entries in ``language`` where they have a sentence of their own."""
    account, manifest = status.account, status.manifest
    bar = rooms.quarantine.bar(status.domain)
    return {
        "domain": status.domain,
        "name": rooms.translator.find(status.domain, "name", language) or status.domain,
        "state": status.state.value,
        "reason": status.reason if status.cause is None else rooms.translator.text(status.cause, language),
        "since": None if bar is None else iso_time(bar.since),
        "exempt": rooms.quarantine.exempt(status.domain),
        "attempts": status.attempts,
        "process": rooms.children.described(status.domain),
        "distribution": status.distribution,
        "layer": None if manifest is None else manifest.layer,
        "requires": [] if manifest is None else list(manifest.requires),
        "counts": dict(account.counts),
        "hook_calls": account.hook_calls,
        "hook_seconds": account.hook_seconds,
        "recent": [
            {"when": c.when, "kind": c.kind, "where": c.where, "what": c.what, "line": c.line} for c in account.recent
        ],
        "entries": [_entry(rooms, entry, language) for entry in rooms.entries.all(status.domain) if entry.present],
    }


def _entry(rooms: Rooms, entry: ConfigEntry, language: str) -> dict[str, Any]:
    reason = entry.reason
    if entry.reason_key is not None:
        said = rooms.translator.say(entry.domain, entry.reason_key, entry.reason_parameters, language)
        reason = reason if said == entry.reason_key else said
    return {"title": entry.title, "state": entry.state.value, "reason": reason}
