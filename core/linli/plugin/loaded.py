"""A plugin that was imported, and how that is done where its code runs in the hub's process."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from linli.cancelling import undisturbed
from linli.ids import PluginDomain
from linli.plugin.catalog import CatalogEntry
from linli.plugin.context import PluginContext
from linli.plugin.imported import Imported
from linli.plugin.manifest import Privilege
from linli.translations import read_texts

SET_UP_WITHIN_S: Final = 60.0
UNLOAD_WITHIN_S: Final = 10.0


@dataclass(slots=True)
class Loaded:
    """A plugin that was imported."""

    entry: CatalogEntry
    module: ModuleType
    granted: frozenset[Privilege]
    ctx: PluginContext | None = None
    told_started: bool = False


def task_name(domain: PluginDomain) -> str:
    return f"core:set_up:{domain}"


async def close_door(ctx: PluginContext) -> None:
    """To the end, also where whoever waits for it is cancelled: nothing may be left behind."""
    await asyncio.shield(undisturbed(ctx.nursery.close(), f"core:close:{ctx.domain}"))


def import_all(entries: Sequence[CatalogEntry]) -> list[Imported | BaseException]:
    return [_import(entry) for entry in entries]


def _import(entry: CatalogEntry) -> Imported | BaseException:
    try:
        module = entry.load("plugin")
        hooks = entry.load("hooks", optional=True)
        return Imported(module, hooks, read_texts(entry.folder))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the guard: an import that fails is that plugin's failure
        return error
