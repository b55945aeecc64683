"""From what was written to checked steps: every action of Home Assistant's scripts, in both spellings."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import voluptuous as vol

from linli import is_entity_id
from linli_triggers.api import duration, has_template, is_template

DEEPEST: Final = 30
MOST_STEPS: Final = 2000
CONDITION_WORDS: Final = ("condition", "and", "or", "not")
SERVICE_WORDS: Final = ("action", "service", "service_template")
TARGET_KEYS: Final = ("entity_id", "device_id", "area_id", "floor_id", "label_id")
Blocks = Mapping[str, "tuple[Step, ...]"]


@dataclass(frozen=True, slots=True)
class Step:
    """One action that has passed its check."""

    kind: str
    config: Mapping[str, Any]
    """What is particular to the kind, normalised; templates as they were written."""
    blocks: Blocks = field(default_factory=dict)
    """The sequences inside, by their part of a trace's path (``choose/0/sequence``, ``then``, ``repeat/sequence``)."""
    alias: str | None = None
    enabled: bool | str = True
    continue_on_error: bool = False

    def walk(self) -> "Iterator[Step]":
        """Itself, and every step inside."""
        yield self
        for block in self.blocks.values():
            for step in block:
                yield from step.walk()


def sequence_of(written: Any, foreign: frozenset[str] = frozenset()) -> tuple[Step, ...]:
    """The steps of one action or a list; raises vol.Invalid for the first mistake, with its path.

    ``foreign``: words of actions that other plugins carry out.
    """
    steps = _sequence(written, foreign, 0)
    if sum(1 for step in steps for _ in step.walk()) > MOST_STEPS:
        raise vol.Invalid(f"more than {MOST_STEPS} steps")
    return steps


def _sequence(written: Any, foreign: frozenset[str], depth: int) -> tuple[Step, ...]:
    if depth > DEEPEST:
        raise vol.Invalid("actions are nested too deep")
    steps = []
    for index, each in enumerate(_listed(written)):
        try:
            steps.append(_step(each, foreign, depth))
        except vol.Invalid as error:
            error.prepend([index])
            raise
    return tuple(steps)


def _listed(written: Any) -> list[Any]:
    if written is None:
        return []
    return written if isinstance(written, list) else [written]


def _block(written: Any, foreign: frozenset[str], depth: int, *path: str | int) -> tuple[Step, ...]:
    try:
        return _sequence(written, foreign, depth + 1)
    except vol.Invalid as error:
        error.prepend(list(path))
        raise


_COMMON: Final = vol.Schema(
    {
        vol.Optional("alias"): vol.Coerce(str),
        vol.Optional("enabled", default=True): vol.Any(
            bool, vol.All(str, is_template, lambda text: text), vol.Boolean()
        ),
        vol.Optional("continue_on_error", default=False): vol.Boolean(),
    },
    extra=vol.ALLOW_EXTRA,
)
_COMMON_KEYS: Final = ("alias", "enabled", "continue_on_error")


def _step(written: Any, foreign: frozenset[str], depth: int) -> Step:
    if is_template(written):
        return Step("condition", {"condition": written})
    if not isinstance(written, Mapping):
        raise vol.Invalid("expected dictionary")
    given = _COMMON(dict(written))
    config = {key: value for key, value in given.items() if key not in _COMMON_KEYS}
    kind = _kind(config, foreign)
    maker = _KINDS.get(kind, _foreign)
    config, blocks = maker(config, foreign, depth)
    enabled = given["enabled"]
    if is_template(written.get("enabled")):
        enabled = written["enabled"]
    return Step(kind, config, blocks, given.get("alias"), enabled, given["continue_on_error"])


def _kind(config: Mapping[str, Any], foreign: frozenset[str]) -> str:
    for key, kind in BY_KEY.items():
        if key in config:
            return kind
    for key in config:
        if key in foreign:
            return key
    raise vol.Invalid("Unable to determine action")


# what is in each kind -------------------------------------------------------------------------------------------------

Made = tuple[dict[str, Any], Blocks]
_TEXT: Final = vol.All(vol.Any(str, int, float), vol.Coerce(str))
_VARIABLE: Final = vol.All(str, vol.Length(min=1))


