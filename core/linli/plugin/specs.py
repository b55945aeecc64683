"""The hooks that the core itself declares: a plugin's life."""

from datetime import datetime
from typing import TYPE_CHECKING

from linli.plugin.hooks import Answer, hookspec

if TYPE_CHECKING:
    from linli.entries import ConfigEntry
    from linli.plugin.context import PluginContext


@hookspec
def linli_setup(ctx: "PluginContext") -> Answer[None]:
    """Set up what the plugin has once, whatever its entries: services, commands, routes, APIs.

    Called once per start, before the plugin's entries; it has 60 s. An exception or a time-out: the plugin is shown as
    failed, its entries wait, and set-up is tried again with growing pauses. None: done (there is no other answer).
    """


@hookspec
def linli_setup_entry(ctx: "PluginContext", entry: "ConfigEntry") -> Answer[None]:
    """Set up one config entry: its devices, entities, tasks, routes and services belong to it and go with it.

    Called for each enabled entry; it has 60 s. NotReady: tried again with growing pauses. Any other exception or a
    time-out is charged, the entry is shown as failed and tried again too; the rest runs. None: done (there is no other
    answer).
    """


@hookspec
def linli_unload_entry(ctx: "PluginContext", entry: "ConfigEntry") -> Answer[bool]:
    """Let go of what only the plugin knows of; everything made through ``ctx`` goes by itself afterwards.

    Called before an entry is unloaded or reloaded; it has 10 s. False: the entry refuses and stays loaded. An
    exception or a time-out is charged and the entry is unloaded all the same. None means True.
    """


@hookspec
def linli_migrate_entry(entry: "ConfigEntry", version: int, minor_version: int) -> Answer[dict[str, object]]:
    """Give the data of ``entry`` (written by an older version of the plugin) in the form of the manifest's versions.

    Called before set-up when the entry's data is older, whatever the distance; it has 10 s. An exception, a time-out
    or None: the entry is shown as not migrated and is not set up; its old data stays untouched. Only where nothing but
    the minor version is older, None means that the data can be read as it is.
    """


@hookspec
def linli_started(ctx: "PluginContext") -> Answer[None]:
    """Everything that the deployment names has been set up, or failed; the hub runs.

    Called once per start, the upper layers first (they hear what the lower ones tell then), and of a plugin that comes
    up only later when it does; it has 10 s. An exception or a time-out is charged, nothing else happens. None: noted.
    """


@hookspec
def storage_restored(since: datetime) -> Answer[None]:
    """The data were restored from a backup made at ``since``: apply again what people withdrew or had erased after it.

    Called at the first start after a restore, once the plugin is set up and before the hub is ready; it has 300 s. Ask
    whoever still knows (another hub, the office's list); what nobody knows any more, show as an issue. An exception, a
    time-out, or a plugin that could not be set up: shown as critical, journaled, and asked again at every start until
    it answers. None: applied (there is no other answer).
    """
