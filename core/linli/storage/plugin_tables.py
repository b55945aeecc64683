"""A plugin's own tables: a folder ``migrations/`` beside its ``plugin.py`` is a history of its domain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from linli.storage.history import CODE, History
from linli.storage.migrate import Outcome

if TYPE_CHECKING:
    from linli.plugin.manifest import Manifest
    from linli.storage.storage import Storage

FOLDER: Final = "migrations"
SAFETY: Final = "safety"
"""A folder of this name in ``migrations/`` belongs to the database ``safety``, and only adds."""


def histories_of(manifest: Manifest, folder: Path, code: str = CODE) -> tuple[History | None, History | None]:
    """What a plugin's folder brings for ``hub`` and for ``safety``; its files are not imported."""
    migrations = folder / FOLDER
    for_hub = History(manifest.domain, migrations, code=code) if any(migrations.glob("[!_]*.py")) else None
    safe = migrations / SAFETY
    for_safety = History(manifest.domain, safe, safety=True, code=code) if safe.is_dir() else None
    return for_hub, for_safety


async def migrate_plugin(storage: Storage, manifest: Manifest, folder: Path) -> list[Outcome]:
    """Bring the tables of a plugin to what its code expects, before ``linli_setup``; none, where it has none.

    Raises StorageRefused when its data were written by a newer version of it, and whatever its own migration raises.
    """
    for_hub, for_safety = histories_of(manifest, folder)
    outcomes = []
    for database, history in ((storage.hub, for_hub), (storage.safety, for_safety)):
        if history is not None:
            outcomes.append(await storage.migrate(database, history))
    return outcomes
