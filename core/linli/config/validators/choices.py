"""One of several shapes: nothing or a value, the first that passes, or the one that a key names."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import voluptuous as vol

from linli.config.phrases import Phrase, did_you_mean, phrase
from linli.config.validators.base import Child, Json, Refusal, Validator, checker, expected_of, part_of
from linli.config.validators.describe import either, example_of, json_schema, selector_of
from linli.config.validators.text import check_template, has_template


class maybe(Validator):
    """Nothing (null), or what ``item`` takes."""

    def __init__(self, item: Any) -> None:
        self.item = part_of(item)
        self._check = checker(self.item)
        self.example: Any = example_of(self.item)

    def __call__(self, value: Any) -> Any:
        return None if value is None else self._check(value)

    def inner(self) -> Any:
        return self.item

    def children(self, value: Any) -> Iterator[Child]:
        if value is not None:
            yield (), self.item, value

    def json_schema(self) -> Json:
        return either([json_schema(self.item), {"type": "null"}])

    def selector(self) -> Json:
        return selector_of(self.item)

    def expects(self) -> Phrase:
        return phrase("maybe", item=expected_of(self.item))


class any_of(Validator):
    """The first of several validators that passes; where none does, the deepest mistakes, or all that was expected."""

    def __init__(self, *options: Any) -> None:
        self.options = tuple(part_of(option) for option in options)
        self._checks = tuple(checker(option) for option in self.options)
        self.example: Any = example_of(self.options[0])

    def __call__(self, value: Any) -> Any:
        deepest: vol.Invalid | None = None
        for check in self._checks:
            try:
                return check(value)
            except vol.Invalid as error:
                if deepest is None or len(error.path) > len(deepest.path):
                    deepest = error
        if deepest is not None and deepest.path:
            raise deepest
        raise self.refuse(value)

    def chosen(self, value: Any) -> Any:
        """The option that takes ``value``, or None."""
        for option, check in zip(self.options, self._checks, strict=True):
            try:
                check(value)
            except vol.Invalid:
                continue
            return option
        return None

    def children(self, value: Any) -> Iterator[Child]:
        chosen = self.chosen(value)
        for option in self.options if chosen is None else (chosen,):
            yield (), option, value

    def json_schema(self) -> Json:
        return either([json_schema(option) for option in self.options])

    def selector(self) -> Json:
        return selector_of(self.options[0])

    def expects(self) -> Phrase:
        return phrase("either", options=tuple(expected_of(option) for option in self.options))


class variant(Validator):
    """A map of one of several shapes, told apart by one key: ``variant("type", {"sms": {…}, "voice": {…}})``.

    The mistakes are those of the shape that was meant, never "not a valid value".
    """

    def __init__(self, key: str, shapes: Mapping[str, Any], *, default: str | None = None) -> None:
        self.key = key
        self.default = default
        self.shapes = {name: part_of(self._with_key(name, shape)) for name, shape in shapes.items()}
        self._checks: dict[str, Callable[[Any], Any]] = {name: checker(shape) for name, shape in self.shapes.items()}
        first = next(iter(self.shapes))
        self.example: Any = {key: first, **example_of(self.shapes[first])}

    def _with_key(self, name: str, shape: Any) -> Any:
        inner = shape.schema if isinstance(shape, vol.Schema) else shape
        if not isinstance(inner, Mapping) or any(str(key) == self.key for key in inner):
            return shape
        marker = vol.Optional(self.key, default=name) if name == self.default else vol.Required(self.key)
        if isinstance(shape, vol.Schema):
            return shape.extend({marker: name})
        return {marker: name, **inner}

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise self.refuse(value)
        name = value.get(self.key, self.default)
        if name is None:
            raise Refusal("variant_missing", name=self.key, options=tuple(self.shapes))
        if name not in self._checks if isinstance(name, str) else True:
            guess = did_you_mean(name, self.shapes)
            raise Refusal("variant_unknown", [self.key], value=str(name), options=tuple(self.shapes), guess=guess)
        return self._checks[name](value)

    def shape_of(self, value: Any) -> Any:
        """The schema that looks at ``value``, or None."""
        name = value.get(self.key, self.default) if isinstance(value, Mapping) else None
        return self.shapes.get(name) if isinstance(name, str) else None

    def children(self, value: Any) -> Iterator[Child]:
        shape = self.shape_of(value)
        if shape is not None:
            yield (), shape, value

    def json_schema(self) -> Json:
        return {"oneOf": [json_schema(shape) for shape in self.shapes.values()]}

    def selector(self) -> Json:
        return {"object": {}}

    def expects(self) -> Phrase:
        return phrase("variant", name=self.key, options=tuple(self.shapes))


class templated(Validator):
    """Either a template or what ``item`` takes; for fields that may be computed when they are used."""

    def __init__(self, item: Any) -> None:
        self.item = part_of(item)
        self._check = checker(self.item)
        self.example: Any = example_of(self.item)

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str) and has_template(value):
            check_template(value)
            return value
        return self._check(value)

    def inner(self) -> Any:
        return self.item

    def children(self, value: Any) -> Iterator[Child]:
        if not (isinstance(value, str) and has_template(value)):
            yield (), self.item, value

    def json_schema(self) -> Json:
        return {"anyOf": [json_schema(self.item), {"type": "string", "pattern": r"\{\{|\{%"}]}

    def selector(self) -> Json:
        return self.item.selector() if isinstance(self.item, Validator) else {"template": {}}

    def expects(self) -> Phrase:
        return phrase("either", options=(expected_of(self.item), phrase("template")))
