"""Files as the deployment sees them: names relative to its folder, bytes read once, parsed files kept."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from linli.config.reader import Parsed, parse

YAML_ENDINGS: Final = (".yaml", ".yml")
MAIN_FILE: Final = "linli.yaml"
SECRETS_FILE: Final = "secrets.yaml"


@dataclass(slots=True)
class ParsedFiles:
    """Parsed files by path, time and size; handed from one load to the next, an unchanged file is not read again."""

    _kept: dict[tuple[Path, str], tuple[tuple[int, int, int], Parsed]] = field(default_factory=dict)

    def read(self, path: Path, label: str) -> Parsed:
        """The parsed file; raises OSError where it cannot be read."""
        status = os.stat(path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        kept = self._kept.get((path, label))
        if kept is not None and kept[0] == stamp:
            return kept[1]
        parsed = parse(path.read_bytes(), label)
        self._kept[path, label] = (stamp, parsed)
        return parsed


def label_of(path: Path, root: Path) -> str:
    """How reports name a file: relative to the deployment's folder, with forward slashes."""
    return Path(os.path.relpath(path, root)).as_posix()


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files of a folder and the folders in it, sorted; hidden ones and secrets are left out."""
    found: list[Path] = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(base, name)
            for name in names
            if name.endswith(YAML_ENDINGS) and not name.startswith(".") and name != SECRETS_FILE
        ]
    return sorted(found)
