"""Tags answered: includes, secrets and the environment put in their places, each keeping where it was written."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from linli.config.hidden import HiddenValues
from linli.config.nodes import Entry, Items, Missing, Node, Table, Tagged, is_nothing
from linli.config.phrases import Phrase, did_you_mean
from linli.config.position import KeyPath, Position
from linli.config.problem import Problem
from linli.config.source import SECRETS_FILE, YAML_ENDINGS, Files, label_of

MAX_INCLUDE_DEPTH: Final = 16
FREE_REPETITION: Final = 50_000
"""Nodes that may come from files included again; beyond that, ten times what was read."""


class Resolver:
    """Reads the files of one layer of a deployment; what it finds wrong is in ``problems``."""

    def __init__(self, base: Path, layer_root: Path, files: Files, env: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.used: set[Path] = set()
        """Every file that was read, for those who keep copies or watch for changes."""
        self._base = base
        self._files = files
        self._values = HiddenValues(base, layer_root, files, env, self.problems, self.used)
        self._done: dict[Path, tuple[Node, int]] = {}
        self._reading: list[Path] = []
        self._nodes = 0
        self._repeated = 0
        self._read = 0

    @property
    def hidden(self) -> set[str]:
        """Values that came by a secret or the environment, as text."""
        return self._values.hidden

    def file(self, path: Path, at: KeyPath = ()) -> Node:
        """The tree of a file with all its includes, to stand at ``at``; raises OSError where it cannot be read."""
        path = path.resolve()
        if path in self._done:
            node, size = self._done[path]
            self._nodes += size
            self._repeated += size
            return node
        parsed = self._files.read(path, label_of(path, self._base))
        self.used.add(path)
        self.problems += [replace(problem, path=(*at, *problem.path)) for problem in parsed.problems]
        before = self._nodes
        self._nodes += parsed.size
        self._read += parsed.size
        root = parsed.root
        if parsed.tagged:
            self._reading.append(path)
            root = self._resolved(root, path, at)
            self._reading.pop()
        self._done[path] = (root, self._nodes - before)
        return root

    def _resolved(self, node: Node, file: Path, at: KeyPath) -> Node:
        if isinstance(node, Table):
            entries = {
                key: Entry(self._resolved(entry.node, file, (*at, key)), entry.key_position, entry.locked)
                for key, entry in node.entries.items()
            }
            return Table(entries, node.position)
        if isinstance(node, Items):
            parts = [self._resolved(part, file, (*at, index)) for index, part in enumerate(node.parts)]
            return Items(parts, node.position)
        if isinstance(node, Tagged):
            return self._answer(node, file, at)
        return node

    def _answer(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        answers: Mapping[str, Callable[[Tagged, Path, KeyPath], Node]] = {
            "!include": self._include,
            "!include_dir_list": self._dir_list,
            "!include_dir_named": self._dir_named,
            "!include_dir_merge_list": self._dir_merge_list,
            "!include_dir_merge_named": self._dir_merge_named,
            "!secret": self._values.secret,
            "!env_var": self._values.env_var,
        }
        if not node.argument:
            return self._wrong("tag_without_argument", node, at, tag=node.tag)
        return answers[node.tag](node, file, at)

    def _wrong(self, key: str, node: Tagged, at: KeyPath, **parameters: object) -> Missing:
        self.problems.append(Problem(key, parameters, node.position, at))
        return Missing(node.position)

    def _include(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        return self._included(node, file.parent / node.argument, at)

    def _included(self, node: Tagged, path: Path, at: KeyPath) -> Node:
        path = path.resolve()
        name = label_of(path, self._base)
        if path in self._reading:
            chain = [label_of(part, self._base) for part in self._reading[self._reading.index(path) :]]
            return self._wrong("include_cycle", node, at, chain=" → ".join([*chain, name]))
        if len(self._reading) > MAX_INCLUDE_DEPTH or self._repeated > FREE_REPETITION + 10 * self._read:
            return self._wrong("include_too_much", node, at, name=name)
        if self._files.is_folder(path):
            return self._wrong("include_is_folder", node, at, name=name)
        try:
            return self.file(path, at)
        except FileNotFoundError:
            return self._wrong("include_missing", node, at, name=name, guess=self._sibling(path))
        except OSError as error:
            return self._wrong("file_unreadable", node, at, name=name, message=error.strerror or "")

    def _sibling(self, path: Path) -> Phrase | str:
        """The file that was probably meant: one that is not being read already."""
        if not path.parent.is_dir():
            return ""
        names = [item.name for item in path.parent.iterdir() if item.name.endswith(YAML_ENDINGS)]
        taken = {SECRETS_FILE, *(part.name for part in self._reading if part.parent == path.parent)}
        return did_you_mean(path.name, (name for name in names if name not in taken))

    def _folder(self, node: Tagged, file: Path, at: KeyPath) -> list[Path] | Missing:
        folder = file.parent / node.argument
        if not self._files.is_folder(folder):
            known = (item.name for item in folder.parent.iterdir() if item.is_dir()) if folder.parent.is_dir() else ()
            name = label_of(folder, self._base)
            return self._wrong("include_folder_missing", node, at, name=name, guess=did_you_mean(folder.name, known))
        return [path for path in self._files.yaml_files(folder) if path.resolve() != file]

    def _dir_list(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        paths = self._folder(node, file, at)
        if isinstance(paths, Missing):
            return paths
        parts: list[Node] = []
        for path in paths:
            part = self._included(node, path, (*at, len(parts)))
            if not is_nothing(part):
                parts.append(part)
        return Items(parts, node.position)

    def _dir_merge_list(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        paths = self._folder(node, file, at)
        if isinstance(paths, Missing):
            return paths
        parts: list[Node] = []
        for path in paths:
            part = self._included(node, path, at)
            if isinstance(part, Items):
                parts += part.parts
            elif isinstance(part, Missing):
                parts.append(part)
            elif not is_nothing(part):
                self.problems.append(Problem("include_not_list", {"tag": node.tag}, part.position, at))
        return Items(parts, node.position)

    def _dir_named(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        paths = self._folder(node, file, at)
        if isinstance(paths, Missing):
            return paths
        entries: dict[str, Entry] = {}
        for path in paths:
            start = Position(label_of(path, self._base), 1, 1)
            part = self._included(node, path, (*at, path.stem))
            self._add(entries, path.stem, Entry(Table({}, start) if is_nothing(part) else part, start), at)
        return Table(entries, node.position)

    def _dir_merge_named(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        paths = self._folder(node, file, at)
        if isinstance(paths, Missing):
            return paths
        entries: dict[str, Entry] = {}
        for path in paths:
            part = self._included(node, path, at)
            if isinstance(part, Table):
                for key, entry in part.entries.items():
                    self._add(entries, key, entry, at)
            elif not isinstance(part, Missing) and not is_nothing(part):
                self.problems.append(Problem("include_not_map", {"tag": node.tag}, part.position, at))
        return Table(entries, node.position)

    def _add(self, entries: dict[str, Entry], key: str, entry: Entry, at: KeyPath) -> None:
        known = entries.setdefault(key, entry)
        if known is not entry:
            parameters = {"name": key, "where": f"{known.key_position.file}:{known.key_position.line}"}
            self.problems.append(Problem("duplicate_name", parameters, entry.key_position, (*at, key)))
