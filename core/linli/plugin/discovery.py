"""Where plugins are: the entry-point group ``linli.plugins``, and what was dropped into ``<config>/plugins/``.

Looking imports nothing. A drop-in is a folder ``NAME/`` with an ``__init__.py``, or one file ``NAME.py``; its domain is
NAME without a leading ``linli_``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

GROUP: Final = "linli.plugins"
OUR_DISTRIBUTION: Final = "linli"
PREFIX: Final = "linli_"


@dataclass(frozen=True, slots=True)
class Found:
    """One claim to a domain: where its package is, and who brought it."""

    domain: str
    package: str
    """The name under which it is imported."""
    distribution: str
    """The distribution that installed it; of a drop-in the name of its folder or file."""
    version: str = ""
    dropped_in: Path | None = None
    """The folder or file of a drop-in."""

    @property
    def shipped(self) -> bool:
        """It comes with linli itself, and is trusted like linli itself."""
        return self.dropped_in is None and self.distribution == OUR_DISTRIBUTION


def discover(dropped_into: Path | None = None) -> dict[str, tuple[Found, ...]]:
    """Every claim to every domain, installed ones first. Blocking (reads metadata and one folder), about 5 ms."""
    found: dict[str, list[Found]] = {}
    for claim in (*_installed(entry_points(group=GROUP)), *_dropped_in(dropped_into)):
        found.setdefault(claim.domain, []).append(claim)
    return {domain: _distinct(claims) for domain, claims in sorted(found.items())}


def _installed(points: Iterable[EntryPoint]) -> Iterable[Found]:
    for point in points:
        name, version = (point.dist.name, point.dist.version) if point.dist is not None else ("", "")
        yield Found(point.name, point.value.partition(":")[0].strip(), _normalized(name), version)


def _normalized(distribution: str) -> str:
    return distribution.lower().replace("_", "-").replace(".", "-")


def _dropped_in(folder: Path | None) -> Iterable[Found]:
    if folder is None or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        is_plugin = (path / "__init__.py").is_file() if path.is_dir() else path.suffix == ".py"
        if is_plugin and path.stem.isidentifier() and not path.stem.startswith("__"):
            name = path.stem
            yield Found(name.removeprefix(PREFIX), name, path.name, dropped_in=path.resolve())


def _distinct(claims: Iterable[Found]) -> tuple[Found, ...]:
    """Two lines of one distribution that say the same are one claim (an editable install listed twice)."""
    return tuple(dict.fromkeys(claims))
