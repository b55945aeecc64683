"""What a plugin's own ``checks.py`` says of its section: parts that it reads by schemas of their own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from linli.config.position import KeyPath


@dataclass(frozen=True, slots=True)
class Part:
    """Something in a section, and what it has to pass."""

    path: KeyPath
    """Within the section."""
    written: Any
    schema: Any
    """Anything that a schema may hold, or a function that raises ``vol.Invalid``."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a check may know beside its own section."""

    enabled: Mapping[str, tuple[str, ...]]
    """The plugins that will run, each with those that it builds upon."""
    files: Callable[[str], Mapping[str, bytes]]
    """The YAML files below a folder of the deployment, by their path within it."""
    services: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By domain the names of the services that there will be, where all plugins that offer some describe theirs."""


class PartsCheck(Protocol):
    """``check_parts`` in a plugin's ``checks.py``."""

    def __call__(self, written: Any, around: Surroundings) -> Iterable[Part]:
        """The parts of the section as it was written; pure, and quick."""
