"""Actions taken apart for ``linli check``: each step with what it has to pass, in the places of the YAML. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import schema as sv
from linli_automation.engine.language import BY_KEY, SERVICE_WORDS, SHAPES
from linli_triggers.api import A_MAP, condition_parts, is_template, trigger_parts

Path = tuple[str | int, ...]
DEEPEST: Final = 30
SCRIPT: Final = "script"
"""The domain in which each script is a service."""
COMMON: Final = {
    vol.Optional("alias"): object,
    vol.Optional("enabled"): object,
    vol.Optional("continue_on_error"): sv.boolean,
}

HOW_OFTEN: Final = {
    vol.Optional("count"): object,
    vol.Optional("for_each"): object,
    vol.Optional("while"): object,
    vol.Optional("until"): object,
    vol.Required("sequence"): object,
}


class Steps:
    """``foreign``: plugins that run may know further kinds of triggers, conditions and actions. ``services``: those
    that there will be, by domain, where that is known."""

    def __init__(self, *, foreign: bool, services: Mapping[str, frozenset[str]]) -> None:
        self._foreign = foreign
        self._services = services

    def parts(self, written: Any, path: Path, depth: int = 0) -> Iterator[sv.Part]:
        """An action or a list of them."""
        if written is None or is_template(written) or depth > DEEPEST:
            return
        if isinstance(written, list):
            for index, each in enumerate(written):
                yield from self.parts(each, (*path, index), depth + 1)
        elif not isinstance(written, Mapping):
            yield sv.Part(path, written, A_MAP)
        else:
            yield from self._step(written, path, depth)

    def _step(self, step: Mapping[str, Any], path: Path, depth: int) -> Iterator[sv.Part]:
        kind = next((kind for key, kind in BY_KEY.items() if key in step), None)
        if kind is None:
            yield from self._unknown(step, path)
        elif kind == "condition":
            yield from condition_parts(_bare(step), path, foreign=self._foreign)
        else:
            yield sv.Part(path, step, vol.Schema({**COMMON, **SHAPES["scene" if "scene" in step else kind]}))
            yield from self._inside(kind, step, path, depth)

    def _unknown(self, step: Mapping[str, Any], path: Path) -> Iterator[sv.Part]:
        words = [key for key in step if key not in map(str, COMMON)]
        if words and not self._foreign:
            yield sv.Part((*path, words[0]), words[0], sv.one_of(*BY_KEY))
        elif not words:
            yield sv.Part(path, step, _no_action)

    def _inside(self, kind: str, step: Mapping[str, Any], path: Path, depth: int) -> Iterator[sv.Part]:
        match kind:
            case "service":
                yield from _service(step, path, self._services)
            case "choose":
                yield from self._choose(step, path, depth)
            case "if":
                yield from self._conditions(step.get("if"), (*path, "if"))
                for word in ("then", "else"):
                    yield from self.parts(step.get(word), (*path, word), depth + 1)
            case "repeat":
                yield from self._repeat(step["repeat"], (*path, "repeat"), depth)
            case "sequence":
                yield from self.parts(step["sequence"], (*path, "sequence"), depth + 1)
            case "parallel":
                yield from self._parallel(step["parallel"], (*path, "parallel"), depth)
            case "wait_for_trigger":
                where = (*path, "wait_for_trigger")
                yield from trigger_parts(step["wait_for_trigger"], where, foreign=self._foreign)

    def _conditions(self, written: Any, path: Path) -> Iterator[sv.Part]:
        yield from condition_parts(written, path, foreign=self._foreign)

    def _choose(self, step: Mapping[str, Any], path: Path, depth: int) -> Iterator[sv.Part]:
        options = step["choose"]
        for index, option in enumerate(options if isinstance(options, list) else [options]):
            here = (*path, "choose", index) if isinstance(options, list) else (*path, "choose")
            yield sv.Part(here, option, SHAPES["option"])
            if isinstance(option, Mapping):
                yield from self._conditions(option.get("conditions"), (*here, "conditions"))
                yield from self.parts(option.get("sequence"), (*here, "sequence"), depth + 1)
        yield from self.parts(step.get("default"), (*path, "default"), depth + 1)

    def _repeat(self, written: Any, path: Path, depth: int) -> Iterator[sv.Part]:
        if isinstance(written, Mapping):
            yield sv.Part(path, written, vol.Schema(HOW_OFTEN))
            if len(written.keys() & {"count", "for_each", "while", "until"}) != 1:
                yield sv.Part(path, written, _not_one_way)
            for word in ("while", "until"):
                yield from self._conditions(written.get(word), (*path, word))
            yield from self.parts(written.get("sequence"), (*path, "sequence"), depth + 1)

    def _parallel(self, written: Any, path: Path, depth: int) -> Iterator[sv.Part]:
        for index, each in enumerate(written if isinstance(written, list) else [written]):
            here = (*path, index) if isinstance(written, list) else path
            whole = isinstance(each, Mapping) and "sequence" in each and not each.keys() - {"sequence", "alias"}
            inside = each["sequence"] if whole else each
            yield from self.parts(inside, (*here, "sequence") if whole else here, depth + 1)


def _bare(step: Mapping[str, Any]) -> dict[str, Any]:
    """A condition among actions: the condition without what is the step's."""
    return {key: value for key, value in step.items() if key != "continue_on_error"}


def _service(
    step: Mapping[str, Any], path: Path, services: Mapping[str, frozenset[str]]
) -> Iterator[sv.Part]:  # fmt: skip
    """Whom it names, and what it calls."""
    word = next((word for word in SERVICE_WORDS if word in step), None)
    if word is not None and isinstance(step[word], str) and step[word].count(".") == 1 and not is_template(step[word]):
        yield sv.Part((*path, word), step[word], sv.service)
        domain, _, name = step[word].strip().lower().partition(".")
        if domain != SCRIPT and name not in services.get(domain, (name,)):
            known = sorted(f"{domain}.{each}" for each in services[domain])
            yield sv.Part((*path, word), step[word], sv.one_of(*known))
    if "scene" in step:
        yield sv.Part((*path, "scene"), step["scene"], sv.entity_id("scene"))
    for holder, inside in ((step, path), (step.get("target"), (*path, "target")), (step.get("data"), (*path, "data"))):
        if isinstance(holder, Mapping) and "entity_id" in holder and not _is_computed(holder["entity_id"]):
            yield sv.Part((*inside, "entity_id"), holder["entity_id"], sv.target_entity_ids())


def _is_computed(value: Any) -> bool:
    return value is None or any(is_template(each) for each in (value if isinstance(value, list) else [value]))


def _not_one_way(value: Any) -> Any:
    raise vol.Invalid("must contain one of count, for_each, until, while")


def _no_action(value: Any) -> Any:
    message = f"there is no action in it; expected one of {', '.join(BY_KEY)}"
    raise sv.Refusal("automation.no_action", words=", ".join(BY_KEY), message=message)
