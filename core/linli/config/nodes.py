"""The tree of a deployment: what was written, with where it was written. Nothing in it changes once it is made."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from linli.config.position import KeyPath, Position
from linli.config.validators.base import BROKEN


class Scalar:
    """One value. ``hidden`` names the tag it came by ("!secret door_code"); such a value is shown to nobody."""

    __slots__ = ("hidden", "position", "value")

    def __init__(self, value: Any, position: Position, hidden: str | None = None) -> None:
        self.value = value
        self.position = position
        self.hidden = hidden


class Items:
    """A list."""

    __slots__ = ("parts", "position")

    def __init__(self, parts: "list[Node]", position: Position) -> None:
        self.parts = parts
        self.position = position


class Entry:
    """One key of a table: where the key stands, its value, and where it was locked, if it was."""

    __slots__ = ("key_position", "locked", "node")

    def __init__(self, node: "Node", key_position: Position, locked: Position | None = None) -> None:
        self.node = node
        self.key_position = key_position
        self.locked = locked


class Table:
    """A map; its keys are text, as they were written."""

    __slots__ = ("entries", "position")

    def __init__(self, entries: dict[str, Entry], position: Position) -> None:
        self.entries = entries
        self.position = position


class Tagged:
    """A tag that another file, a secret or the environment answers; gone once the file is resolved."""

    __slots__ = ("argument", "position", "tag")

    def __init__(self, tag: str, argument: str, position: Position) -> None:
        self.tag = tag
        self.argument = argument
        self.position = position


class Missing:
    """Stands where something could not be read; that is reported already, and nothing under it is checked."""

    __slots__ = ("position",)

    def __init__(self, position: Position) -> None:
        self.position = position


Node: TypeAlias = Scalar | Items | Table | Tagged | Missing

EMPTY: Final = Table({}, Position("", 1, 1))


def plain(node: Node) -> Any:
    """The values alone, fresh every time."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Table):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [plain(part) for part in node.parts]
    return BROKEN


def find(node: Node, path: KeyPath) -> Node | None:
    """The node at ``path``, or None."""
    at: Node | None = node
    for step in path:
        at = child(at, step)
        if at is None:
            return None
    return at


def child(node: Node | None, step: str | int) -> Node | None:
    """The node one step below, or None."""
    if isinstance(node, Table):
        entry = node.entries.get(str(step))
        return entry.node if entry else None
    if isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.parts):
        return node.parts[step]
    return None


def entry_at(node: Node, path: KeyPath) -> Entry | None:
    """The entry that holds the value at ``path``, where that is a key of a table."""
    holder = find(node, path[:-1]) if path else None
    return holder.entries.get(str(path[-1])) if isinstance(holder, Table) else None


def walk(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Every node with its path, parents first."""
    yield path, node
    if isinstance(node, Table):
        for key, entry in node.entries.items():
            yield from walk(entry.node, (*path, key))
    elif isinstance(node, Items):
        for index, part in enumerate(node.parts):
            yield from walk(part, (*path, index))


def is_nothing(node: Node) -> bool:
    """Whether it is null: a key without a value, or an empty file."""
    return isinstance(node, Scalar) and node.value is None


def locks(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Position]]:
    """Every locked key inside ``node``."""
    for at, inside in walk(node, path):
        if isinstance(inside, Table):
            for key, entry in inside.entries.items():
                if entry.locked is not None:
                    yield (*at, key), entry.locked
