"""Text in its kinds: plain, patterned, chosen from a list, templates, expressions."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from linli.config.phrases import Phrase, did_you_mean, phrase
from linli.config.validators.base import Json, Refusal, Validator, finite

_TEMPLATE_MARK: Final = re.compile(r"\{\{|\{%|\{#")


class text(Validator):
    """A piece of text; a number is taken as it is written, yes and no are not (in YAML they are values)."""

    def __init__(self, *, min: int = 0, max: int | None = None, multiline: bool = False, secret: bool = False) -> None:
        self.min = min
        self.max = max
        self.multiline = multiline
        self.private = secret
        self.example: Any = "Front door"[:max].ljust(min, "x")

    def __call__(self, value: Any) -> str:
        if isinstance(value, bool):
            raise self.refuse(value, "text_unquoted")
        if isinstance(value, int | float) and finite(value):
            value = str(value)
        if not isinstance(value, str):
            raise self.refuse(value)
        if len(value) < self.min or (self.max is not None and len(value) > self.max):
            raise self.refuse(value, "text_length", length=len(value))
        return value

    def json_schema(self) -> Json:
        schema: Json = {"type": ["string", "number"]} if self.min == 0 and self.max is None else {"type": "string"}
        if self.min:
            schema["minLength"] = self.min
        if self.max is not None:
            schema["maxLength"] = self.max
        return schema

    def selector(self) -> Json:
        if self.private:
            return {"text": {"type": "password"}}
        return {"text": {"multiline": True} if self.multiline else {}}

    def expects(self) -> Phrase:
        if self.max is not None:
            return phrase("text_between", min=self.min, max=self.max)
        return phrase("text_at_least", min=self.min) if self.min else phrase("text")


class pattern(Validator):
    """Text that fits a regular expression as a whole; ``noun`` is the translation key of what it is called."""

    def __init__(
        self,
        expression: str,
        *,
        example: str,
        noun: str = "pattern",
        lower: bool = False,
        selector: Json | None = None,
        private: bool = False,
    ) -> None:
        self._expression = re.compile(expression)
        self._noun = noun
        self._lower = lower
        self._selector: Json = selector or {"text": {}}
        self.private = private
        self.example: Any = example

    def __call__(self, value: Any) -> str:
        if isinstance(value, str):
            written = value.strip().lower() if self._lower else value
            if self._expression.fullmatch(written):
                return written
        raise self.refuse(value)

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": f"^(?:{self._expression.pattern})$"}

    def selector(self) -> Json:
        return self._selector

    def expects(self) -> Phrase:
        return phrase(self._noun, example=self.example, pattern=self._expression.pattern)


class _Boolean(Validator):
    """Yes or no, in every spelling that Home Assistant takes; gives a bool."""

    TRUE: Final = frozenset({"1", "true", "yes", "on", "enable"})
    FALSE: Final = frozenset({"0", "false", "no", "off", "disable"})
    example: Any = True

    def __call__(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str):
            word = value.strip().lower()
            if word in self.TRUE or word in self.FALSE:
                return word in self.TRUE
        elif isinstance(value, int | float):
            return value != 0
        raise self.refuse(value)

    def json_schema(self) -> Json:
        words = "|".join(sorted(self.TRUE | self.FALSE))
        return {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": f"^(?:{words})$"}, {"enum": [0, 1]}]}

    def selector(self) -> Json:
        return {"boolean": {}}

    def expects(self) -> Phrase:
        return phrase("boolean")


class one_of(Validator):
    """One of the given words or numbers; a near miss is answered with a did-you-mean."""

    def __init__(self, *options: Any, labels: Mapping[Any, str] | None = None) -> None:
        self.options = options
        self._labels = labels or {}
        self._folded = {option.casefold(): option for option in options if isinstance(option, str)}
        self.example: Any = options[0]

    def __call__(self, value: Any) -> Any:
        for option in self.options:
            if option == value and isinstance(option, bool) == isinstance(value, bool):
                return option
        if isinstance(value, str) and value.casefold() in self._folded:
            return self._folded[value.casefold()]
        raise self.refuse(value, "expected_option", guess=did_you_mean(value, self.options))

    def json_schema(self) -> Json:
        return {"enum": list(self.options)}

    def selector(self) -> Json:
        options = [{"value": str(option), "label": self._labels.get(option, str(option))} for option in self.options]
        return {"select": {"options": options, "mode": "dropdown"}}

    def expects(self) -> Phrase:
        return phrase("one_of", options=tuple(str(option) for option in self.options))


class enum(Validator):
    """One member of an Enum, written as its value; gives the member."""

    def __init__(self, members: type[Enum]) -> None:
        self.members = members
        self._values = one_of(*(member.value for member in members))
        self.example: Any = self._values.example

    def __call__(self, value: Any) -> Enum:
        if isinstance(value, self.members):
            return value
        return self.members(self._values(value))

    def json_schema(self) -> Json:
        return self._values.json_schema()

    def selector(self) -> Json:
        return self._values.selector()

    def expects(self) -> Phrase:
        return self._values.expects()


class constant(Validator):
    """Exactly this value; the discriminating key of a variant."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.example: Any = value

    def __call__(self, value: Any) -> Any:
        if value != self.value or isinstance(value, bool) != isinstance(self.value, bool):
            raise self.refuse(value)
        return self.value

    def json_schema(self) -> Json:
        return {"const": self.value}

    def selector(self) -> Json:
        return {"constant": {"value": self.value, "label": str(self.value)}}

    def expects(self) -> Phrase:
        return phrase("exactly", value=str(self.value))


