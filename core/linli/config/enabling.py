"""Which plugins a deployment runs: those that it names and those that they require, as far as they may and can."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from linli.config.catalog import CatalogEntry, PluginCatalog, PluginPlace
from linli.config.deployment import CORE_SECTION, Deployment
from linli.config.phrases import did_you_mean, phrase
from linli.config.position import KeyPath, Position
from linli.config.problem import Problem
from linli.errors import LinliError
from linli.plugin.manifest import CONTRACT, Manifest
from linli.plugin.order import cycles_in, waits_for

OPEN_WAYS: Final = {
    "files": "uncontained_files",
    "network": "uncontained_network",
    "hosts": "uncontained_hosts",
    "user": "uncontained_user",
}
"""What nothing keeps from a plugin that is not trusted (:meth:`CatalogEntry.uncontained`), as a sentence says it."""


class Enabled:
    """The plugins that will run, in the order in which they were named or required."""

    def __init__(self, deployment: Deployment, catalog: PluginCatalog) -> None:
        self.entries: dict[str, CatalogEntry] = {}
        self.problems: list[Problem] = []
        self.required_by: dict[str, str] = {}
        """Plugins that the deployment does not name, and the first one that needs them."""
        self._deployment = deployment
        self._catalog = catalog
        self._refused: set[str] = set()
        for domain in deployment.plugins:
            self._enable(domain)
        self._require()
        for domain, entry in self.entries.items():
            self.problems += self._faults(domain, entry)
        self.problems += self._conflicts()
        self.problems += self._rival_answers()
        self.problems += self._cycles()
        self.problems += self._named_in_vain()

    def _enable(self, domain: str) -> None:
        place = self._catalog.find(domain)
        if place is None:
            self._problem("unknown_plugin", domain, name=domain, guess=did_you_mean(domain, self._catalog.known()))
            self._refused.add(domain)
        elif self._may_run(domain, place):
            self._take(domain)

    def _may_run(self, domain: str, place: PluginPlace) -> bool:
        """SAFETY 24, before any code of the plugin is imported."""
        if place.rivals:
            self._problem("claimed_twice", domain, name=domain, claimants=(place.distribution, *place.rivals))
        else:
            return True
        self._refused.add(domain)
        return False

    def _take(self, domain: str) -> bool:
        try:
            entry = self._catalog.get(domain, trusted=domain in self._deployment.trusted)
        except LinliError as error:
            self._problem("plugin_broken", domain, name=domain, message=str(error))
            entry = None
        if entry is None:
            self._refused.add(domain)
            return False
        apart = domain in self._deployment.children or not entry.trusted
        self.entries[domain] = replace(entry, apart=True) if apart else entry
        return True

    def _require(self) -> None:
        """Bring in what enabled plugins require, and what that requires in turn."""
        pending = list(self.entries)
        while pending:
            domain = pending.pop(0)
            for need in self.entries[domain].manifest.requires:
                if need in self.entries or need in self._refused:
                    continue
                if self._require_one(domain, need):
                    pending.append(need)

    def _require_one(self, domain: str, need: str) -> bool:
        if need in self._deployment.switched_off:
            where = str(self._deployment.key_position((need,)))
            self._problem("requires_switched_off", self._named(domain), name=domain, need=need, where=where)
            return False
        place = self._catalog.find(need)
        if place is None:
            self._problem("requires_missing", self._named(domain), name=domain, need=need)
            return False
        if place.rivals:
            return self._may_run(need, place)
        self.required_by[need] = domain
        return self._take(need)

    def _named(self, domain: str) -> str:
        """The plugin of the deployment's own that brought this one in."""
        while domain in self.required_by:
            domain = self.required_by[domain]
        return domain

    @property
    def refused(self) -> frozenset[str]:
        """Plugins that were wanted and will not run."""
        return frozenset(self._refused)

    def path_of(self, domain: str) -> KeyPath:
        """Where a mistake of a plugin is shown: its section, or that of the plugin which needs it."""
        return (self._named(domain),)

    def _faults(self, domain: str, entry: CatalogEntry) -> Iterator[Problem]:
        manifest = entry.manifest
        named = self._named(domain)
        if manifest.contract > CONTRACT:
            yield self._told("contract_newer", named, name=domain, contract=manifest.contract, ours=CONTRACT)
        missing = missing_libraries(manifest)
        if missing:
            command = f'pip install "{entry.distribution}[{manifest.extra}]"'
            yield self._told("library_missing", named, name=domain, libraries=missing, command=command)
        if not entry.trusted:
            for hook in manifest.capabilities.answers:
                yield self._told("answers_untrusted", named, name=domain, distribution=entry.distribution, hook=hook)
            open_ways = entry.uncontained(self._deployment.children_user)
            if open_ways:
                ways = tuple(phrase(OPEN_WAYS[way]) for way in open_ways)
                yield self._told("not_contained", named, name=domain, distribution=entry.distribution, ways=ways)
        elif not entry.apart:
            yield from self._brings_in(domain, entry)
        lacking = sorted(manifest.capabilities.privileges - self._deployment.granted(domain))
        if lacking:
            grant = f"linli: {{grants: {{{domain}: [{', '.join(sorted(manifest.capabilities.privileges))}]}}}}"
            yield self._told("privilege_not_granted", named, name=domain, privileges=tuple(lacking), grant=grant)
        if manifest.single and not manifest.listed and len(self._deployment.instances(domain)) > 1:
            position = self._deployment.position((domain, 1))
            yield Problem("single_section", {"name": domain}, position, (domain, 1))

    def _brings_in(self, domain: str, entry: CatalogEntry) -> Iterator[Problem]:
        """What runs in the hub's process imports the ``api.py`` of what it requires, and so its code."""
        for need in entry.manifest.requires:
            required = self.entries.get(need)
            if required is not None and not required.trusted:
                parameters = {"name": domain, "need": need, "distribution": required.distribution}
                yield self._told("requires_untrusted", self._named(domain), **parameters)

    def _conflicts(self) -> Iterator[Problem]:
        told: set[frozenset[str]] = set()
        for domain, entry in self.entries.items():
            for other in entry.manifest.conflicts:
                pair = frozenset((domain, other))
                if other in self.entries and pair not in told:
                    told.add(pair)
                    where = str(self._position(other))
                    yield self._told("conflict", self._named(domain), name=domain, other=other, where=where)

    def _rival_answers(self) -> Iterator[Problem]:
        """Two plugins that both say who lives where: neither is believed."""
        claims: dict[str, list[str]] = {}
        for domain, entry in self.entries.items():
            for hook in dict.fromkeys(entry.manifest.capabilities.answers):
                claims.setdefault(hook, []).append(domain)
        claims = {hook: domains for hook, domains in claims.items() if len(domains) > 1}
        if not claims:
            return
        single = frozenset().union(*(entry.one_answer_hooks() for entry in self.entries.values() if entry.trusted))
        for hook, domains in claims.items():
            for domain in domains if hook in single else ():
                others = tuple(other for other in domains if other != domain)
                yield self._told("answers_twice", self._named(domain), name=domain, hook=hook, others=others)

    def _cycles(self) -> Iterator[Problem]:
        for cycle in cycles_in(waits_for({domain: entry.manifest for domain, entry in self.entries.items()})):
            yield self._told("plugin_cycle", self._named(cycle.domains[0]), cycle=cycle.path)

    def _named_in_vain(self) -> Iterator[Problem]:
        """What the core's own section names and nobody brings: a slip there changes how a plugin runs."""
        for key in ("trusted", "children"):
            names = self._deployment.core.get(key)
            for index, name in enumerate(names if isinstance(names, list) else ()):
                if isinstance(name, str) and self._catalog.find(name) is None:
                    path = (CORE_SECTION, key, index)
                    guess = did_you_mean(name, self._catalog.known())
                    where = self._deployment.position(path)
                    yield Problem("named_in_vain", {"name": name, "guess": guess}, where, path)

    def _position(self, domain: str) -> Position:
        return self._deployment.key_position((self._named(domain),))

    def _told(self, key: str, domain: str, **parameters: object) -> Problem:
        return Problem(key, parameters, self._position(domain), (domain,))

    def _problem(self, key: str, domain: str, **parameters: object) -> None:
        self.problems.append(self._told(key, domain, **parameters))


def missing_libraries(manifest: Manifest) -> tuple[str, ...]:
    """The import names of the manifest that are not installed; nothing is imported to find out."""
    return tuple(name for name in manifest.libraries if not _installed(name))


def _installed(name: str) -> bool:
    top = name.partition(".")[0]
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False
