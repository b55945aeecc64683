"""Which file and line set a value, what that overrode, and whether it may be changed below."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from linli.config.catalog import PluginCatalog
from linli.config.core_section import CORE_SCHEMA
from linli.config.deployment import CORE_SECTION, Deployment, Layer, LayerKind
from linli.config.nodes import Items, Missing, Node, Scalar, Table, entry_at, find
from linli.config.phrases import DEFAULT_LANGUAGE, Phrase, phrase, shown
from linli.config.position import KeyPath, Position, dotted, parse_path
from linli.config.structure import at_path, marker_at
from linli.config.validators.describe import default_of, plain
from linli.config.validators.directions import Direction
from linli.config.validators.thorough import thorough
from linli.errors import LinliError, NotFound


@dataclass(frozen=True, slots=True)
class Setting:
    """One layer's word on a value; ``shown`` is the value as one may show it."""

    layer: Layer
    position: Position
    shown: Phrase | str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a value comes from: ``settings`` has the layer that counts first, then what it overrode."""

    path: KeyPath
    settings: tuple[Setting, ...]
    children: tuple["Explanation", ...] = ()
    """Of a map or list: its values, each explained."""
    default: Phrase | str | None = None
    """What the schema puts where no layer says anything."""
    locked: Position | None = None
    direction: Phrase | None = None
    description: str | None = None

    def lines(self, language: str = DEFAULT_LANGUAGE) -> tuple[str, ...]:
        """What ``linli explain`` prints."""
        return tuple(self._lines(language))

    def _lines(self, language: str) -> Iterator[str]:
        name = dotted(self.path)
        if self.description:
            yield f"{name}: {self.description}"
        if self.children:
            for child in self.children:
                yield from child.lines(language)
        elif self.settings:
            for index, setting in enumerate(self.settings):
                key = "explain_set" if index == 0 else "explain_overrode"
                parameters = {"name": name, "value": setting.shown, "layer": _layer_phrase(setting.layer)}
                yield f"{setting.position}: {phrase(key, **parameters).text(language)}"
        else:
            yield phrase("explain_default", name=name, value=self.default or "").text(language)
        if self.locked is not None:
            key = "explain_locked" if self.direction is None else "explain_locked_direction"
            yield f"{self.locked}: {phrase(key, name=name, direction=self.direction or '').text(language)}"


def explain(deployment: Deployment, key: str, catalog: PluginCatalog | None = None) -> Explanation:
    """Explain the value at ``key`` ("http.port"); with a catalog, schema defaults too.

    Raises :class:`NotFound` where neither a layer nor a schema knows the key.
    """
    try:
        path = parse_path(key)
    except ValueError as error:
        raise NotFound(str(error), key="explain_no_path") from error
    explanation = _explain(deployment, path, _schema_of(deployment, catalog, path))
    if explanation is None:
        raise NotFound(f"the deployment says nothing about {key}, and no schema knows it", key="explain_unknown")
    return explanation


def _explain(deployment: Deployment, path: KeyPath, schema: Any) -> Explanation | None:
    node = deployment.find(path)
    settings = tuple(_settings(deployment, path))
    base = _instance_path(deployment, path)
    written = _written(deployment, base)
    inside = path[len(base) :]
    marker = marker_at(schema, written, inside) if schema is not None else None
    default = default_of(marker) if marker is not None else vol.UNDEFINED
    if node is None and default is vol.UNDEFINED:
        return None
    description = getattr(marker, "description", None)
    entry = entry_at(deployment.tree, path)
    return Explanation(
        path=path,
        settings=settings,
        children=tuple(_children(deployment, path, node, schema)),
        default=None if default is vol.UNDEFINED else shown(plain(default)),
        locked=entry.locked if entry is not None else None,
        direction=_direction(schema, written, inside),
        description=description if isinstance(description, str) else None,
    )


def _children(deployment: Deployment, path: KeyPath, node: Node | None, schema: Any) -> Iterator[Explanation]:
    steps: list[str | int] = []
    if isinstance(node, Table):
        steps += node.entries
    elif isinstance(node, Items):
        steps += range(len(node.parts))
    for step in steps:
        child = _explain(deployment, (*path, step), schema)
        if child is not None:
            yield child


def _settings(deployment: Deployment, path: KeyPath) -> Iterator[Setting]:
    """From the layer that counts downwards; what a layer replaces as a whole hides all that lies under it."""
    for layer in reversed(deployment.layers):
        node = find(layer.tree, path)
        if node is not None:
            entry = entry_at(layer.tree, path)
            position = entry.key_position if entry is not None and isinstance(node, Table | Items) else node.position
            yield Setting(layer, position, _shown(node))
        above = (find(layer.tree, path[:length]) for length in range(len(path)))
        if any(holder is not None and not isinstance(holder, Table) for holder in above):
            return


def _shown(node: Node) -> Phrase | str:
    if isinstance(node, Scalar):
        return node.hidden if node.hidden is not None else shown(node.value)
    if isinstance(node, Missing):
        return phrase("got_unreadable")
    return shown({} if isinstance(node, Table) else [])


def _layer_phrase(layer: Layer) -> Phrase:
    if layer.kind is LayerKind.SET:
        return phrase("layer_set")
    return phrase("layer_pack" if layer.kind is LayerKind.PACK else "layer_file", name=layer.name)


def _instance_path(deployment: Deployment, path: KeyPath) -> KeyPath:
    return path[:2] if isinstance(deployment.find(path[:1]), Items) else path[:1]


def _written(deployment: Deployment, base: KeyPath) -> Any:
    for path, written in deployment.instances(str(base[0])):
        if path == base:
            return written
    return {}


def _direction(schema: Any, written: Any, inside: KeyPath) -> Phrase | None:
    for candidate, _ in at_path(schema, written, inside) if schema is not None else ():
        if isinstance(candidate, Direction):
            return phrase(candidate.noun)
    return None


def _schema_of(deployment: Deployment, catalog: PluginCatalog | None, path: KeyPath) -> Any:
    """The schema of the section, where reading it runs no code that the deployment does not trust."""
    domain = str(path[0])
    if domain == CORE_SECTION:
        return thorough(CORE_SCHEMA)
    place = catalog.find(domain) if catalog is not None else None
    if catalog is None or place is None or not (place.shipped or domain in deployment.trusted):
        return None
    try:
        entry = catalog.get(domain)
    except LinliError:
        return None
    return None if entry is None or entry.schema is None else thorough(entry.schema)
