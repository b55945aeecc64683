"""Layers of a deployment put over each other: maps merge, everything else is replaced, what is locked is watched."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from linli.config.nodes import Entry, Items, Missing, Node, Table, child, is_nothing, locks, plain
from linli.config.position import KeyPath, Position


@dataclass(frozen=True, slots=True)
class LockChange:
    """A layer changes what a layer above it locked; the schema says later whether that is allowed."""

    path: KeyPath
    lock_path: KeyPath
    lock: Position
    position: Position
    above: Table
    """The merged tree before the change, below it the one after it."""
    below: Table


@dataclass(frozen=True, slots=True)
class _Lock:
    path: KeyPath
    position: Position


def merge(above: Table, below: Table) -> tuple[Table, tuple[LockChange, ...]]:
    """``below`` put over ``above``; changes of locked keys are made, and listed."""
    found: list[tuple[KeyPath, _Lock, Position]] = []
    merged = _tables(above, below, (), None, found)
    changes = (LockChange(path, lock.path, lock.position, at, above, merged) for path, lock, at in found)
    return merged, tuple(changes)


def _tables(
    above: Table, below: Table, path: KeyPath, lock: _Lock | None, found: list[tuple[KeyPath, _Lock, Position]]
) -> Table:
    entries = dict(above.entries)
    for key, new in below.entries.items():
        at = (*path, key)
        old = above.entries.get(key)
        if old is None:
            if lock is not None:
                found.append((at, lock, new.key_position))
            entries[key] = new
            continue
        held = lock or (_Lock(at, old.locked) if old.locked is not None else None)
        node = _nodes(old.node, new, at, held, found)
        entries[key] = Entry(node, new.key_position, old.locked or new.locked)
    return Table(entries, below.position)


def _nodes(
    old: Node, new: Entry, path: KeyPath, lock: _Lock | None, found: list[tuple[KeyPath, _Lock, Position]]
) -> Node:
    if isinstance(old, Table) and isinstance(new.node, Table):
        return _tables(old, new.node, path, lock, found)
    if isinstance(old, Missing) or isinstance(new.node, Missing):
        return new.node
    if lock is not None:
        if not same(plain(old), plain(new.node)):
            found.append((path, lock, new.key_position))
    else:
        found += [(at, _Lock(at, where), new.key_position) for at, where in locks(old, path)]
    return new.node


def same(one: Any, other: Any) -> bool:
    """Equal in type too: ``true`` is not ``1``."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and bool(one == other)


class NoSuchItem(LookupError):
    """A path names an item that its list does not have, or a key where there is a list."""


def overlay(under: Node | None, path: KeyPath, value: Node, position: Position) -> Node:
    """What must be merged over ``under`` so that ``path`` has ``value``; a list comes whole, with one item changed.

    Raises :class:`NoSuchItem`.
    """
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        if isinstance(under, Items):
            raise NoSuchItem(step)
        return Table({step: Entry(overlay(child(under, step), rest, value, position), position)}, position)
    if not isinstance(under, Items) or not 0 <= step < len(under.parts):
        raise NoSuchItem(step)
    part = overlay(under.parts[step], rest, value, position)
    old = under.parts[step]
    if isinstance(old, Table) and isinstance(part, Table):
        part, _ = merge(old, part)
    return Items([*under.parts[:step], part, *under.parts[step + 1 :]], under.position)


def sections(tree: Table) -> Table:
    """The top level in its plain form: a section without value is an empty one, and parts of a section that were
    written under labels (``automation kitchen:`` beside ``automation:``) are one."""
    found: dict[str, Entry] = {}
    for key, entry in _sections(tree):
        name, labelled, label = key.partition(" ")
        if not labelled or not label.strip():
            name = key
        found[name] = _joined(found[name], entry) if name in found else entry
    return Table(found, tree.position)


def _joined(one: Entry, other: Entry) -> Entry:
    """Two parts of a section: lists one after the other, maps together; of a name in both the later counts."""
    first, second = one.node, other.node
    if isinstance(first, Table) and isinstance(second, Table):
        return Entry(Table({**first.entries, **second.entries}, first.position), one.key_position, one.locked)
    parts = [*_parts(first), *_parts(second)]
    return Entry(Items(parts, first.position), one.key_position, one.locked or other.locked)


def _parts(node: Node) -> list[Node]:
    if isinstance(node, Items):
        return list(node.parts)
    return [] if isinstance(node, Table) and not node.entries else [node]


def _sections(tree: Table) -> Iterator[tuple[str, Entry]]:
    for key, entry in tree.entries.items():
        node = entry.node
        if is_nothing(node):
            node = Table({}, entry.key_position)
        elif isinstance(node, Items):
            parts = [Table({}, part.position) if is_nothing(part) else part for part in node.parts]
            node = Items(list(parts), node.position)
        yield key, Entry(node, entry.key_position, entry.locked)
