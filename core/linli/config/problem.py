"""One mistake of a deployment, and the report of them all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from linli.config.phrases import DEFAULT_LANGUAGE, Lookup, Phrase
from linli.config.position import KeyPath, Position, dotted

START: Final = Position("linli.yaml", 1, 1)


class Severity(StrEnum):
    """What a mistake does to the deployment."""

    ERROR = "error"
    """The deployment is not taken up (exit 1)."""
    WARNING = "warning"
    """It runs (exit 0), and says so at its start and on its page."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake: a translation key with parameters, where it stands, and what it concerns."""

    key: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    position: Position = START
    path: KeyPath = ()
    severity: Severity = Severity.ERROR

    def text(self, language: str = DEFAULT_LANGUAGE, lookup: Lookup | None = None) -> str:
        """The sentence alone, in ``language``."""
        return Phrase(self.key, self.parameters).text(language, lookup)

    def line(self, language: str = DEFAULT_LANGUAGE, lookup: Lookup | None = None) -> str:
        """``file:line:column: path: sentence``, on one line."""
        where = f"{dotted(self.path)}: " if self.path else ""
        return " ".join(f"{self.position}: {where}{self.text(language, lookup)}".splitlines())

    @property
    def domain(self) -> str | None:
        """The top-level section that it stands in; None where it concerns no section alone."""
        return str(self.path[0]) if self.path else None


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sorted by place, each line once."""
    seen: Final[dict[str, Problem]] = {}
    for problem in sorted(problems, key=lambda item: (item.position, dotted(item.path))):
        seen.setdefault(problem.line(), problem)
    return tuple(seen.values())
