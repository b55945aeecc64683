"""Lists and maps of other validators; every bad item is reported, where voluptuous stops at the first."""

from collections.abc import Iterator, Mapping
from typing import Any

import voluptuous as vol

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Child, Json, Refusal, Validator, checker, errors_of, expected_of, part_of
from linli.config.validators.describe import either, example_of, json_schema, selector_of


class list_of(Validator):
    """A list whose items all pass ``item``; reports all bad items."""

    def __init__(self, item: Any, *, min: int = 0, max: int | None = None, unique: bool = False) -> None:
        self.item = part_of(item)
        self._check = checker(self.item)
        self.min = min
        self.max = max
        self.unique = unique
        self.example: Any = [example_of(self.item)] * (1 if unique else min or 1)

    def __call__(self, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise self.refuse(value)
        if len(value) < self.min or (self.max is not None and len(value) > self.max):
            raise self.refuse(value, "list_length", length=len(value))
        checked, errors = self._items(value)
        if errors:
            raise vol.MultipleInvalid(errors)
        return checked

    def _items(self, value: Any) -> tuple[list[Any], list[vol.Invalid]]:
        checked: list[Any] = []
        errors: list[vol.Invalid] = []
        for index, part in enumerate(value):
            try:
                result = self._check(part)
            except vol.Invalid as error:
                error.prepend([index])
                errors.extend(errors_of(error))
                continue
            if self.unique and result in checked:
                errors.append(Refusal("list_repeats", [index]))
            checked.append(result)
        return checked, errors

    def children(self, value: Any) -> Iterator[Child]:
        if isinstance(value, list | tuple):
            for index, part in enumerate(value):
                yield (index,), self.item, part

    def json_schema(self) -> Json:
        schema: Json = {"type": "array", "items": json_schema(self.item)}
        for name, bound in (("minItems", self.min or None), ("maxItems", self.max)):
            if bound is not None:
                schema[name] = bound
        if self.unique:
            schema["uniqueItems"] = True
        return schema

    def selector(self) -> Json:
        return several(self.item)

    def expects(self) -> Phrase:
        if self.max is not None:
            return phrase("list_between", item=expected_of(self.item), min=self.min, max=self.max)
        if self.min:
            return phrase("list_at_least", item=expected_of(self.item), min=self.min)
        return phrase("list_of", item=expected_of(self.item))


class ensure_list(list_of):
    """Like :class:`list_of`, but one value may stand without its list, and nothing means none; gives a list."""

    def __call__(self, value: Any) -> list[Any]:
        if value is None:
            return super().__call__([])
        if isinstance(value, list | tuple):
            return super().__call__(value)
        return super().__call__([self._check(value)])

    def children(self, value: Any) -> Iterator[Child]:
        if isinstance(value, list | tuple):
            yield from super().children(value)
        elif value is not None:
            yield (), self.item, value

    def json_schema(self) -> Json:
        return either([json_schema(self.item), super().json_schema(), {"type": "null"}])

    def expects(self) -> Phrase:
        return phrase("one_or_list", item=expected_of(self.item))


class map_of(Validator):
    """A map from names of the writer's choice to values that all pass ``value``; reports all bad ones."""

    def __init__(self, key: Any, value: Any, *, min: int = 0) -> None:
        self.key = part_of(key)
        self.value = part_of(value)
        self._check_key = checker(self.key)
        self._check_value = checker(self.value)
        self.min = min
        self.example: Any = {example_of(self.key): example_of(self.value)}

    def __call__(self, value: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self.refuse(value)
        if len(value) < self.min:
            raise self.refuse(value, "map_length", min=self.min)
        checked: dict[Any, Any] = {}
        errors: list[vol.Invalid] = []
        for name, part in value.items():
            try:
                checked[self._check_key(name)] = self._check_value(part)
            except vol.Invalid as error:
                error.prepend([name])
                errors.extend(errors_of(error))
        if errors:
            raise vol.MultipleInvalid(errors)
        return checked

    def children(self, value: Any) -> Iterator[Child]:
        if isinstance(value, Mapping):
            for name, part in value.items():
                yield (name,), self.value, part

    def json_schema(self) -> Json:
        schema: Json = {"type": "object", "additionalProperties": json_schema(self.value)}
        if "pattern" in (names := json_schema(self.key)):
            schema["propertyNames"] = {"pattern": names["pattern"]}
        return schema

    def selector(self) -> Json:
        return {"object": {}}

    def expects(self) -> Phrase:
        return phrase("map_of", name=expected_of(self.key), value=expected_of(self.value))


class section(Validator):
    """A map with the given keys, usable where a validator is wanted; every key is Required or Optional."""

    def __init__(self, keys: Mapping[Any, Any]) -> None:
        self.schema = part_of(vol.Schema(dict(keys)))
        self.example: Any = example_of(self.schema)

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise self.refuse(value)
        return self.schema(value)

    def children(self, value: Any) -> Iterator[Child]:
        yield (), self.schema, value

    def json_schema(self) -> Json:
        return json_schema(self.schema)

    def selector(self) -> Json:
        return {"object": {}}

    def expects(self) -> Phrase:
        return phrase("map")


def several(item: Any) -> Json:
    """The selector of a list of ``item``: the item's own with ``multiple`` where Home Assistant has that."""
    single = selector_of(item)
    kind = next(iter(single))
    if kind in ("entity", "device", "area", "floor", "label", "text", "select"):
        return {kind: {**single[kind], "multiple": True}}
    return {"object": {}}
