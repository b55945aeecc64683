"""The last good configuration: every file of a deployment that ran, kept in the data folder as it then was.

Not kept: what ``!env_var`` read from the environment, files that a section names (a list of residents), and dropped-in
plugins, which are code.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linli.config.deployment import Deployment
from linli.config.loading import load
from linli.config.source import PACKS, KeptFiles
from linli.process.way_back import FILE


@dataclass(frozen=True, slots=True)
class LastGood:
    """A configuration that ran, and the code that it ran with."""

    main: Path
    settings: tuple[str, ...]
    """What ``--set`` and its like gave."""
    files: KeptFiles
    at: float
    """When it had proved itself (business time)."""
    code: str
    """The version of linli."""
    environment: str
    """The Python environment that it ran in (``sys.prefix``)."""

    @classmethod
    def of(cls, deployment: Deployment, settings: tuple[str, ...], *, at: float, code: str) -> LastGood:
        """Read the deployment's files again, to be kept. Blocks; raises OSError where one is gone meanwhile."""
        files = {path: path.read_bytes() for path in deployment.files if not path.is_relative_to(PACKS)}
        return cls(deployment.main, settings, KeptFiles(files), at, code, sys.prefix)

    def load(self) -> Deployment:
        """The deployment as it was."""
        return load(self.main, set=self.settings, files=self.files)

    def is_what_ran(self, other: LastGood | None) -> bool:
        """Whether both are the same configuration with the same code."""
        return other is not None and replace(other, at=self.at) == self

    def write(self, data: Path) -> None:
        """Keep it in the data folder, in place of the one before. Blocks."""
        target = data / FILE
        partial = target.with_suffix(".partial")
        partial.unlink(missing_ok=True)  # one that was left behind may be readable by others
        handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(self._as_dict()).encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)

    def _as_dict(self) -> dict[str, Any]:
        return {
            "main": str(self.main),
            "settings": list(self.settings),
            "files": {str(path): base64.b64encode(data).decode() for path, data in self.files.contents.items()},
            "at": self.at,
            "code": self.code,
            "environment": self.environment,
        }

    @classmethod
    def read(cls, data: Path) -> LastGood | None:
        """The one that is kept in the data folder; None where there is none, or a damaged one. Blocks."""
        try:
            said = json.loads((data / FILE).read_bytes())
            files = {Path(path): base64.b64decode(text) for path, text in said["files"].items()}
            at = datetime.fromtimestamp(said["at"], UTC).timestamp()
            return cls(
                Path(said["main"]), tuple(map(str, said["settings"])), KeptFiles(files), at, str(said["code"]),
                str(said["environment"]),
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return None
