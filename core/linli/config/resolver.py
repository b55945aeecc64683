"""Tags answered: includes, secrets and the environment put in their places, each keeping where it was written."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from linli.config.nodes import Entry, Items, Missing, Node, Scalar, Table, Tagged, walk
from linli.config.phrases import did_you_mean
from linli.config.position import KeyPath, Position
from linli.config.problem import Problem
from linli.config.reader import LOCKED, MAX_DEPTH
from linli.config.scalars import plain_value
from linli.config.source import SECRETS_FILE, YAML_ENDINGS, ParsedFiles, label_of, yaml_files

MAX_INCLUDE_DEPTH: Final = 16
MAX_NODES: Final = 2_000_000


class Resolver:
    """Reads the files of one layer of a deployment; what it finds wrong is in ``problems``."""

    def __init__(self, base: Path, layer_root: Path, files: ParsedFiles, env: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.used: set[Path] = set()
        """Every file that was read, for those who keep copies or watch for changes."""
        self.hidden: set[str] = set()
        """Values that came by a secret or the environment, as text."""
        self._base = base
        self._layer_root = layer_root.resolve()
        self._files = files
        self._env = env
        self._done: dict[Path, tuple[Node, int]] = {}
        self._reading: list[Path] = []
        self._secrets: dict[Path, Table] = {}
        self._nodes = 0

    def file(self, path: Path) -> Node:
        """The tree of a file with all its includes; raises OSError where the file itself cannot be read."""
        path = path.resolve()
        if path in self._done:
            node, size = self._done[path]
            self._nodes += size
            return node
        parsed = self._files.read(path, label_of(path, self._base))
        self.used.add(path)
        self.problems.extend(parsed.problems)
        before = self._nodes
        self._nodes += parsed.size
        root = parsed.root
        if parsed.tagged:
            self._reading.append(path)
            root = self._resolved(root, path)
            self._reading.pop()
        self._done[path] = (root, self._nodes - before)
        return root

    def _resolved(self, node: Node, file: Path) -> Node:
        if isinstance(node, Table):
            entries = {
                key: Entry(self._resolved(entry.node, file), entry.key_position, entry.locked)
                for key, entry in node.entries.items()
            }
            return Table(entries, node.position)
        if isinstance(node, Items):
            return Items([self._resolved(part, file) for part in node.parts], node.position)
        if isinstance(node, Tagged):
            return self._answer(node, file)
        return node

    def _answer(self, node: Tagged, file: Path) -> Node:
        answers: Mapping[str, Callable[[Tagged, Path], Node]] = {
            "!include": self._include,
            "!include_dir_list": self._dir_list,
            "!include_dir_named": self._dir_named,
            "!include_dir_merge_list": self._dir_merge_list,
            "!include_dir_merge_named": self._dir_merge_named,
            "!secret": self._secret,
            "!env_var": self._env_var,
        }
        if not node.argument:
            return self._wrong("tag_without_argument", node, tag=node.tag)
        return answers[node.tag](node, file)

    def _wrong(self, key: str, node: Tagged, **parameters: object) -> Missing:
        self.problems.append(Problem(key, parameters, node.position))
        return Missing(node.position)

    def _include(self, node: Tagged, file: Path) -> Node:
        return self._included(node, file.parent / node.argument)

    def _included(self, node: Tagged, path: Path) -> Node:
        path = path.resolve()
        name = label_of(path, self._base)
        if path in self._reading:
            chain = [label_of(part, self._base) for part in self._reading[self._reading.index(path) :]]
            return self._wrong("include_cycle", node, chain=" → ".join([*chain, name]))
        if len(self._reading) > MAX_INCLUDE_DEPTH or self._nodes > MAX_NODES:
            return self._wrong("include_too_much", node, name=name)
        if path.is_dir():
            return self._wrong("include_is_folder", node, name=name)
        try:
            return self.file(path)
        except FileNotFoundError:
            siblings = path.parent.iterdir() if path.parent.is_dir() else ()
            guess = did_you_mean(path.name, (item.name for item in siblings if item.name.endswith(YAML_ENDINGS)))
            return self._wrong("include_missing", node, name=name, guess=guess)
        except OSError as error:
            return self._wrong("file_unreadable", node, name=name, message=error.strerror or "")

    def _folder(self, node: Tagged, file: Path) -> list[tuple[Path, Node]] | Missing:
        folder = file.parent / node.argument
        if not folder.is_dir():
            known = (item.name for item in folder.parent.iterdir() if item.is_dir()) if folder.parent.is_dir() else ()
            name = label_of(folder, self._base)
            return self._wrong("include_folder_missing", node, name=name, guess=did_you_mean(folder.name, known))
        return [(path, self._included(node, path)) for path in yaml_files(folder) if path.resolve() != file]

    def _dir_list(self, node: Tagged, file: Path) -> Node:
        read = self._folder(node, file)
        if isinstance(read, Missing):
            return read
        return Items([part for _, part in read if not _is_nothing(part)], node.position)

    def _dir_merge_list(self, node: Tagged, file: Path) -> Node:
        read = self._folder(node, file)
        if isinstance(read, Missing):
            return read
        parts: list[Node] = []
        for _, part in read:
            if isinstance(part, Items):
                parts += part.parts
            elif isinstance(part, Missing):
                parts.append(part)
            elif not _is_nothing(part):
                self.problems.append(Problem("include_not_list", {"tag": node.tag}, part.position))
        return Items(parts, node.position)

    def _dir_named(self, node: Tagged, file: Path) -> Node:
        read = self._folder(node, file)
        if isinstance(read, Missing):
            return read
        entries: dict[str, Entry] = {}
        for path, part in read:
            start = Position(label_of(path, self._base), 1, 1)
            value = Table({}, start) if _is_nothing(part) else part
            self._add(entries, path.stem, Entry(value, start))
        return Table(entries, node.position)

    def _dir_merge_named(self, node: Tagged, file: Path) -> Node:
        read = self._folder(node, file)
        if isinstance(read, Missing):
            return read
        entries: dict[str, Entry] = {}
        for _, part in read:
            if isinstance(part, Table):
                for key, entry in part.entries.items():
                    self._add(entries, key, entry)
            elif not isinstance(part, Missing) and not _is_nothing(part):
                self.problems.append(Problem("include_not_map", {"tag": node.tag}, part.position))
        return Table(entries, node.position)

    def _add(self, entries: dict[str, Entry], key: str, entry: Entry) -> None:
        known = entries.setdefault(key, entry)
        if known is not entry:
            where = f"{known.key_position.file}:{known.key_position.line}"
            self.problems.append(Problem("duplicate_name", {"name": key, "where": where}, entry.key_position))

    def _secret(self, node: Tagged, file: Path) -> Node:
        known: list[str] = []
        for folder in self._secret_folders(file):
            table = self._secrets_of(folder)
            known += table.entries
            if node.argument in table.entries:
                return self._hide(table.entries[node.argument].node, node)
        guess = did_you_mean(node.argument, known)
        return self._wrong("secret_missing", node, name=node.argument, file=SECRETS_FILE, guess=guess)

    def _secret_folders(self, file: Path) -> list[Path]:
        """From the file's own folder up to the deployment's; a file from elsewhere has its own folder only."""
        folder = file.parent
        if not folder.is_relative_to(self._layer_root):
            return [folder]
        return [folder, *(parent for parent in folder.parents if parent.is_relative_to(self._layer_root))]

    def _secrets_of(self, folder: Path) -> Table:
        if folder not in self._secrets:
            path = folder / SECRETS_FILE
            table = Table({}, Position(label_of(path, self._base), 1, 1))
            if path.is_file():
                table = self._read_secrets(path, table)
            self._secrets[folder] = table
        return self._secrets[folder]

    def _read_secrets(self, path: Path, empty: Table) -> Table:
        label = label_of(path, self._base)
        try:
            parsed = self._files.read(path, label)
        except OSError as error:
            parameters = {"name": label, "message": error.strerror or ""}
            self.problems.append(Problem("file_unreadable", parameters, empty.position))
            return empty
        self.used.add(path)
        self.problems.extend(parsed.problems)
        if isinstance(parsed.root, Table):
            return parsed.root
        if not isinstance(parsed.root, Missing) and not _is_nothing(parsed.root):
            self.problems.append(Problem("secrets_not_map", {}, parsed.root.position))
        return empty

    def _hide(self, value: Node, node: Tagged) -> Node:
        """The secret's value at the place that asked for it."""
        if isinstance(value, Scalar):
            self._remember(value.value)
            return Scalar(value.value, node.position, f"{node.tag} {node.argument}")
        if isinstance(value, Table):
            entries = {key: Entry(self._hide(entry.node, node), node.position) for key, entry in value.entries.items()}
            return Table(entries, node.position)
        if isinstance(value, Items):
            return Items([self._hide(part, node) for part in value.parts], node.position)
        return Missing(node.position) if isinstance(value, Missing) else self._wrong("secret_tagged", node)

    def _env_var(self, node: Tagged, file: Path) -> Node:
        name, _, default = node.argument.partition(" ")
        if name in self._env:
            value = plain_value(self._env[name])
            self._remember(value)
            return Scalar(value, node.position, f"{node.tag} {name}")
        if default.strip():
            return Scalar(plain_value(default.strip()), node.position)
        return self._wrong("env_missing", node, name=name)

    def _remember(self, value: object) -> None:
        if value is not None and not isinstance(value, bool):
            self.hidden.add(str(value))


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def misplaced_locks(root: Node) -> list[Problem]:
    """Locks inside a list hold nothing, since lists are replaced as a whole: a warning each."""
    found: list[Problem] = []
    for path, node in walk(root):
        if isinstance(node, Table) and any(isinstance(step, int) for step in path):
            found += [
                Problem("lock_in_list", {"tag": LOCKED}, entry.locked, (*path, key))
                for key, entry in node.entries.items()
                if entry.locked is not None
            ]
    return found


def too_deep(root: Node, path: KeyPath = ()) -> Node | None:
    """The first node that lies deeper than any deployment needs, which recursion must not meet."""
    pending: list[tuple[Node, int]] = [(root, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH * 2:
            return node
        if isinstance(node, Table):
            pending += [(entry.node, depth + 1) for entry in node.entries.values()]
        elif isinstance(node, Items):
            pending += [(part, depth + 1) for part in node.parts]
    return None
