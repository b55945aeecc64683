"""What ``linli run`` tells a person once the hub is up: where to open it, why nobody can, and how it gets an owner."""

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from linli.cli.words import counted, language, say, tell
from linli.config import Checked
from linli.entries import ConfigEntry, EntryState
from linli.ids import CORE

if TYPE_CHECKING:
    from linli.hub import Hub

SERVER: Final = "http"
"""The plugin whose entry listens for browsers."""
FAILED: Final = frozenset({EntryState.SETUP_ERROR, EntryState.SETUP_RETRY, EntryState.MIGRATION_ERROR})
FORM: Final = "pages"
"""The plugin that serves the form by which the first owner is made."""


def tell_ready(hub: "Hub", result: Checked, seconds: str) -> None:
    """The line that a person waits for, and why nobody may be able to open the address yet."""
    where, servers = address(result), hub.rooms.entries.all(SERVER)
    key = "run.ready" if any(entry.state is EntryState.LOADED for entry in servers) else "run.ready_unserved"
    plugins = counted("plugins", len(hub.rooms.overview.all()))
    entities = counted("entities", len(hub.rooms.states))
    tell(say(key, name=result.core["name"], address=where, plugins=plugins, entities=entities, seconds=seconds))
    for entry in servers:
        if entry.state is not EntryState.LOADED:
            tell(say("run.unreachable", address=where, reason=why_not(hub, entry)))
            if entry.state is EntryState.SETUP_RETRY:
                tell(say("run.retried"))
    _tell_failed(hub)
    for rescued in hub.rooms.storage.rescued:
        tell(say("run.set_aside", database=rescued.database, file=rescued.file.name))
    if hub.rooms.auth.failed_closed:
        tell(say("run.logins_closed"))
    tell(say("run.stop_hint"))


def _tell_failed(hub: "Hub") -> None:
    for entry in hub.rooms.entries.all():
        if entry.domain != SERVER and entry.state in FAILED:
            tell(say("run.entry_failed", title=entry.title, plugin=entry.domain, reason=why_not(hub, entry)))


def why_not(hub: "Hub", entry: ConfigEntry) -> str:
    """Why an entry is not loaded, in the language of the terminal where its plugin has the words."""
    translator = hub.rooms.translator
    for domain in (entry.domain, CORE):
        if entry.reason_key is not None and translator.find(domain, entry.reason_key, language()) is not None:
            return translator.say(domain, entry.reason_key, entry.reason_parameters, language())
    return entry.reason or say("run.no_reason")


async def open_set_up(hub: "Hub", result: Checked, data: Path) -> None:
    """Where nobody owns the hub: print the link by which somebody becomes the owner, or how else one is made."""
    if not hub.rooms.auth.first_owner.is_needed:
        return
    folder = shlex.quote(str(data))
    if all(_wanted(hub, domain) for domain in (SERVER, FORM)):
        await _answering(hub)
        secret = await hub.rooms.auth.first_owner.begin()
        if secret is None:
            return
        tell(say("run.set_up", link=f"{address(result)}/#setup={secret}"))
    else:
        tell(say("run.no_form", data=folder))
    if any(not user.system_generated for user in hub.rooms.auth.users.all()):
        tell(say("run.owner_of_users", data=folder))


def _wanted(hub: "Hub", domain: str) -> bool:
    return any(entry.present and not entry.disabled for entry in hub.rooms.entries.all(domain))


async def _answering(hub: "Hub") -> None:
    """Wait until this hub itself serves the form at its address.

    Before that another program may listen there, and the link would hand it the secret.
    """
    entries = hub.rooms.entries
    answering = asyncio.Event()

    def loaded(domain: str) -> bool:
        return any(entry.state is EntryState.LOADED for entry in entries.all(domain))

    def look() -> None:
        if loaded(SERVER) and loaded(FORM):
            answering.set()

    unwatch = entries.watch(lambda _: look())
    try:
        look()
        await answering.wait()
    finally:
        unwatch()


def address(result: Checked) -> str:
    """Where a browser on this machine finds the hub; a dash where the deployment has no server."""
    served = result.settings(SERVER)
    if not served:
        return "–"
    hosts = served[0].get("host", "127.0.0.1")
    host = hosts if isinstance(hosts, str) else hosts[0]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    scheme = "https" if served[0].get("tls") else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{served[0].get('port', 8123)}"
