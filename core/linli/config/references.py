"""Shape first, references second: whether what the settings name exists, over the whole deployment.

What exists comes from three sides: the deployment itself (``declared.py``), what the hub kept in its data folder, and
what comes with linli. A name of a kind that is known whole is an error; of one whose names may appear later (an entity
of a device that has not joined yet) it is a warning.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple, TypeAlias

import voluptuous as vol

from linli.config.deployment import Deployment
from linli.config.phrases import did_you_mean, phrase
from linli.config.position import KeyPath
from linli.config.problem import Problem, Severity
from linli.config.structure import walk_schema
from linli.config.validators.base import Validator

Known: TypeAlias = Callable[[str], Collection[str] | None]
"""All names of a kind ("entity", "area", "role" …); None where they are not known yet, and so not checked."""


class Unknown(NamedTuple):
    """Nothing has this name."""

    names: Collection[str]
    """Those that there are."""
    severity: Severity


Seek: TypeAlias = Callable[[str, str], Unknown | None]
"""(kind, name) → why not; None: it exists, or nobody can say."""

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

    def problems(self, seek: Seek) -> Iterator[Problem]:
        """One for each name that nothing has."""
        for path, kind, name in self._all:
            unknown = None if kind in FILE_KINDS else seek(kind, name)
            if unknown is not None:
                yield self._unknown(path, kind, name, unknown)

    def _unknown(self, path: KeyPath, kind: str, name: str, unknown: Unknown) -> Problem:
        noun = phrase(f"kind_{kind}", message=kind)
        source = self._deployment.hidden_by(path)
        position = self._deployment.position(path)
        if source is not None:
            return Problem("reference_hidden", {"kind": noun, "source": source}, position, path, unknown.severity)
        key = "reference_unknown" if unknown.severity is Severity.ERROR else "reference_not_yet"
        guess = did_you_mean(name, unknown.names)
        parameters = {"kind": noun, "name": self._deployment.redacted(name), "guess": guess}
        return Problem(key, parameters, position, path, unknown.severity)

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
