"""A deployment as it was loaded: its values, where each was written, and which layers say what."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from linli.config.merge import LockChange
from linli.config.nodes import Entry, Items, Node, Scalar, Table, child, entry_at, find, plain
from linli.config.position import KeyPath, Position
from linli.config.problem import Problem

CORE_SECTION: Final = "linli"
SAFETY_KEY: Final = "safety"
SET_FILE: Final = "--set"


class LayerKind(StrEnum):
    """What a layer is; later ones lie over earlier ones."""

    PACK = "pack"
    FILE = "file"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Layer:
    """One document of the deployment: a pack, a linli.yaml of the ``extends`` chain, or one ``--set``."""

    kind: LayerKind
    name: str
    root: Path
    tree: Table


@dataclass(frozen=True)
class Deployment:
    """The merged tree and what it was made of. Sections are given as plain values, fresh at every call."""

    main: Path
    layers: tuple[Layer, ...]
    """Lowest first: packs, then districts before homes, then ``--set``."""
    tree: Table
    problems: tuple[Problem, ...]
    """What was found while loading; :func:`linli.config.check` adds the rest."""
    lock_changes: tuple[LockChange, ...]
    files: frozenset[Path]
    """Every file that was read."""
    hidden: frozenset[str]
    """Values of secrets and of the environment; see :meth:`redacted`."""
    again: Callable[[], "Deployment"]
    """Load it anew, with the same ``--set``, from the files as they are then; one call at a time. Blocks."""

    @property
    def root(self) -> Path:
        """The deployment's folder."""
        return self.main.parent

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """The domains that the deployment names, in its order; ``domain: false`` switches one off."""
        return tuple(key for key, entry in self.tree.entries.items() if key != CORE_SECTION and not _off(entry.node))

    @cached_property
    def switched_off(self) -> frozenset[str]:
        """The domains that the deployment names with ``false``."""
        return frozenset(key for key, entry in self.tree.entries.items() if _off(entry.node))

    @cached_property
    def safety_domains(self) -> frozenset[str]:
        """The plugins that the deployment marks ``safety: true``, in any of their sections."""
        return frozenset(
            domain
            for domain in self.plugins
            if any(isinstance(mark, Scalar) and mark.value is True for _, mark in self.safety_marks(domain))
        )

    @cached_property
    def trusted(self) -> frozenset[str]:
        """Plugins that may run in the hub's process although they are not shipped (``linli: {trusted: […]}``)."""
        named = self.core.get("trusted")
        return frozenset(item for item in named if isinstance(item, str)) if isinstance(named, list) else frozenset()

    @cached_property
    def children(self) -> frozenset[str]:
        """Plugins that run in a process of their own although they are trusted (``linli: {children: […]}``)."""
        named = self.core.get("children")
        return frozenset(item for item in named if isinstance(item, str)) if isinstance(named, list) else frozenset()

    @cached_property
    def children_user(self) -> str | None:
        """The user as whom plugins that are not trusted run (``linli: {children_user: …}``)."""
        named = self.core.get("children_user")
        return named if isinstance(named, str) else None

    def granted(self, domain: str) -> frozenset[str]:
        """The privileges that the deployment grants to a plugin (``linli: {grants: {domain: […]}}``)."""
        grants = self.core.get("grants")
        named = grants.get(domain) if isinstance(grants, Mapping) else None
        return frozenset(item for item in named if isinstance(item, str)) if isinstance(named, list) else frozenset()

    @cached_property
    def core(self) -> dict[str, Any]:
        """The ``linli:`` section as written."""
        section = self.section(CORE_SECTION)
        return section if isinstance(section, dict) else {}

    def section(self, domain: str) -> Any:
        """The section as written: a dict, or a list of them; None where the deployment does not name it."""
        entry = self.tree.entries.get(domain)
        if entry is None or _off(entry.node):
            return None
        value = plain(entry.node)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and domain != CORE_SECTION:
                part.pop(SAFETY_KEY, None)
        return value

    def instances(self, domain: str) -> tuple[tuple[KeyPath, Any], ...]:
        """Every instance that a section describes, with its path: one map is one, a list has one an item."""
        value = self.section(domain)
        if isinstance(value, list):
            return tuple(((domain, index), part) for index, part in enumerate(value))
        return () if value is None else (((domain,), value),)

    def safety_marks(self, domain: str) -> Iterator[tuple[KeyPath, Node]]:
        """Every ``safety`` key of a section, with its path."""
        node = find(self.tree, (domain,))
        tables = enumerate(node.parts) if isinstance(node, Items) else [(None, node)]
        for index, table in tables:
            mark = child(table, SAFETY_KEY) if isinstance(table, Table) else None
            if mark is not None:
                yield (domain, SAFETY_KEY) if index is None else (domain, index, SAFETY_KEY), mark

    def find(self, path: KeyPath) -> Node | None:
        """The node at ``path``."""
        return find(self.tree, path)

    def position(self, path: KeyPath) -> Position:
        """Where the value at ``path`` is written; where it is not, where the nearest map above it is."""
        node = find(self.tree, path)
        if node is not None and not isinstance(node, Table):
            return node.position
        return self.key_position(path)

    def key_position(self, path: KeyPath) -> Position:
        """Where the key of ``path`` stands; for a map in a file of its own, where that begins."""
        while path:
            entry = entry_at(self.tree, path)
            if entry is not None:
                return _start(entry)
            node = find(self.tree, path)
            if node is not None:
                return node.position
            path = path[:-1]
        return Position(self.main.name, 1, 1)

    def origin(self, path: KeyPath) -> Layer | None:
        """The topmost layer that says something about ``path``."""
        for layer in reversed(self.layers):
            if find(layer.tree, path) is not None:
                return layer
        return None

    def hidden_by(self, path: KeyPath) -> str | None:
        """The tag by which a hidden value came ("!secret door_code"); None where it may be shown."""
        node = find(self.tree, path)
        return node.hidden if isinstance(node, Scalar) else None

    def redacted(self, text: str) -> str:
        """``text`` without any value that came by a secret or the environment."""
        for value in sorted(self.hidden, key=len, reverse=True):
            if len(value) >= 4:
                text = text.replace(value, "…")
            elif value:
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text)
        return text

    def resolve(self, name: str, position: Position | None = None) -> Path:
        """The absolute path that a name in the YAML means: relative to the deployment's folder.

        A name given by ``--set`` counts from where the command was typed.
        """
        base = Path.cwd() if position is not None and position.file == SET_FILE else self.root
        return (base / name).resolve()

    def __repr__(self) -> str:
        return f"Deployment({self.main.name}, {', '.join(self.plugins)})"


def _off(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is False


def _start(entry: Entry) -> Position:
    if isinstance(entry.node, Table) and entry.node.position.file != entry.key_position.file:
        return entry.node.position
    return entry.key_position
