"""What rules of every kind share when ``linli check`` looks into them: blueprints, and what stands twice. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import InvalidRequest
from linli import schema as sv
from linli_automation.engine.parts import Steps
from linli_automation.engine.script import Mode
from linli_blueprint.api import Blueprint

Path = tuple[str | int, ...]
OURS: Final = frozenset({"api", "automation", "history", "logbook", "script", "scene"})
"""Plugins that use triggers and add no kinds of their own."""
USE: Final = vol.Schema({vol.Required("path"): str, vol.Optional("input", default=dict): dict})


def shape_of(schema: vol.Schema) -> vol.Schema:
    """The keys of a rule; a word that is none of the modes is answered with the one that was meant."""
    return vol.Schema({**schema.schema, vol.Optional("mode"): sv.one_of(*(mode.value for mode in Mode))})


class RuleCheck:
    """One check of one section. ``domain``: automation or script."""

    def __init__(self, domain: str, around: sv.Surroundings) -> None:
        more = [name for name, needs in around.enabled.items() if {"triggers", "automation"} & {*needs}]
        self.foreign = bool(frozenset(more) - OURS)
        """Plugins that run may know further words."""
        self.steps = Steps(foreign=self.foreign, services=around.services)
        self._domain = domain
        self._around = around
        self._found: Mapping[str, bytes] | None = None

    def filled(self, config: Mapping[str, Any], path: Path) -> Iterator[sv.Part]:
        """A rule that fills a blueprint: that there is such a one, that it is one, that nothing is missing."""
        use = config["use_blueprint"]
        here = (*path, "use_blueprint")
        yield sv.Part(here, use, USE)
        if not isinstance(use, Mapping) or not isinstance(use.get("path"), str):
            return
        if self._found is None:
            self._found = self._around.files(f"blueprints/{self._domain}")
        text = self._found.get(use["path"])
        if text is None:
            yield sv.Part((*here, "path"), use["path"], _Missing(self._found))
            return
        inputs = use.get("input") or {}
        if isinstance(inputs, Mapping):
            yield sv.Part(here, None, _Fill(text, self._domain, inputs))


class _Missing:
    """There is no such file."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = tuple(known)

    def __call__(self, value: str) -> Any:
        if not self._known:
            message = f"there is no file {value} in the folder of blueprints; perhaps it was saved by API"
            raise sv.Refusal("automation.no_blueprint", file=value, message=message)
        return sv.one_of(*sorted(self._known))(value)


class _Fill:
    """A blueprint's own mistakes, and what is missing to fill it."""

    def __init__(self, text: bytes, domain: str, inputs: Mapping[str, Any]) -> None:
        self._text = text
        self._domain = domain
        self._inputs = inputs

    def __call__(self, value: Any) -> Any:
        try:
            Blueprint.of_file(self._text, self._domain).filled(self._inputs)
        except InvalidRequest as error:
            raise vol.Invalid(str(error)) from error
        return value


class Once:
    """Names that may stand once; the second is told of the first."""

    def __init__(self, key: str, message: str) -> None:
        self._key = key
        self._message = message
        self._seen: set[str] = set()

    def part(self, name: str, path: Path) -> Iterator[sv.Part]:
        """Nothing, where it is the first of its name."""
        if name in self._seen:
            yield sv.Part(path, name, self._refuse)
        self._seen.add(name)

    def _refuse(self, value: Any) -> Any:
        raise sv.Refusal(self._key, name=value, message=self._message.format(name=value))
