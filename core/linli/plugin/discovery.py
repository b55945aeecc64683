"""Where plugins are: the entry-point group ``linli.plugins``, and what was dropped into ``<config>/plugins/``.

Looking imports nothing. A drop-in is a folder ``NAME/`` with an ``__init__.py``, or one file ``NAME.py``; its domain is
NAME without a leading ``linli_``.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
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
    for claim in (*_installed(_searched()), *_dropped_in(dropped_into)):
        found.setdefault(claim.domain, []).append(claim)
    return {domain: _distinct(claims) for domain, claims in sorted(found.items())}


def _searched() -> tuple[tuple[str, int], ...]:
    """Where Python looks for distributions, and when something was last installed there."""
    return tuple((place, os.stat(place).st_mtime_ns) for place in sys.path if os.path.isdir(place))


@lru_cache(maxsize=1)
def _installed(searched: tuple[tuple[str, int], ...]) -> tuple[Found, ...]:
    """Reading the metadata of all that is installed takes 10 ms, so it is done once as long as nothing is installed."""
    return tuple(_claims(entry_points(group=GROUP)))


def _claims(points: Iterable[EntryPoint]) -> Iterable[Found]:
    named: dict[Distribution | None, tuple[str, str]] = {None: ("", "")}  # each asking parses its metadata anew: 0.5 ms
    for point in points:
        if point.dist is not None and point.dist not in named:
            said = point.dist.metadata
            named[point.dist] = (_normalized(said["Name"]), said["Version"])
        yield Found(point.name, point.value.partition(":")[0].strip(), *named[point.dist])


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
