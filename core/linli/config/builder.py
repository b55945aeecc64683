"""Makes the tree of one file out of libyaml's events, and notes what is wrong on the way."""

from typing import Any, Final

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from linli.config.nodes import Entry, Items, Missing, Node, Scalar, Table, Tagged
from linli.config.phrases import did_you_mean, shown
from linli.config.position import KeyPath, Position
from linli.config.problem import Problem
from linli.config.scalars import plain_value, tagged_value

MAX_DEPTH: Final = 60
FREE_EXPANSION: Final = 10_000
"""Nodes that aliases may add in any file; beyond that, ten times what is written out."""

INCLUDES: Final = (
    "!include",
    "!include_dir_list",
    "!include_dir_named",
    "!include_dir_merge_list",
    "!include_dir_merge_named",
)
VALUE_TAGS: Final = (*INCLUDES, "!secret", "!env_var")
LOCKED: Final = "!locked"
_STANDARD: Final = "tag:yaml.org,2002:"


class _Open:
    """A container that is being read."""

    __slots__ = ("anchor", "broken", "is_key", "key", "locked", "merged", "node", "size", "waiting")

    def __init__(self, node: Table | Items, anchor: str | None, is_key: bool) -> None:
        self.node = node
        self.anchor = anchor
        self.is_key = is_key
        self.broken = False
        self.size = 1
        self.waiting = False
        """A key was read; its value comes next."""
        self.key: str | None = None
        """None while waiting: the key was refused, and its value is dropped."""
        self.locked = False
        self.merged: list[Node] = []


