"""The deployment as a backup keeps it, and what its ``linli: {backup: …}`` says, found from the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from linli.config import load
from linli.config.deployment import CORE_SECTION
from linli.process.last_good import LastGood
from linli.storage.backup import CONFIGURATION, own_folder
from linli.storage.history import CODE

if TYPE_CHECKING:
    from linli.storage.storage import Storage

BACKUP: Final = "backup"


def configuration_of(storage: Storage, *, at: float) -> bytes | None:
    """The last configuration that ran; where no parent kept one, the deployment's files as they are now.

    None where there is neither. Blocks on the disk.
    """
    file = storage.folder.path / CONFIGURATION
    if LastGood.read(storage.folder.path) is not None:
        return file.read_bytes()
    deployment = storage.instance.deployment
    if deployment is None or not Path(deployment).is_file():
        return None
    with own_folder(storage.folder.copies, "configuration") as own:
        try:
            LastGood.of(load(deployment), (), at=at, code=CODE).write(Path(own))
        except OSError:
            return None
        return Path(own, CONFIGURATION).read_bytes()


def section_of(deployment: str | None) -> dict[str, Any]:
    """What the deployment at this path says about backups, with absolute paths; empty where it says nothing. Blocks."""
    if deployment is None or not Path(deployment).is_file():
        return {}
    loaded = load(deployment)
    core = loaded.section(CORE_SECTION)
    said = core.get(BACKUP) if isinstance(core, dict) else None
    if not isinstance(said, dict):
        return {}
    recipients = said.get("recipients", [])
    section = {**said, "recipients": [recipients] if isinstance(recipients, str) else list(recipients)}
    for name in ("folder", "identity_file"):
        if isinstance(section.get(name), str):
            section[name] = str(Path(loaded.root, section[name]).resolve())
    return section
