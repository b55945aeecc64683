"""Shape first, references second: whether what the settings name exists, over the whole deployment."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeAlias

import voluptuous as vol

from linli.config.deployment import Deployment
from linli.config.phrases import did_you_mean, phrase
from linli.config.position import KeyPath
from linli.config.problem import Problem
from linli.config.structure import walk_schema
from linli.config.validators.base import Validator

Known: TypeAlias = Callable[[str], Collection[str] | None]
"""All names of a kind ("entity", "area", "role" …); None where they are not known yet, and so not checked."""

FILE_KINDS = frozenset({"file", "folder", "path"})


def nothing_known(kind: str) -> Collection[str] | None:
    """The answer of a hub that has not started: no registry is open."""
    return None


class References:
    """What one instance of a section refers to."""

    def __init__(self, deployment: Deployment, path: KeyPath, written: Any, schema: Any) -> None:
        self._deployment = deployment
        self._path = path
        self._all = tuple(_named(schema, written, path))

    def problems(self, known: Known) -> Iterator[Problem]:
        """One for each name that nothing has."""
        for path, kind, name in self._all:
            names = None if kind in FILE_KINDS else known(kind)
            if names is not None and name not in names:
                yield self._unknown(path, kind, name, names)

    def _unknown(self, path: KeyPath, kind: str, name: str, names: Collection[str]) -> Problem:
        noun = phrase(f"kind_{kind}", message=kind)
        source = self._deployment.hidden_by(path)
        if source is not None:
            return Problem("reference_hidden", {"kind": noun, "source": source}, self._deployment.position(path), path)
        guess = did_you_mean(name, names)
        parameters = {"kind": noun, "name": self._deployment.redacted(name), "guess": guess}
        return Problem("reference_unknown", parameters, self._deployment.position(path), path)

    def files(self, settings: Any) -> tuple[Any, list[Problem]]:
        """The settings with every file's name made absolute, and one problem for each that is not there."""
        problems: list[Problem] = []
        for path, kind, name in self._all:
            if kind not in FILE_KINDS:
                continue
            position = self._deployment.position(path)
            found = self._deployment.resolve(name, position)
            if (kind == "file" and not found.is_file()) or (kind == "folder" and not found.is_dir()):
                shown = self._deployment.redacted(name)
                problems.append(Problem(f"{kind}_missing", {"name": shown}, position, path))
            settings = _with(settings, path[len(self._path) :], name, str(found))
        return settings, problems


def _named(schema: Any, written: Any, start: KeyPath) -> Iterator[tuple[KeyPath, str, str]]:
    """Every (path, kind, name) that the section refers to."""
    for path, candidate, value in walk_schema(schema, written, start):
        if not (isinstance(candidate, Validator) and candidate.references and isinstance(value, str | int)):
            continue
        try:
            yield path, candidate.references, str(candidate(value))
        except vol.Invalid:
            continue  # one of several shapes, and not the one that was meant


def _with(settings: Any, path: KeyPath, old: str, new: str) -> Any:
    """``settings`` with ``new`` at ``path``, where ``old`` stands there still."""
    if not path:
        return new if settings == old else settings
    step, rest = path[0], path[1:]
    if isinstance(settings, dict) and step in settings:
        return {**settings, step: _with(settings[step], rest, old, new)}
    if isinstance(settings, list) and isinstance(step, int) and step < len(settings):
        return [*settings[:step], _with(settings[step], rest, old, new), *settings[step + 1 :]]
    return settings
