"""Config entries: one for each instance of a plugin, the unit in which things are set up and taken down."""

from linli.entries.book import EntryChange
from linli.entries.config_entries import ConfigEntries, EntryHooks
from linli.entries.entry import ConfigEntry, EntryState, EntryVersion, NotReady, Source, entry_id_of
from linli.entries.notices import EntryNotices

__all__ = [
    "ConfigEntries",
    "ConfigEntry",
    "EntryChange",
    "EntryHooks",
    "EntryNotices",
    "EntryState",
    "EntryVersion",
    "NotReady",
    "Source",
    "entry_id_of",
]
