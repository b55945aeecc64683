"""Where files may be written because somebody asks: one folder of the hub's own, and what the deployment lists."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from linli.errors import NotSupported

SNAPSHOTS: Final = "snapshots"
"""The hub's own, in the data folder; a name without a folder before it means a file there."""


class AllowedFolders:
    """Refuses every other place, also one that is only reached by ``..`` or a link."""

    def __init__(self, data: Path, listed: Sequence[str]) -> None:
        self._own = data.absolute() / SNAPSHOTS
        self.listed = tuple(listed)
        """As ``allowlist_external_dirs`` names them, absolute."""

    def place(self, name: str) -> Path:
        """The file that ``name`` means; raises NotSupported where it may not lie. Blocks a little."""
        if not name.strip() or "\0" in name or name.endswith(("/", os.sep)):
            raise NotSupported("a file needs a name", key="file_without_name")
        path = (self._own / name).resolve()
        for folder in (self._own, *map(Path, self.listed)):
            if path != folder.resolve() and path.is_relative_to(folder.resolve()):
                return path
        raise NotSupported(
            f"Cannot write {name}: no access to that path; linli: {{allowlist_external_dirs: […]}} would allow it",
            key="path_not_allowed",
            parameters={"path": name},
        )

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, whole or not at all, with the folders above it. Blocks; raises NotSupported, OSError."""
        target = self.place(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        partial.replace(target)
