"""What a check found, and what it makes of the sections that are right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from linli.config.catalog import CatalogEntry
from linli.config.deployment import Deployment
from linli.config.phrases import DEFAULT_LANGUAGE, Lookup
from linli.config.position import KeyPath
from linli.config.problem import Problem, Severity


@dataclass(frozen=True)
class Report:
    """All mistakes of a deployment, sorted by place, each once."""

    problems: tuple[Problem, ...]

    @cached_property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the deployment from being taken up."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """What is shown at the start and on the page."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)

    @property
    def ok(self) -> bool:
        """No errors; warnings may be there."""
        return not self.errors

    def lines(self, language: str = DEFAULT_LANGUAGE, lookup: Lookup | None = None) -> tuple[str, ...]:
        """One line each: ``file:line:column: path: …``."""
        return tuple(problem.line(language, lookup) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a plugin: its validated settings, and the path of its section."""

    path: KeyPath
    settings: Any


@dataclass(frozen=True)
class Checked:
    """A deployment that was checked: the report, and for every enabled plugin its door plate and its settings."""

    deployment: Deployment
    report: Report
    core: Mapping[str, Any]
    """The validated ``linli:`` section; only defaults where it is broken."""
    entries: Mapping[str, CatalogEntry] = field(default_factory=lambda: MappingProxyType({}))
    """The plugins to run, by domain: those that the deployment names, then those that they require."""
    instances: Mapping[str, tuple[Instance, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Per plugin its validated sections; a section with errors is absent."""

    broken: frozenset[str] = frozenset()
    """Sections with errors or not read whole; their plugins are left out where the hub runs all the same."""

    def settings(self, domain: str) -> tuple[Any, ...]:
        """The validated sections of a plugin."""
        return tuple(instance.settings for instance in self.instances.get(domain, ()))
