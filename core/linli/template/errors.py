"""What can go wrong with a template, as its author reads it.

TemplateError           the text does not compile, or rendering it failed
└── LimitExceeded       it wanted more than it may have (work, text, items, digits)
"""

from typing import Any, ClassVar, Final

from linli.errors import RequestError

MESSAGES: Final[dict[str, str]] = {
    "syntax": "The template is not well formed: {detail}",
    "undefined": "{detail}",
    "no_default": "{function} cannot use {value}, and no default was given",
    "forbidden": "This is not allowed in a template: {detail}",
    "no_world": "{function} looks at the home, which this template does not see",
    "bad_entity_id": "{value} is no entity id",
    "bad_domain": "{value} is no domain",
    "bad_value": "{function}: {detail}",
    "failed": "{kind}: {detail}",
    "limit_template": "A template has at most {limit} characters",
    "limit_output": "The result has more than {limit} characters",
    "limit_text": "A text in the template grew beyond {limit} characters",
    "limit_items": "A list in the template grew beyond {limit} items",
    "limit_digits": "A number in the template grew beyond {limit} bits",
    "limit_depth": "A value in the template is nested deeper than {limit} levels",
    "limit_work": "The template takes too much work (limit {limit} steps)",
}
"""By key; the translations hold the same keys, English word for word."""


class TemplateError(RequestError):
    """A template that does not compile or did not render; ``line`` counts from 1 where it is known."""

    code: ClassVar[str] = "template_error"

    def __init__(self, kind: str, /, *, line: int | None = None, **parameters: Any) -> None:
        super().__init__(MESSAGES[kind].format(**parameters), key=f"template.{kind}", parameters=parameters)
        self.kind = kind
        self.line = line


class LimitExceeded(TemplateError):
    """The template wanted more than its limits allow; the answer is the same however often it is asked."""


def shown(value: object) -> str:
    """A value as an error shows it: short, and never the inside of a list or a mapping."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    if value is None or isinstance(value, (bool, int, float)):
        return str(value) if not isinstance(value, int) or value.bit_length() < 128 else "a very large number"
    return f"a {type(value).__name__}"


def no_default(function: str, value: object) -> TemplateError:
    """What a conversion answers when it cannot convert and was told nothing to say instead."""
    return TemplateError("no_default", function=function, value=shown(value))


def bad_value(function: str, detail: str) -> TemplateError:
    """What a function answers to an argument of the wrong kind."""
    return TemplateError("bad_value", function=function, detail=detail)
