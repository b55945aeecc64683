"""From a folder to a deployment: the chain of ``extends``, packs, ``--set``; every mistake on the way is kept."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files as package_files
from pathlib import Path
from typing import Final

from linli.config.deployment import CORE_SECTION, SET_FILE, Deployment, Layer, LayerKind
from linli.config.limits import misplaced_locks, too_deep
from linli.config.merge import LockChange, NoSuchItem, merge, overlay, sections
from linli.config.nodes import EMPTY, Entry, Items, Missing, Node, Scalar, Table, find
from linli.config.phrases import did_you_mean
from linli.config.position import KeyPath, Position, parse_path
from linli.config.problem import Problem
from linli.config.reader import parse
from linli.config.resolver import Resolver
from linli.config.source import MAIN_FILE, Files, ParsedFiles, label_of

MAX_LAYERS: Final = 16
ALWAYS: Final = "shipped"
"""The pack that lies under every deployment; it enables nothing."""
PACK_KEYS: Final = frozenset({"grants", "default_places"})
"""What a pack may say in the ``linli`` section."""


def load(
    path: str | Path,
    *,
    set: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    files: Files | None = None,
) -> Deployment:
    """Load the deployment at ``path``, a folder or its YAML file; what is wrong with it is in ``problems``.

    ``set``: "key.path=value" each, laid over everything else. ``env``: what ``!env_var`` reads (the environment).
    ``files``: parsed files of an earlier load, so that only what changed is read again; or files as they once were.
    """
    files = files or ParsedFiles()
    loading = _Loading(Path(path), os.environ if env is None else env, files)
    on_disk = files if isinstance(files, ParsedFiles) else None
    return loading.deployment(set, lambda: load(loading.main, set=set, env=env, files=on_disk))


class _Loading:
    """The work of one load."""

    def __init__(self, path: Path, env: Mapping[str, str], files: Files) -> None:
        path = path.absolute()
        self.main = path / MAIN_FILE if files.is_folder(path) else path
        self._base = self.main.parent
        self._env = env
        self._files = files
        self._problems: list[Problem] = []
        self._used: set[Path] = set()
        self._hidden: set[str] = set()

    def deployment(self, settings: Sequence[str], again: Callable[[], Deployment]) -> Deployment:
        """Everything that ``load`` promises."""
        chain = self._chain()
        overrides = [self._override(text, number) for number, text in enumerate(settings, start=1)]
        given = [override for override in overrides if override is not None]
        written, _, _ = self._compose(chain, given, report=False)
        packs = self._packs(written, chain)
        tree, layers, changes = self._compose([*packs, *chain], given, report=True)
        return Deployment(
            main=self.main,
            layers=layers,
            tree=tree,
            problems=tuple(self._problems),
            lock_changes=changes,
            files=frozenset(self._used),
            hidden=frozenset(self._hidden),
            again=again,
        )

    def _chain(self) -> list[Layer]:
        """The main file and what it extends, the farthest first."""
        layers: list[Layer] = []
        path, asked_at = self.main, Position(label_of(self.main, self._base), 1, 1)
        visited: list[Path] = []
        while True:
            visited.append(path.resolve())
            tree = self._document(path, asked_at, is_main=not layers)
            layers.insert(0, Layer(LayerKind.FILE, label_of(path, self._base), path.parent, tree))
            extends = find(tree, (CORE_SECTION, "extends"))
            if not isinstance(extends, Scalar) or not isinstance(extends.value, str):
                return layers
            path, asked_at = path.parent / extends.value, extends.position
            path = Path(os.path.normpath(path / MAIN_FILE if self._files.is_folder(path) else path))
            if path.resolve() in visited:
                names = [label_of(part, self._base) for part in (*visited[visited.index(path.resolve()) :], path)]
                self._problem("extends_cycle", asked_at, (CORE_SECTION, "extends"), chain=" → ".join(names))
                return layers
            if len(visited) >= MAX_LAYERS:
                self._problem("extends_too_long", asked_at, (CORE_SECTION, "extends"), limit=MAX_LAYERS)
                return layers

    def _document(self, path: Path, asked_at: Position, *, is_main: bool) -> Table:
        label = label_of(path, self._base)
        try:
            node = self._read(path, path.parent)
        except OSError as error:
            at = () if is_main else (CORE_SECTION, "extends")
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                self._problem("main_missing" if is_main else "extends_missing", asked_at, at, name=label)
            else:
                self._problem("file_unreadable", asked_at, at, name=label, message=error.strerror or "")
            return EMPTY
        return self._top(node, "document_not_map")

    def _top(self, node: Node, key: str) -> Table:
        deep = too_deep(node)
        if deep is not None:
            self._problem("include_too_much", deep.position, name=deep.position.file)
            return EMPTY
        if isinstance(node, Table):
            self._problems += misplaced_locks(node)
            return sections(node)
        if not isinstance(node, Missing) and not (isinstance(node, Scalar) and node.value is None):
            self._problem(key, node.position)
        return Table({}, node.position)

    def _read(self, path: Path, layer_root: Path) -> Node:
        resolver = Resolver(self._base, layer_root, self._files, self._env)
        try:
            return resolver.file(path)
        finally:
            self._problems += resolver.problems
            self._used |= resolver.used
            self._hidden |= resolver.hidden

    def _packs(self, written: Table, chain: list[Layer]) -> list[Layer]:
        always = package_files("linli.config").joinpath("packs", f"{ALWAYS}.yaml")
        layers = [self._pack(ALWAYS, Path(str(always)), f"<linli>/packs/{ALWAYS}.yaml")]
        named = find(written, (CORE_SECTION, "packs"))
        parts = named.parts if isinstance(named, Items) else []
        for index, part in enumerate(parts):
            if not isinstance(part, Scalar) or not isinstance(part.value, str):
                continue  # the schema of the core section says what is wrong with it
            found = self._find_pack(part.value, chain)
            if found is None:
                known = did_you_mean(part.value, sorted(known_packs(layer.root for layer in chain)))
                path = (CORE_SECTION, "packs", index)
                self._problem("unknown_pack", part.position, path, name=part.value, guess=known)
            else:
                layers.append(self._pack(part.value, *found))
        return layers

    def _find_pack(self, name: str, chain: list[Layer]) -> tuple[Path, str] | None:
        """One's own packs come before the shipped ones.

        A pack is looked for in the layer that names it first, and above: a home cannot say what its district's packs
        hold, or a file of its own would lift what they lock.
        """
        if not name or "/" in name or "\\" in name or name.startswith("."):
            return None
        named = next((index for index, layer in enumerate(chain) if name in _packs_of(layer)), len(chain) - 1)
        for layer in chain[named + 1 :]:
            own = layer.root / "packs" / f"{name}.yaml"
            if self._files.is_file(own):
                self._problem("pack_below", Position(label_of(own, self._base), 1, 1), name=name, by=chain[named].name)
        for layer in reversed(chain[: named + 1]):
            own = layer.root / "packs" / f"{name}.yaml"
            if self._files.is_file(own):
                return own, label_of(own, self._base)
        shipped = Path(str(package_files("linli.config").joinpath("packs", f"{name}.yaml")))
        return (shipped, f"<linli>/packs/{name}.yaml") if shipped.is_file() and name != ALWAYS else None

    def _pack(self, name: str, path: Path, label: str) -> Layer:
        node: Node = Missing(Position(label, 1, 1))
        try:
            if label.startswith("<"):
                parsed = self._files.read(path, label)
                self._problems += parsed.problems
                node = parsed.root
            else:
                node = self._read(path, path.parent.parent)
        except OSError as error:
            self._problem("file_unreadable", node.position, name=label, message=error.strerror or "")
        tree = self._top(node, "pack_not_map")
        core = find(tree, (CORE_SECTION,))
        for key, entry in core.entries.items() if isinstance(core, Table) else ():
            if key not in PACK_KEYS:
                self._problem("pack_says_core", entry.key_position, (CORE_SECTION, key), name=name, key_name=key)
        return Layer(LayerKind.PACK, name, path.parent, tree)

    def _override(self, text: str, number: int) -> tuple[KeyPath, Node, Position] | None:
        key, equals, value = text.partition("=")
        position = Position(SET_FILE, number, len(key) + 2)
        try:
            if not equals:
                raise ValueError(f'{text!r} has no "="')
            path = parse_path(key.strip())
        except ValueError:
            self._problem("set_unreadable", Position(SET_FILE, number, 1), text=key)
            return None
        if path[:2] == (CORE_SECTION, "extends"):
            self._problem("set_extends", position, path)
            return None
        parsed = parse(value.encode("utf-8", "surrogateescape"), SET_FILE, tags_allowed=False)
        if parsed.problems:
            said = parsed.problems[0]
            self._problems.append(Problem(said.key, said.parameters, position, path))
            return None
        return path, _moved(parsed.root, position), position

    def _compose(
        self, layers: Sequence[Layer], overrides: Sequence[tuple[KeyPath, Node, Position]], *, report: bool
    ) -> tuple[Table, tuple[Layer, ...], tuple[LockChange, ...]]:
        """All layers merged, then every override over what lies below it."""
        changes: list[LockChange] = []
        tree, *others = [layer.tree for layer in layers]
        for other in others:
            tree, found = merge(tree, other)
            changes += found
        composed = list(layers)
        for path, value, position in overrides:
            try:
                over = overlay(tree, path, value, position)
            except NoSuchItem:
                if report:
                    self._problem("set_no_item", position, path)
                continue
            assert isinstance(over, Table)
            over = sections(over)
            composed.append(Layer(LayerKind.SET, SET_FILE, self._base, over))
            tree, found = merge(tree, over)
            changes += found
        return tree, tuple(composed), tuple(changes)

    def _problem(self, key: str, position: Position, path: KeyPath = (), **parameters: object) -> None:
        self._problems.append(Problem(key, parameters, position, path))


def _packs_of(layer: Layer) -> list[object]:
    """What one layer itself writes under ``packs``."""
    named = find(layer.tree, (CORE_SECTION, "packs"))
    return [part.value for part in named.parts if isinstance(part, Scalar)] if isinstance(named, Items) else []


def known_packs(roots: Iterable[Path] = ()) -> frozenset[str]:
    """The names of the shipped packs, and of those in the ``packs`` folders of ``roots``."""
    shipped = {Path(item.name).stem for item in package_files("linli.config").joinpath("packs").iterdir()} - {ALWAYS}
    own = {path.stem for root in roots for path in (root / "packs").glob("*.yaml")}
    return frozenset(shipped | own)


def _moved(node: Node, position: Position) -> Node:
    """A value of ``--set`` stands where its option stands."""
    if isinstance(node, Scalar):
        return Scalar(node.value, position)
    if isinstance(node, Items):
        return Items([_moved(part, position) for part in node.parts], position)
    if isinstance(node, Table):
        return Table(
            {key: Entry(_moved(entry.node, position), position) for key, entry in node.entries.items()}, position
        )
    return Missing(position)
