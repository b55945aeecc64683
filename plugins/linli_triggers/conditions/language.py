"""From what was written to checked conditions: lists, templates alone, and/or/not in both spellings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol

from linli_triggers.conditions.kinds import KINDS, Kind
from linli_triggers.words import is_template

DEEPEST: Final = 24
GROUPS: Final = ("and", "or", "not")
_COMMON: Final = ("condition", "alias", "enabled")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that has passed its check; ``kind`` is a Kind, a word of :data:`GROUPS`, or a foreign one."""

    kind: Kind | str
    config: Mapping[str, Any]
    parts: tuple["Condition", ...] = ()
    enabled: bool | str = True

    def templated(self) -> Iterator[Any]:
        """The values in which templates may stand."""
        yield self.enabled
        if isinstance(self.kind, Kind):
            for key in self.kind.templates:
                yield self.config.get(key)
        elif self.kind not in GROUPS:
            yield self.config
        for part in self.parts:
            yield from part.templated()


def conditions_of(config: Any, foreign: frozenset[str] = frozenset()) -> list[Condition]:
    """The conditions of a map, a template or a list; raises vol.Invalid for the first mistake.

    ``foreign``: kinds that other plugins test.
    """
    return [_condition(each, foreign, 0) for each in _listed(config)]


def _listed(config: Any) -> list[Any]:
    if config is None:
        return []
    return config if isinstance(config, list) else [config]


def _condition(written: Any, foreign: frozenset[str], depth: int) -> Condition:
    if depth > DEEPEST:
        raise vol.Invalid("conditions are nested too deep")
    if is_template(written):
        return Condition(KINDS["template"], {"value_template": written})
    if isinstance(written, list):
        return Condition("and", {}, tuple(_condition(each, foreign, depth + 1) for each in written))
    if not isinstance(written, Mapping):
        raise vol.Invalid("expected a dictionary, a list or a template")
    given = _spelled_out(written)
    name = given["condition"]
    enabled = given.get("enabled", True)
    if not isinstance(enabled, bool) and not is_template(enabled):
        enabled = bool(vol.Boolean()(enabled))
    if is_template(name):
        return Condition(KINDS["template"], {"value_template": name}, (), enabled)
    config = {key: value for key, value in given.items() if key not in _COMMON}
    if name in GROUPS:
        return Condition(name, {}, _group(config, foreign, depth), enabled)
    kind = KINDS.get(name)
    if kind is not None:
        return Condition(kind, kind.schema(config), (), enabled)
    if name in foreign:
        return Condition(name, config, (), enabled)
    known = ", ".join(sorted({*GROUPS, *KINDS, *foreign}))
    raise vol.Invalid(f"Unexpected value for condition: '{name}'. Expected {known}")


def _spelled_out(written: Mapping[str, Any]) -> dict[str, Any]:
    """``and: […]`` as ``condition: and`` with ``conditions: […]``."""
    given = dict(written)
    if "condition" not in given:
        short = [name for name in GROUPS if name in given]
        if len(short) != 1:
            raise vol.Invalid("required key not provided", ["condition"])
        given["condition"] = short[0]
        given["conditions"] = given.pop(short[0])
    if not isinstance(given["condition"], str):
        raise vol.Invalid("expected a text", ["condition"])
    if "alias" in given and not isinstance(given["alias"], str):
        raise vol.Invalid("expected a text", ["alias"])
    return given


def _group(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> tuple[Condition, ...]:
    unknown = config.keys() - {"conditions"}
    if unknown:
        raise vol.Invalid("extra keys not allowed", [min(unknown)])
    if "conditions" not in config:
        raise vol.Invalid("required key not provided", ["conditions"])
    parts = []
    for index, each in enumerate(_listed(config["conditions"])):
        try:
            parts.append(_condition(each, foreign, depth + 1))
        except vol.Invalid as error:
            error.prepend(["conditions", index])
            raise
    return tuple(parts)
