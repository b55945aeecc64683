"""What exists because the deployment runs: the names that plugins declare in their schemas and manifests."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli.config.catalog import CatalogEntry
from linli.config.deployment import Deployment
from linli.config.nodes import Missing, find, walk
from linli.config.problem import Severity
from linli.config.references import Known, Unknown
from linli.config.structure import walk_schema
from linli.config.validators.base import Validator, validator_of
from linli.config.validators.collections import map_of
from linli.config.validators.names import defines

ENTITY: Final = "entity"
LATER: Final = frozenset({"device", "area", "floor", "label", "user"})
"""Kinds whose names people make on a screen at any time."""
SLIP: Final = 0.85
"""How alike two entity ids are when one is the other mistyped; by trial, "kitchen_light" and "kitchen_lihgt" are."""


class Declared:
    """The names of one deployment, from the plugins that will run."""

    def __init__(
        self, deployment: Deployment, entries: Mapping[str, CatalogEntry], schemas: Mapping[str, Any],
        refused: Collection[str], known: Known,
    ) -> None:  # fmt: skip
        self._entries = entries
        self._refused = refused
        self._known = known
        self._names: dict[str, set[str]] = {}
        self._unread: set[str] = set()
        """Kinds of which a part of the deployment that could not be read may define more."""
        self._by_plugin: dict[str, set[str]] = {}
        """The entity domains of which a plugin declares its entities."""
        for domain, entry in entries.items():
            for name in entry.manifest.makes:
                self._take(domain, ENTITY, name)
            definers = list(_definers(schemas[domain]))
            if definers:
                self._read(deployment, domain, schemas[domain], definers)

    def _read(self, deployment: Deployment, domain: str, schema: Any, definers: list[defines]) -> None:
        for definer in definers:
            self._names.setdefault(definer.kind, set())
            if definer.kind == ENTITY:
                self._by_plugin.setdefault(domain, set()).add(definer.form.partition(".")[0])
        node = find(deployment.tree, (domain,))
        if node is not None and any(isinstance(inside, Missing) for _, inside in walk(node)):
            self._unread.update(definer.kind for definer in definers)
        for _, written in deployment.instances(domain):
            for kind, name in _defined(schema, written):
                self._take(domain, kind, name)

    def _take(self, domain: str, kind: str, name: str) -> None:
        self._names.setdefault(kind, set()).add(name)
        if kind == ENTITY:
            self._by_plugin.setdefault(domain, set()).add(name.partition(".")[0])

    def seek(self, kind: str, name: str, asked_by: str) -> Unknown | None:
        """Why there is nothing of that name; None where there is, or where nobody can say."""
        if kind in self._unread:
            return None
        if kind == ENTITY:
            return self._entity(name, asked_by)
        declared, kept = self._names.get(kind), self._known(kind)
        if declared is None and kept is None:
            return None
        names = {*(declared or ()), *(kept or ())}
        if name in names:
            return None
        return Unknown(names, Severity.WARNING if declared is None and kind in LATER else Severity.ERROR)

    def _entity(self, name: str, asked_by: str) -> Unknown | None:
        """Always a warning: its device may join later, its name may be changed on a screen."""
        domain = name.partition(".")[0]
        names = {*self._names.get(ENTITY, ()), *(self._known(ENTITY) or ())}
        alike = [known for known in names if known.startswith(f"{domain}.")]
        if name in names or not alike:
            return None
        if self._may_still_come(domain, asked_by) and not _is_a_slip(name, alike):
            return None
        return Unknown(alike, Severity.WARNING)

    def _may_still_come(self, domain: str, asked_by: str) -> bool:
        """Whether some plugin may make an entity of the domain that it neither declares nor made before."""
        seen = self._known("platform") or ()
        return bool(self._refused) or any(
            plugin not in seen and self._may_make(plugin, domain, asked_by) for plugin in self._entries
        )

    def _may_make(self, plugin: str, domain: str, asked_by: str) -> bool:
        entry = self._entries[plugin]
        declared = self._by_plugin.get(plugin, ())
        said = entry.manifest.capabilities.entities
        if said or entry.shipped or declared:
            return domain not in declared and bool({domain, f"{domain}.*", "*"} & set(said))
        return plugin != asked_by  # a foreign plugin that says nothing may make anything


def _is_a_slip(name: str, names: Collection[str]) -> bool:
    """Whether ``name`` is one of ``names`` mistyped; lamps that differ by their number are different lamps."""
    found = difflib.get_close_matches(name, names, n=1, cutoff=SLIP)
    return bool(found) and re.sub(r"\d+", "", name) != re.sub(r"\d+", "", found[0])


def _definers(candidate: Any) -> Iterator[defines]:
    """Every :class:`defines` that a schema holds, wherever."""
    candidate = validator_of(candidate)
    if isinstance(candidate, defines):
        yield candidate
    for part in _inside(candidate):
        yield from _definers(part)


def _inside(candidate: Any) -> Iterator[Any]:
    if isinstance(candidate, vol.Schema):
        yield candidate.schema
    elif isinstance(candidate, Mapping):
        yield from candidate.values()
    elif isinstance(candidate, list | tuple):
        yield from candidate
    elif isinstance(candidate, vol.All | vol.Any):
        yield from candidate.validators
    elif isinstance(candidate, Validator):
        for part in vars(candidate).values():
            if isinstance(part, Validator | vol.Schema | Mapping | list | tuple | vol.All | vol.Any):
                yield part


def _defined(schema: Any, written: Any) -> Iterator[tuple[str, str]]:
    """Every (kind, name) that one instance of a section defines, right or wrong otherwise."""
    for _, candidate, value in walk_schema(schema, written):
        if isinstance(candidate, defines):
            yield from _named(candidate, value)
        elif isinstance(candidate, map_of) and isinstance(candidate.key, defines) and isinstance(value, Mapping):
            for key in value:
                yield from _named(candidate.key, key)


def _named(definer: defines, value: Any) -> Iterator[tuple[str, str]]:
    name = definer.name_of(value)
    if name is not None:
        yield definer.kind, name