class Builder:
    """Makes nodes of events, one at a time."""

    def __init__(self, file: str, tags_allowed: bool) -> None:
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.size = 1
        self.tagged = False
        self._file = file
        self._tags_allowed = tags_allowed
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._documents = 0
        self._written = 0
        self._expanded = 0
        self._key_position = Position(file, 1, 1)

    def take(self, event: Any) -> bool:
        """Take one event; False ends the reading."""
        kind = type(event)
        if kind is ScalarEvent:
            if self._wants_key():
                self._key(event)
            else:
                self._value(self._scalar(event), 1, event.anchor)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            return self._open(event, is_map=kind is MappingStartEvent)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close()
        elif kind is AliasEvent:
            return self._alias(event)
        elif kind is DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                self._problem("second_document", event)
                return False
        return True

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node, Table) and not self._stack[-1].waiting

    def _at(self, event: Any) -> Position:
        mark = event.start_mark
        return Position(self._file, mark.line + 1, mark.column + 1)

    def _problem(self, key: str, event: Any, **parameters: Any) -> Missing:
        position = self._at(event)
        self.problems.append(Problem(key, parameters, position, self._path()))
        return Missing(position)

    def _path(self) -> KeyPath:
        """Where in the file the reading stands."""
        steps: list[str | int] = []
        for holder in self._stack:
            if isinstance(holder.node, Items):
                steps.append(len(holder.node.parts))
            elif holder.waiting and holder.key is not None:
                steps.append(holder.key)
        return tuple(steps)

    def _scalar(self, event: ScalarEvent) -> Node:
        self._written += 1
        tag = event.tag
        if tag is None:
            return Scalar(plain_value(event.value) if event.implicit[0] else event.value, self._at(event))
        if not self._tags_allowed:
            return self._problem("tag_not_allowed", event, tag=_spelled(tag))
        if tag in VALUE_TAGS:
            self.tagged = True
            return Tagged(tag, event.value.strip(), self._at(event))
        kind = tag.removeprefix(_STANDARD)
        if tag.startswith(_STANDARD) and kind in ("str", "int", "float", "bool", "null"):
            try:
                return Scalar(tagged_value(kind, event.value), self._at(event))
            except ValueError:
                return self._problem("tag_mismatch", event, tag=_spelled(tag), got=shown(event.value))
        return self._unknown_tag(event)

    def _unknown_tag(self, event: Any) -> Missing:
        tag = _spelled(event.tag)
        if tag == LOCKED:
            return self._problem("locked_before_value", event)
        return self._problem("unknown_tag", event, tag=tag, guess=did_you_mean(tag, (*VALUE_TAGS, LOCKED)))

    def _key(self, event: ScalarEvent) -> None:
        holder = self._stack[-1]
        self._key_position = self._at(event)
        holder.waiting, holder.locked, holder.key = True, False, event.value
        self._written += 1
        if event.tag is not None and event.tag != _STANDARD + "str":
            if event.tag == LOCKED and self._tags_allowed:
                holder.locked = True
            elif not self._tags_allowed:
                self._problem("tag_not_allowed", event, tag=_spelled(event.tag))
            else:
                self._problem("unknown_key_tag", event, tag=_spelled(event.tag))
        if event.anchor:
            self._anchors[event.anchor] = (Scalar(event.value, self._key_position), 1)
        assert isinstance(holder.node, Table)
        known = holder.node.entries.get(event.value)
        if known is not None:
            self._problem("duplicate_key", event, name=event.value, line=known.key_position.line)
            holder.key = None
        elif event.value == "" and event.implicit[0]:
            self._problem("key_not_text", event)
            holder.key = None
        else:
            holder.node.entries[event.value] = Entry(Missing(self._key_position), self._key_position)

    def _value(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._stack:
            self.root, self.size = node, size
            return
        holder = self._stack[-1]
        holder.size += size
        if isinstance(holder.node, Items):
            holder.node.parts.append(node)
            return
        holder.waiting = False
        if holder.key is None:
            return
        entry = holder.node.entries[holder.key]
        if holder.key == "<<" and isinstance(node, Table | Items):
            del holder.node.entries["<<"]
            holder.merged.append(node)
            return
        entry.node = node
        entry.locked = entry.key_position if holder.locked else None

    def _open(self, event: Any, *, is_map: bool) -> bool:
        self._written += 1
        if len(self._stack) >= MAX_DEPTH:
            self.root = self._problem("too_deep", event, limit=MAX_DEPTH)
            return False
        broken = event.tag is not None and event.tag not in (_STANDARD + "map", _STANDARD + "seq")
        if broken:
            if self._tags_allowed:
                self._unknown_tag(event)
            else:
                self._problem("tag_not_allowed", event, tag=_spelled(event.tag))
        is_key = self._wants_key()
        if is_key:
            self._problem("key_not_text", event)
        position = self._at(event)
        opened = _Open(Table({}, position) if is_map else Items([], position), event.anchor, is_key)
        opened.broken = broken
        self._stack.append(opened)
        return True

    def _close(self) -> None:
        done = self._stack.pop()
        if done.merged and isinstance(done.node, Table):
            self._merge_keys(done.node, done.merged)
        if done.is_key:
            self._drop_key()
        else:
            self._value(Missing(done.node.position) if done.broken else done.node, done.size, done.anchor)

    def _drop_key(self) -> None:
        """A key was refused: its value is dropped, and the map holding it is not looked at further."""
        holder = self._stack[-1]
        holder.waiting, holder.key, holder.broken = True, None, True

    def _alias(self, event: Any) -> bool:
        name = str(event.anchor)
        if any(holder.anchor == name for holder in self._stack):
            self.root = self._problem("alias_in_itself", event, name=name)
            return False
        if name in self._anchors:
            node, size = self._anchors[name]
        else:
            node = self._problem("unknown_alias", event, name=name, guess=did_you_mean(name, self._anchors))
            size = 1
        self._expanded += size
        if self._expanded > FREE_EXPANSION + 10 * self._written:
            self.root = self._problem("alias_bomb", event)
            return False
        if self._wants_key():
            self._problem("key_not_text", event)
            self._drop_key()
        else:
            self._value(node, size, None)
        return True

    def _merge_keys(self, table: Table, merged: list[Node]) -> None:
        """``<<: *defaults``: keys of the named maps, where the map does not have them itself."""
        for node in merged:
            for source in node.parts if isinstance(node, Items) else [node]:
                if isinstance(source, Table):
                    for key, entry in source.entries.items():
                        table.entries.setdefault(key, entry)
                else:
                    self.problems.append(Problem("merge_not_map", {}, source.position))


def _spelled(tag: str) -> str:
    return "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag
