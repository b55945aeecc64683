"""Values that nobody is shown: secrets and the environment."""

from collections.abc import Mapping
from pathlib import Path

from linli.config.nodes import Entry, Items, Missing, Node, Scalar, Table, Tagged, is_nothing
from linli.config.phrases import did_you_mean
from linli.config.position import KeyPath, Position
from linli.config.problem import Problem
from linli.config.scalars import plain_value
from linli.config.source import SECRETS_FILE, Files, label_of


class HiddenValues:
    """Answers ``!secret`` and ``!env_var`` for the files of one layer, and remembers what it gave."""

    def __init__(
        self,
        base: Path,
        layer_root: Path,
        files: Files,
        env: Mapping[str, str],
        problems: list[Problem],
        used: set[Path],
    ) -> None:
        self.hidden: set[str] = set()
        self._base = base
        self._layer_root = layer_root.resolve()
        self._files = files
        self._env = env
        self._problems = problems
        self._used = used
        self._secrets: dict[Path, Table] = {}

    def _wrong(self, key: str, node: Tagged, at: KeyPath, **parameters: object) -> Missing:
        self._problems.append(Problem(key, parameters, node.position, at))
        return Missing(node.position)

    def secret(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        """The value of ``!secret NAME``: from the nearest secrets.yaml that has the name."""
        known: list[str] = []
        for folder in self._secret_folders(file):
            table = self._secrets_of(folder)
            known += table.entries
            if node.argument in table.entries:
                return self._hide(table.entries[node.argument].node, node, at)
        guess = did_you_mean(node.argument, known)
        return self._wrong("secret_missing", node, at, name=node.argument, file=SECRETS_FILE, guess=guess)

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
            if self._files.is_file(path):
                table = self._read_secrets(path, table)
            self._secrets[folder] = table
        return self._secrets[folder]

    def _read_secrets(self, path: Path, empty: Table) -> Table:
        label = label_of(path, self._base)
        try:
            parsed = self._files.read(path, label)
        except OSError as error:
            parameters = {"name": label, "message": error.strerror or ""}
            self._problems.append(Problem("file_unreadable", parameters, empty.position))
            return empty
        self._used.add(path)
        self._problems.extend(parsed.problems)
        if isinstance(parsed.root, Table):
            return parsed.root
        if not isinstance(parsed.root, Missing) and not is_nothing(parsed.root):
            self._problems.append(Problem("secrets_not_map", {}, parsed.root.position))
        return empty

    def _hide(self, value: Node, node: Tagged, at: KeyPath) -> Node:
        """The secret's value at the place that asked for it."""
        if isinstance(value, Scalar):
            self._remember(value.value)
            return Scalar(value.value, node.position, f"{node.tag} {node.argument}")
        if isinstance(value, Table):
            entries = {
                key: Entry(self._hide(entry.node, node, at), node.position) for key, entry in value.entries.items()
            }
            return Table(entries, node.position)
        if isinstance(value, Items):
            return Items([self._hide(part, node, at) for part in value.parts], node.position)
        return Missing(node.position) if isinstance(value, Missing) else self._wrong("secret_tagged", node, at)

    def env_var(self, node: Tagged, file: Path, at: KeyPath) -> Node:
        """The value of ``!env_var NAME default``, read as an unquoted YAML scalar."""
        name, _, default = node.argument.partition(" ")
        if name in self._env:
            value = plain_value(self._env[name])
            self._remember(value)
            return Scalar(value, node.position, f"{node.tag} {name}")
        if default.strip():
            return Scalar(plain_value(default.strip()), node.position)
        return self._wrong("env_missing", node, at, name=name)

    def _remember(self, value: object) -> None:
        if value is not None and not isinstance(value, bool):
            self.hidden.add(str(value))
