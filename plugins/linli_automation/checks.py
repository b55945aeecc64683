"""What ``linli check`` finds in automations; a rule with a mistake is unavailable and costs no other."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import schema as sv
from linli import unique_slug
from linli_automation.engine.rule_parts import Once, Path, RuleCheck, shape_of
from linli_automation.model import SCHEMA
from linli_triggers.api import A_MAP, condition_parts, template_parts, trigger_parts

SHAPE: Final = shape_of(SCHEMA)

SPELLINGS: Final = (("trigger", "triggers"), ("condition", "conditions"), ("action", "actions"))


def check_parts(written: Any, around: sv.Surroundings) -> Iterator[sv.Part]:
    """See :class:`linli.schema.Part`."""
    rules = _Automations(around)
    if isinstance(written, list):
        for index, each in enumerate(written):
            yield from rules.parts(each, (index,))
    elif written is not None:
        yield from rules.parts(written, ())


class _Automations:
    def __init__(self, around: sv.Surroundings) -> None:
        self._check = RuleCheck("automation", around)
        self._ids = Once("automation.id_twice", "another automation above has the id {name}; this one is passed over")
        self._names = Once(
            "automation.name_twice",
            "another automation above without an id is called {name}; give each an id, or they change places",
        )

    def parts(self, config: Any, path: Path) -> Iterator[sv.Part]:
        if not isinstance(config, Mapping):
            yield sv.Part(path, config, A_MAP)
            return
        if "id" in config:
            yield from self._ids.part(str(config["id"]), (*path, "id"))
        elif "alias" in config:
            yield from self._names.part(unique_slug(str(config["alias"]), lambda _: False), (*path, "alias"))
        yield from template_parts(config, path)
        if "use_blueprint" in config:
            yield from self._check.filled(config, path)
            return
        yield sv.Part(path, config, SHAPE)
        for one, several in SPELLINGS:
            yield from _either(config, path, one, several)
        for key in ("trigger", "triggers"):
            yield from trigger_parts(config.get(key), (*path, key), foreign=self._check.foreign)
        for key in ("condition", "conditions"):
            yield from condition_parts(config.get(key), (*path, key), foreign=self._check.foreign)
        for key in ("action", "actions"):
            yield from self._check.steps.parts(config.get(key), (*path, key))


def _either(config: Mapping[str, Any], path: Path, one: str, several: str) -> Iterator[sv.Part]:
    """One of the two spellings; only conditions may be missing."""
    if one in config and several in config:
        yield sv.Part((*path, one), config[one], lambda value: _refuse_both(one, several))
    elif several not in config and one not in config and several != "conditions":
        yield sv.Part(path, config, vol.Schema({vol.Required(several): object}, extra=vol.ALLOW_EXTRA))


def _refuse_both(one: str, several: str) -> Any:
    message = f"{one} and {several} are the same; use {several} only"
    raise sv.Refusal("automation.both_spellings", one=one, several=several, message=message)