class _Template(Validator):
    """Text in which ``{{ … }}`` is filled in when it is used; its syntax is checked here, what it names is not."""

    example: Any = "{{ states('sensor.hall') }} °C"

    def __call__(self, value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool) and finite(value):
            value = str(value)
        if not isinstance(value, str):
            raise self.refuse(value)
        written = value
        if has_template(written):
            check_template(written)
        return written

    def json_schema(self) -> Json:
        return {"type": ["string", "number"], "format": "jinja2"}

    def selector(self) -> Json:
        return {"template": {}}

    def expects(self) -> Phrase:
        return phrase("template")


class _Regex(Validator):
    """A regular expression in Python's syntax; gives its text."""

    example: Any = "^front_.*"

    def __call__(self, value: Any) -> str:
        if isinstance(value, re.Pattern):
            return str(value.pattern)
        if not isinstance(value, str):
            raise self.refuse(value)
        try:
            re.compile(value)
        except re.error as error:
            raise self.refuse(value, "regex_broken", message=str(error)) from error
        return value

    def json_schema(self) -> Json:
        return {"type": "string", "format": "regex"}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("regex")


def has_template(value: str) -> bool:
    """Whether the text holds anything that a template engine would fill in."""
    return _TEMPLATE_MARK.search(value) is not None


def check_template(value: str) -> None:
    """Raises :class:`Refusal` where the template's syntax is broken."""
    # Imported here: a schema without templates must not cost jinja2's import at start.
    from jinja2 import Environment, TemplateSyntaxError

    try:
        Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"]).parse(value)
    except TemplateSyntaxError as error:
        raise Refusal("template_broken", message=error.message or "", line=error.lineno) from error


class any_value(Validator):
    """Whatever YAML or JSON can hold, unchanged."""

    example: Any = "anything"

    def __call__(self, value: Any) -> Any:
        return value

    def json_schema(self) -> Json:
        return {}

    def selector(self) -> Json:
        return {"object": {}}

    def expects(self) -> Phrase:
        return phrase("other_value")


string = text()
boolean = _Boolean()
template = _Template()
regex = _Regex()
icon = pattern(
    r"[a-z0-9]+(?:-[a-z0-9]+)*:[a-z0-9]+(?:-[a-z0-9]+)*", example="mdi:home", noun="icon", selector={"icon": {}}
)
slug = pattern(r"[a-z0-9]+(?:_[a-z0-9]+)*", example="living_room", noun="slug")
anything = any_value()
