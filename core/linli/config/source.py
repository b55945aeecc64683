"""Files as the deployment sees them: names relative to its folder, bytes read once, parsed files kept."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from linli.config.reader import Parsed, parse

YAML_ENDINGS: Final = (".yaml", ".yml")
MAIN_FILE: Final = "linli.yaml"
SECRETS_FILE: Final = "secrets.yaml"
PACKS: Final = Path(__file__).with_name("packs")


class Files(Protocol):
    """Where a deployment's files come from."""

    def read(self, path: Path, label: str) -> Parsed:
        """The parsed file; raises OSError where it cannot be read."""

    def is_file(self, path: Path) -> bool:
        """Whether there is such a file."""

    def is_folder(self, path: Path) -> bool:
        """Whether there is such a folder."""

    def yaml_files(self, folder: Path) -> list[Path]:
        """The YAML files of a folder and the folders in it, sorted; hidden ones and secrets are left out."""


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

    def is_file(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path.is_file()

    def is_folder(self, path: Path) -> bool:
        """Whether there is such a folder."""
        return path.is_dir()

    def yaml_files(self, folder: Path) -> list[Path]:
        """The YAML files of a folder and the folders in it, sorted; hidden ones and secrets are left out."""
        return sorted(
            Path(base, name)
            for base, folders, names in os.walk(folder)
            if _keep_visible(folders)
            for name in names
            if _is_include(name)
        )


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Files as they once were, by path; linli's own packs are those of the code that runs."""

    contents: Mapping[Path, bytes]

    def read(self, path: Path, label: str) -> Parsed:
        """The parsed file; raises FileNotFoundError where there was none."""
        if path in self.contents:
            return parse(self.contents[path], label)
        if not path.is_relative_to(PACKS):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return parse(path.read_bytes(), label)

    def is_file(self, path: Path) -> bool:
        """Whether there was such a file."""
        return path in self.contents or (path.is_relative_to(PACKS) and path.is_file())

    def is_folder(self, path: Path) -> bool:
        """Whether anything lay in such a folder."""
        return any(path in kept.parents for kept in self.contents)

    def yaml_files(self, folder: Path) -> list[Path]:
        """What lay in that folder and those in it, as :meth:`ParsedFiles.yaml_files` finds it."""
        return sorted(
            path
            for path in self.contents
            if folder in path.parents
            and _is_include(path.name)
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        )


def _keep_visible(folders: list[str]) -> bool:
    """Have ``os.walk`` leave hidden folders out."""
    folders[:] = [name for name in folders if not name.startswith(".")]
    return True


def _is_include(name: str) -> bool:
    return name.endswith(YAML_ENDINGS) and not name.startswith(".") and name != SECRETS_FILE


def label_of(path: Path, root: Path) -> str:
    """How reports name a file: relative to the deployment's folder, with forward slashes."""
    return Path(os.path.relpath(path, root)).as_posix()
