"""One section against its schema: every mistake in it, at the place where it was written."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli.config.deployment import Deployment
from linli.config.nodes import Missing, find, walk
from linli.config.phrases import Phrase, joined, phrase, shown, similar
from linli.config.position import KeyPath
from linli.config.problem import Problem
from linli.config.scalars import unspelled
from linli.config.structure import at_path, keys_at
from linli.config.validators.base import Refusal, checker, errors_of, expected_of

_UNKNOWN: Final = "extra keys not allowed"
_BY_TYPE: Final = (
    vol.TypeInvalid, vol.DictInvalid, vol.SequenceTypeInvalid, vol.LiteralInvalid, vol.ScalarInvalid,
    vol.CoerceInvalid,
)  # fmt: skip


class SectionCheck:
    """One instance of a section: ``value`` is what the schema makes of it; ``problems`` says why it makes nothing."""

    def __init__(self, deployment: Deployment, path: KeyPath, written: Any, schema: Any) -> None:
        self.path = path
        self.written = written
        self.schema = schema
        self.value: Any = None
        self.whole = False
        """Whether ``value`` is there; without it and without problems, something unread is in the way."""
        self.problems: list[Problem] = []
        self._deployment = deployment
        self._run()

    def _run(self) -> None:
        try:
            self.value = unspelled(checker(self.schema)(self.written))
            self.whole = True
        except vol.Invalid as error:
            self.problems += self._told(errors_of(error))
        except Exception as error:  # noqa: BLE001 - the guard around a plugin's schema: its fault is a line, not ours
            if not self._broken(self.path):
                parameters = {"type": type(error).__name__, "message": self._deployment.redacted(str(error))}
                position = self._deployment.key_position(self.path)
                self.problems.append(Problem("schema_raised", parameters, position, self.path))

    def _told(self, errors: Iterable[vol.Invalid]) -> Iterator[Problem]:
        unknown: list[Problem] = []
        others: list[Problem] = []
        for error in errors:
            path = (*self.path, *_steps(error.path))
            if isinstance(error, vol.RequiredFieldInvalid):
                others.append(self._missing_key(path, error.path[-1]))
            elif error.error_message == _UNKNOWN:
                unknown.append(self._unknown_key(path))
            elif not self._broken(path):
                others.append(self._wrong_value(path, error))
        guessed = {(*problem.path[:-1], problem.parameters["meant"]) for problem in unknown}
        yield from unknown
        for problem in others:
            if not (problem.key.startswith("missing_key") and problem.path in guessed):
                yield problem

    def _missing_key(self, path: KeyPath, marker: Any) -> Problem:
        described = getattr(marker, "description", None)
        parameters = {"name": str(path[-1]), "description": described}
        key = "missing_key_described" if isinstance(described, str) else "missing_key"
        return Problem(key, parameters, self._deployment.key_position(path[:-1]), path)

    def _unknown_key(self, path: KeyPath) -> Problem:
        inside = path[len(self.path) : -1]
        holder = _value_at(self.written, inside)
        present = holder if isinstance(holder, Mapping) else {}
        known = keys_at(self.schema, self.written, inside)
        name = str(path[-1])
        meant = similar(name, [absent for absent in known if absent not in present]) or similar(name, known)
        guess = phrase("did_you_mean", guess=meant) if meant else ""
        parameters: dict[str, Any] = {"name": name, "meant": meant, "guess": guess}
        key = "unknown_key"
        if meant is None and known:
            key, parameters["known"] = "unknown_key_listed", joined(known)
        return Problem(key, parameters, self._deployment.key_position(path), path)

    def _wrong_value(self, path: KeyPath, error: vol.Invalid) -> Problem:
        said = self._phrase(path, error)
        source = self._deployment.hidden_by(path)
        if source is not None:
            expected = said.parameters.get("expected")
            known = expected is not None and expected != ""
            key = "expected_secret" if known else "invalid_secret"
            said = Phrase(key, {"expected": expected, "source": source} if known else {"source": source})
        parameters = {
            name: self._deployment.redacted(value) if isinstance(value, str) else value
            for name, value in said.parameters.items()
        }
        return Problem(said.key, parameters, self._deployment.position(path), path)

    def _phrase(self, path: KeyPath, error: vol.Invalid) -> Phrase:
        if isinstance(error, Refusal):
            return error.phrase
        if isinstance(error, _BY_TYPE):
            inside = path[len(self.path) :]
            looking = [candidate for candidate, _ in at_path(self.schema, self.written, inside)]
            value = _value_at(self.written, inside)
            if looking:
                return Phrase("expected", {"expected": expected_of(looking[-1]), "got": shown(value)})
        return Phrase("invalid", {"message": error.error_message})

    def _broken(self, path: KeyPath) -> bool:
        """Whether something on the way to ``path`` or below it could not be read, and was reported as that."""
        tree = self._deployment.tree
        if any(isinstance(find(tree, path[:length]), Missing) for length in range(len(path) + 1)):
            return True
        node = find(tree, path)
        return node is not None and any(isinstance(inside, Missing) for _, inside in walk(node))


def _steps(path: Iterable[Any]) -> Iterator[str | int]:
    for step in path:
        if isinstance(step, vol.Marker):
            yield str(step.schema)
        else:
            yield step if isinstance(step, int) and not isinstance(step, bool) else str(step)


def _value_at(value: Any, path: KeyPath) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
