"""The check: all mistakes of a whole deployment in one run, before anything starts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import voluptuous as vol

from linli.config.catalog import PluginCatalog, known_services
from linli.config.core_section import CORE_SCHEMA
from linli.config.declared import Declared
from linli.config.deployment import CORE_SECTION, SAFETY_KEY, Deployment
from linli.config.enabling import Enabled
from linli.config.locking import domain_of, weakened
from linli.config.nodes import Items, Missing, Scalar, Table, find
from linli.config.parts import Surroundings
from linli.config.phrases import shown
from linli.config.position import KeyPath
from linli.config.problem import Problem, Severity, in_order
from linli.config.references import Known, References, Unknown, nothing_known
from linli.config.remarks import remarks
from linli.config.report import Checked, Instance, Report
from linli.config.sections import SectionCheck
from linli.config.validators.thorough import thorough

Sections: TypeAlias = Mapping[str, tuple[Instance, ...]]
Checker: TypeAlias = Callable[[Deployment, Sections], Iterable[Problem]]
"""A plugin's or room's own check, run over the sections that are right in themselves."""

MOST_FILES: Final = 1000
_WARNINGS = frozenset({"lock_in_list", "named_in_vain", "not_contained"})


def check(
    deployment: Deployment,
    catalog: PluginCatalog,
    *,
    known: Known = nothing_known,
    checkers: Sequence[Checker] = (),
) -> Checked:
    """Check ``deployment`` against the plugins of ``catalog``.

    ``known`` tells which names exist beside those that the deployment itself declares ("entity", "area", "role" …),
    and as "platform" which plugins made entities before; plugins, files and folders are always looked up.
    """
    return _Check(deployment, catalog, known, checkers).run()


class _Check:
    """The work of one check."""

    def __init__(
        self, deployment: Deployment, catalog: PluginCatalog, known: Known, checkers: Sequence[Checker]
    ) -> None:
        self._deployment = deployment
        self._checkers = checkers
        self._enabled = Enabled(deployment, catalog)
        self._problems = [*deployment.problems, *self._enabled.problems]
        self._instances: dict[str, tuple[Instance, ...]] = {}
        self._incomplete: set[str] = set()
        self._schemas: dict[str, Any] = {CORE_SECTION: thorough(CORE_SCHEMA)}
        for domain, entry in self._enabled.entries.items():
            self._schemas[domain] = thorough(entry.schema or vol.Schema({}))
        self._declared = Declared(deployment, self._enabled.entries, self._schemas, self._enabled.refused, known)

    def run(self) -> Checked:
        """Shape, then locks, then references, then the plugins' own checks."""
        core = self._instances_of(CORE_SECTION)
        for domain in self._enabled.entries:
            self._instances[domain] = self._instances_of(domain)
            self._safety(domain)
        self._locks()
        self._parts()
        for checker in self._checkers:
            self._problems += checker(self._deployment, self._instances)
        report = Report(in_order(self._weighed(problem) for problem in self._problems))
        settings: Mapping[str, Any] = core[0].settings if core else CORE_SCHEMA({})
        broken = {problem.domain for problem in report.errors if problem.domain is not None} | self._incomplete
        return Checked(
            deployment=self._deployment,
            report=report,
            core=settings,
            entries=self._enabled.entries,
            instances=self._instances,
            broken=frozenset(broken),
        )

    def _parts(self) -> None:
        """What plugins read by schemas of their own, in sections that are right as a whole."""
        enabled = {
            domain: (*entry.manifest.requires, *entry.manifest.after) for domain, entry in self._enabled.entries.items()
        }
        around = Surroundings(enabled, self._files, known_services(self._enabled.entries.values()))
        for domain, entry in self._enabled.entries.items():
            if not self._instances[domain] or not self._deployment.section(domain):
                continue
            check = entry.parts_check()
            if check is not None:
                seek = partial(self._seek, asked_by=domain)
                self._problems += remarks(self._deployment, domain, check, around, seek)

    def _files(self, folder: str) -> Mapping[str, bytes]:
        root = self._deployment.root / folder
        found = sorted(root.rglob("*.yaml"))[:MOST_FILES] if root.is_dir() else []
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in found if path.is_file()}

    def _weighed(self, problem: Problem) -> Problem:
        if problem.key not in _WARNINGS:
            return problem
        return Problem(problem.key, problem.parameters, problem.position, problem.path, Severity.WARNING)

    def _instances_of(self, domain: str) -> tuple[Instance, ...]:
        schema = self._schemas[domain]
        node = find(self._deployment.tree, (domain,))
        if node is None:
            return self._defaults(domain, schema)
        if isinstance(node, Missing):
            self._incomplete.add(domain)
            return ()
        if not isinstance(node, Table) and not (isinstance(node, Items) and domain != CORE_SECTION):
            value = node.value if isinstance(node, Scalar) else []
            self._problem("section_not_map", (domain,), name=domain, got=self._got(node, value))
            return ()
        if domain in self._enabled.entries and self._enabled.entries[domain].manifest.listed:
            checked = [self._list(domain, schema)]
        else:
            checked = [self._instance(path, written, schema) for path, written in self._deployment.instances(domain)]
        if None in checked:
            self._incomplete.add(domain)
        return tuple(instance for instance in checked if instance is not None)

    def _got(self, node: object, value: Any) -> Any:
        return "…" if isinstance(node, Scalar) and node.hidden else shown(value)

    def _defaults(self, domain: str, schema: Any) -> tuple[Instance, ...]:
        """The settings of a plugin that another one requires and the deployment does not name."""
        if domain == CORE_SECTION:
            return (Instance((domain,), schema({})),)
        try:
            listed = self._enabled.entries[domain].manifest.listed
            return (Instance((domain,), {"items": schema([])} if listed else schema({})),)
        except vol.Invalid:
            by = self._enabled.required_by.get(domain, domain)
            self._problem("requires_settings", self._enabled.path_of(domain), name=by, need=domain)
            return ()

    def _list(self, domain: str, schema: Any) -> Instance | None:
        """The whole list as one instance; a section without anything in it is a list without items."""
        found = self._instance((domain,), self._deployment.section(domain) or [], schema)
        return None if found is None else Instance(found.path, {"items": found.settings})

    def _instance(self, path: KeyPath, written: Any, schema: Any) -> Instance | None:
        section = SectionCheck(self._deployment, path, written, schema)
        self._problems += section.problems
        if section.problems:
            return None
        references = References(self._deployment, path, written, schema)
        settings, missing = references.files(section.value)
        unknown = list(references.problems(lambda kind, name: self._seek(kind, name, str(path[0]))))
        self._problems += [*missing, *unknown]
        wrong = missing or any(problem.severity is Severity.ERROR for problem in unknown)
        return None if wrong or not section.whole else Instance(path, settings)

    def _seek(self, kind: str, name: str, asked_by: str) -> Unknown | None:
        if kind == "plugin":
            names = {*self._enabled.entries, *self._deployment.plugins}
            return None if name in names else Unknown(names, Severity.ERROR)
        return self._declared.seek(kind, name, asked_by)

    def _safety(self, domain: str) -> None:
        for path, mark in self._deployment.safety_marks(domain):
            if not isinstance(mark, Missing) and not (isinstance(mark, Scalar) and isinstance(mark.value, bool)):
                got = self._got(mark, mark.value if isinstance(mark, Scalar) else [])
                self._problem("safety_not_boolean", path, key_name=SAFETY_KEY, got=got)

    def _locks(self) -> None:
        for change in self._deployment.lock_changes:
            problem = weakened(change, self._schemas.get(domain_of(change)))
            if problem is not None:
                self._problems.append(problem)

    def _problem(self, key: str, path: KeyPath, **parameters: Any) -> None:
        self._problems.append(Problem(key, parameters, self._deployment.position(path), path))