def _only(keys: Mapping[Any, Any]) -> Callable[[Mapping[str, Any], frozenset[str], int], Made]:
    schema = vol.Schema(dict(keys))

    def make(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
        return schema(dict(config)), {}

    return make


def _foreign(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    return dict(config), {}


def _condition(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    return {"condition": dict(config)}, {}


def _map(value: Any) -> Any:
    if value is None:
        return {}
    if isinstance(value, Mapping) or is_template(value):
        return value
    raise vol.Invalid("expected a dictionary")


def _name(value: Any) -> str:
    if is_template(value):
        return str(value)
    if not isinstance(value, str) or value.count(".") != 1:
        raise vol.Invalid(f"Service {value} does not match format <domain>.<name>")
    return value.lower()


_SERVICE: Final = vol.Schema(
    {
        vol.Exclusive("action", "service name"): _name,
        vol.Exclusive("service", "service name"): _name,
        vol.Exclusive("service_template", "service name"): _name,
        vol.Optional("data"): _map,
        vol.Optional("data_template"): _map,
        vol.Optional("target"): _map,
        vol.Optional("entity_id"): object,
        vol.Optional("response_variable"): _VARIABLE,
        vol.Optional("metadata"): dict,
    }
)


def _service(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    found = _SERVICE(dict(config))
    name = next(found.pop(word) for word in SERVICE_WORDS if word in found)
    data = [found.pop(key) for key in ("data_template", "data") if key in found]
    target = found.pop("target", {})
    if "entity_id" in found:
        target = {"entity_id": found.pop("entity_id"), **(target if isinstance(target, Mapping) else {})}
    return _called(name, data, target, found.get("response_variable")), {}


def _called(name: str, data: list[Any], target: Any, response_variable: str | None) -> dict[str, Any]:
    """``named`` and ``aimed``: the name and the target as a call takes them, where they are no templates."""
    return {
        "action": name, "data": data, "target": target, "response_variable": response_variable,
        "named": None if is_template(name) else service_named(name),
        "aimed": None if has_template(target) else aimed_at(target),
    }  # fmt: skip


def service_named(name: Any) -> tuple[str, str] | None:
    """Domain and service of a name; None: it is none."""
    if not isinstance(name, str) or not is_entity_id(name.lower()):
        return None
    domain, _, service = name.lower().partition(".")
    return domain, service


def aimed_at(target: Mapping[str, Any]) -> dict[str, Any]:
    """A target with one name as a list; the words ``all`` and ``none`` stay words."""
    return {key: _several(key, value) for key, value in target.items()}


def _several(key: str, value: Any) -> Any:
    if not isinstance(value, str) or value in ("all", "none"):
        return value
    return [part.strip().lower() for part in value.split(",")] if key == "entity_id" else [value]


_SCENE: Final = vol.Schema({vol.Required("scene"): str, vol.Optional("metadata"): dict})


def _scene(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    found = _SCENE(dict(config))
    target = {"entity_id": found["scene"]}
    return _called("scene.turn_on", [], target, None), {}


_CHOOSE: Final = vol.Schema({vol.Required("choose"): object, vol.Optional("default"): object})
_OPTION: Final = vol.Schema(
    {vol.Optional("alias"): str, vol.Required("conditions"): object, vol.Required("sequence"): object}
)


def _choose(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    found = _CHOOSE(dict(config))
    blocks: dict[str, tuple[Step, ...]] = {}
    options = []
    for index, each in enumerate(_listed(found["choose"])):
        try:
            checked = _OPTION(each)
        except vol.Invalid as error:
            error.prepend(["choose", index])
            raise
        options.append(checked["conditions"])
        path = ("choose", index, "sequence")
        blocks["/".join(map(str, path))] = _block(checked["sequence"], foreign, depth, *path)
    if "default" in found:
        blocks["default"] = _block(found["default"], foreign, depth, "default")
    return {"options": options}, blocks


_IF: Final = vol.Schema({vol.Required("if"): object, vol.Required("then"): object, vol.Optional("else"): object})


def _if(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    found = _IF(dict(config))
    return {"if": found["if"]}, {
        name: _block(found[name], foreign, depth, name) for name in ("then", "else") if name in found
    }


_REPEAT: Final = vol.Schema(
    {
        vol.Exclusive("count", "how often"): vol.Any(vol.All(str, is_template), vol.Coerce(int)),
        vol.Exclusive("for_each", "how often"): vol.Any(list, vol.All(str, is_template)),
        vol.Exclusive("while", "how often"): object,
        vol.Exclusive("until", "how often"): object,
        vol.Required("sequence"): object,
    }
)


_LOOP: Final = vol.Schema({vol.Required("repeat"): dict})


def _repeat(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    found = _LOOP(dict(config))["repeat"]
    try:
        checked = _REPEAT(found)
    except vol.Invalid as error:
        error.prepend(["repeat"])
        raise
    how = {key: found[key] for key in checked if key != "sequence"}
    if len(how) != 1:
        raise vol.Invalid("must contain one of count, for_each, until, while", ["repeat"])
    return how, {"repeat/sequence": _block(checked["sequence"], foreign, depth, "repeat", "sequence")}


_SEQUENCE: Final = vol.Schema({vol.Required("sequence"): object, vol.Optional("metadata"): dict})
_PARALLEL: Final = vol.Schema({vol.Required("parallel"): object})


def _sequence_step(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    found = _SEQUENCE(dict(config))
    return {}, {"sequence": _block(found["sequence"], foreign, depth, "sequence")}


def _parallel(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    found = _PARALLEL(dict(config))
    blocks = {}
    for index, each in enumerate(_listed(found["parallel"])):
        inner = each
        if isinstance(each, Mapping) and "sequence" in each and not each.keys() - {"sequence", "alias"}:
            inner = each["sequence"]
        blocks[f"parallel/{index}/sequence"] = _block(inner, foreign, depth, "parallel", index)
    return {}, blocks


_DELAY: Final = {vol.Required("delay"): duration}
_WAIT: Final = {vol.Optional("timeout"): duration, vol.Optional("continue_on_timeout", default=True): vol.Boolean()}
_EVENT: Final = {
    vol.Required("event"): str,
    vol.Optional("event_data"): _map,
    vol.Optional("event_data_template"): _map,
}
_STOP: Final = {
    vol.Required("stop"): vol.Any(None, _TEXT),
    vol.Exclusive("error", "how"): vol.Boolean(),
    vol.Exclusive("response_variable", "how"): _VARIABLE,
}

BY_KEY: Final[Mapping[str, str]] = {
    "delay": "delay",
    "wait_template": "wait_template",
    "condition": "condition",
    "and": "condition",
    "or": "condition",
    "not": "condition",
    "event": "event",
    "scene": "service",
    "repeat": "repeat",
    "choose": "choose",
    "wait_for_trigger": "wait_for_trigger",
    "variables": "variables",
    "stop": "stop",
    "if": "if",
    "parallel": "parallel",
    "sequence": "sequence",
    "action": "service",
    "service": "service",
    "service_template": "service",
}


def _service_or_scene(config: Mapping[str, Any], foreign: frozenset[str], depth: int) -> Made:
    return (_scene if "scene" in config else _service)(config, foreign, depth)


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], frozenset[str], int], Made]]] = {
    "delay": _only(_DELAY),
    "wait_template": _only({vol.Required("wait_template"): str, **_WAIT}),
    "wait_for_trigger": _only({vol.Required("wait_for_trigger"): object, **_WAIT}),
    "condition": _condition,
    "event": _only(_EVENT),
    "service": _service_or_scene,
    "repeat": _repeat,
    "choose": _choose,
    "variables": _only({vol.Required("variables"): {str: object}}),
    "stop": _only(_STOP),
    "if": _if,
    "parallel": _parallel,
    "sequence": _sequence_step,
}

SHAPES: Final[Mapping[str, Any]] = {
    "delay": _DELAY,
    "wait_template": {vol.Required("wait_template"): str, **_WAIT},
    "wait_for_trigger": {vol.Required("wait_for_trigger"): object, **_WAIT},
    "event": _EVENT,
    "service": _SERVICE.schema,
    "scene": _SCENE.schema,
    "repeat": _LOOP.schema,
    "choose": _CHOOSE.schema,
    "option": _OPTION,
    "variables": {vol.Required("variables"): {str: object}},
    "stop": _STOP,
    "if": _IF.schema,
    "parallel": _PARALLEL.schema,
    "sequence": _SEQUENCE.schema,
}
"""The keys of each kind with what they take, beside those that every step may have."""
