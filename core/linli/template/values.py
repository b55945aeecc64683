"""Lists, mappings and sets in templates, and choosing between values."""

import operator
import random
from collections.abc import Callable, Iterable
from typing import Any, Final

from jinja2 import Undefined

from linli.template.errors import bad_value, shown
from linli.template.missing import MISSING
from linli.template.scope import SCOPE


def _several(function: str, value: Any) -> Iterable[Any]:
    """A list, tuple, set or another row of values, but no text."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise bad_value("needs_list", function, value=shown(value))
    return value


def _set_operation(name: str, operation: Callable[[Any, Any], set[Any]]) -> Callable[[Any, Any], list[Any]]:
    """An operation on two lists as sets; the order of its answer is that of the first list, then of the second."""

    def apply(value: Any, other: Any) -> list[Any]:
        meter = SCOPE.get().meter
        first, second = meter.listed(_several(name, value)), meter.listed(_several(name, other))
        kept = operation(set(first), set(second))
        return [each for each in dict.fromkeys([*first, *second]) if each in kept]

    apply.__name__ = name
    return apply


def flatten(value: Any, levels: int | None = None) -> list[Any]:
    """The items of lists within the list, down to ``levels`` levels or all."""
    found: list[Any] = []
    _flatten(_several("flatten", value), levels, found)
    return found


def _flatten(value: Iterable[Any], levels: int | None, found: list[Any]) -> None:
    meter = SCOPE.get().meter
    for item in meter.counted(value):
        if isinstance(item, Iterable) and not isinstance(item, str) and (levels is None or levels >= 1):
            _flatten(item, None if levels is None else levels - 1, found)
        else:
            found.append(item)
            if len(found) > meter.limits.items:
                meter.items(len(found))


def combine(*values: Any, recursive: Any = False) -> dict[Any, Any]:
    """One mapping of several; the later one wins, or with ``recursive`` is merged into the earlier."""
    if not values:
        raise bad_value("needs_one", "combine")
    meter = SCOPE.get().meter
    found: dict[Any, Any] = {}
    for value in values:
        if not isinstance(value, dict):
            raise bad_value("needs_mapping", "combine", value=shown(value))
        for key, inner in meter.counted(value.items()):
            before = found.get(key)
            both = recursive and isinstance(before, dict) and isinstance(inner, dict)
            found[key] = combine(before, inner, recursive=True) if both else inner
    return found


def shuffle(*values: Any, seed: Any = None) -> list[Any]:
    """The items in another order; the same order for the same seed."""
    if not values:
        raise bad_value("needs_one", "shuffle")
    if isinstance(values[0], Iterable):
        items = SCOPE.get().meter.listed(values[0])
        if seed is None and len(values) > 1:
            seed = values[1]
    elif len(values) == 1:
        raise bad_value("needs_several", "shuffle")
    else:
        items = list(values)
    (random.Random(seed) if seed else random).shuffle(items)
    return items


def chosen(values: Any) -> Any:
    """One of the values by chance, another one at every render."""
    return random.choice(values)


def iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = MISSING) -> Any:
    """One answer if the value is true, another if it is false, and if wanted a third if it is none."""
    if value is None and if_none is not MISSING:
        return if_none
    return if_true if value else if_false


def is_defined(value: Any) -> Any:
    """The value itself; an error if there is none of that name."""
    if isinstance(value, Undefined):
        value()
    return value


def to_set(value: Any) -> set[Any]:
    return set(SCOPE.get().meter.listed(value))


def to_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(SCOPE.get().meter.listed(value))


def to_list(value: Any) -> list[Any]:
    """The items as a list of its own."""
    return SCOPE.get().meter.listed(value)


def merge_response(value: Any) -> list[Any]:
    """The answers of a service for several entities as one list, each with the entity that gave it."""
    if not isinstance(value, dict):
        raise bad_value("needs_response", "merge_response")
    found: list[Any] = []
    single = False
    for entity_id, response in value.items():
        if not isinstance(response, dict):
            raise bad_value("needs_response", "merge_response")
        inner = next(iter(response.items())) if len(response) == 1 else None
        if inner is not None and isinstance(inner[1], list):
            single = True
            for item in inner[1]:
                if isinstance(item, dict):
                    found.append(_of_entity(item, entity_id) | {"value_key": inner[0]})
                else:
                    found.append(item)
        elif not single:
            found.append(_of_entity(response, entity_id))
    return found


def _of_entity(item: dict[Any, Any], entity_id: Any) -> dict[Any, Any]:
    if "entity_id" in item:
        raise bad_value("entity_named", "merge_response")
    return item | {"entity_id": entity_id}


_BOTH: Final[dict[str, Callable[..., Any]]] = {
    "combine": combine, "flatten": flatten, "iif": iif, "shuffle": shuffle,
    "intersect": _set_operation("intersect", operator.and_), "difference": _set_operation("difference", operator.sub),
    "union": _set_operation("union", operator.or_),
    "symmetric_difference": _set_operation("symmetric_difference", operator.xor),
}  # fmt: skip
GLOBALS: Final[dict[str, Any]] = {
    **_BOTH, "merge_response": merge_response, "set": to_set, "tuple": to_tuple, "zip": zip,
}  # fmt: skip
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **_BOTH, "contains": operator.contains, "is_defined": is_defined, "random": chosen, "list": to_list,
}  # fmt: skip
TESTS: Final[dict[str, Callable[..., Any]]] = {
    "contains": operator.contains,
    "list": lambda value: isinstance(value, list),
    "set": lambda value: isinstance(value, set),
    "tuple": lambda value: isinstance(value, tuple),
}
