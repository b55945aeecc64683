"""From what was written to checked triggers: lists within lists, both spellings, what all kinds have in common."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol

from linli_triggers.kinds import KINDS, Kind
from linli_triggers.words import is_template, text

MOST_TRIGGERS: Final = 500
"""In one configuration."""


def _enabled(value: Any) -> bool | str:
    if isinstance(value, bool) or is_template(value):
        found: bool | str = value
        return found
    return bool(vol.Boolean()(value))


_COMMON: Final = vol.Schema(
    {
        vol.Required("trigger"): str,
        vol.Optional("id"): text,
        vol.Optional("alias"): str,
        vol.Optional("enabled", default=True): _enabled,
        vol.Optional("variables", default=dict): {str: object},
    },
    extra=vol.ALLOW_EXTRA,
)
_COMMON_KEYS: Final = ("trigger", "id", "alias", "enabled", "variables")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger that has passed its check."""

    kind: Kind | str
    """A word of another plugin's is only a name here."""
    config: Mapping[str, Any]
    """What is particular to the kind."""
    id: str
    index: int
    alias: str | None
    enabled: bool | str
    variables: Mapping[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """What every kind hands out."""
        return {"id": self.id, "idx": str(self.index), "alias": self.alias}

    def templated(self) -> Iterator[Any]:
        """The values in which templates may stand."""
        yield self.enabled
        yield self.variables
        if isinstance(self.kind, str):
            yield self.config
            return
        for key in self.kind.templates:
            yield self.config.get(key)


def has_foreign(config: Any) -> bool:
    """Whether a trigger in it is of no kind of ours, so that other plugins must be asked for theirs."""
    return any(isinstance(each, Mapping) and _kind_in(each) not in KINDS for each in _flat(config, 0))


def _kind_in(written: Mapping[str, Any]) -> str:
    return str(written.get("trigger", written.get("platform")))


def triggers_of(config: Any, foreign: Container[str] = frozenset()) -> list[Trigger]:
    """The triggers of a map or of a list; raises vol.Invalid for the first mistake.

    ``foreign``: kinds that other plugins follow.
    """
    found: list[Trigger] = []
    for each in _flat(config, 0):
        if len(found) >= MOST_TRIGGERS:
            raise vol.Invalid(f"more than {MOST_TRIGGERS} triggers")
        found.append(_trigger(each, len(found), foreign))
    return found


def _flat(config: Any, depth: int) -> Iterator[Any]:
    if depth > 8:
        raise vol.Invalid("triggers are nested too deep")
    if config is None:
        return
    if isinstance(config, list):
        for each in config:
            yield from _flat(each, depth + 1)
    elif isinstance(config, Mapping) and set(config) == {"triggers"}:
        yield from _flat(config["triggers"], depth + 1)
    else:
        yield config


def _trigger(written: Any, index: int, foreign: Container[str]) -> Trigger:
    if not isinstance(written, Mapping):
        raise vol.Invalid("expected a dictionary")
    given = dict(written)
    if "platform" in given:
        if "trigger" in given:
            raise vol.Invalid("Cannot specify both 'platform' and 'trigger'. Please use 'trigger' only.")
        given["trigger"] = given.pop("platform")
    given = _COMMON(given)
    name = given["trigger"]
    kind = KINDS.get(name)
    config = {key: value for key, value in given.items() if key not in _COMMON_KEYS}
    if kind is not None:
        config = kind.schema(config)
    elif name not in foreign:
        raise vol.Invalid(f"Invalid trigger '{name}' specified")
    written_id, alias = given.get("id", str(index)), given.get("alias")
    return Trigger(kind or name, config, written_id, index, alias, given["enabled"], given["variables"])
