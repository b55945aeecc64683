"""What can go wrong with a template or another text of a user, as its author reads it.

TemplateError           the text does not compile or cannot be read, or rendering it failed
├── LimitExceeded       it wanted more than it may have (work, text, items, digits, time, memory)
└── NotNow              it was not rendered at all, and may be asked for again
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from linli.errors import Busy, RequestError

MESSAGES: Final[dict[str, str]] = {
    "syntax": "The template is not well formed: {detail}",
    "undefined": "{detail}",
    "undefined_name": "{name} is undefined",
    "undefined_attribute": "'{holder}' has no attribute {name}",
    "undefined_element": "{holder} has no element {name}",
    "no_default": "{function} cannot use {value}, and no default was given",
    "forbidden": "This is not allowed in a template: {detail}",
    "no_world": "{function} looks at the home, which this template does not see",
    "bad_entity_id": "{value} is no entity id",
    "bad_domain": "{value} is no domain",
    "needs_one": "{function} takes at least one value",
    "needs_several": "{function} takes a list or several values",
    "needs_list": "{function} takes a list, not {value}",
    "needs_mapping": "{function} takes mappings, not {value}",
    "needs_text": "{function} takes a text here, not {value}",
    "needs_macro": "{function} takes a macro",
    "needs_device": "{function} takes the id of a device or an entity",
    "needs_entry": "{function} takes the id of a config entry",
    "needs_response": "{function} takes the response of a service",
    "long_text": "{function} takes a text of at most {limit} characters here",
    "large_number": "{function} takes a number of at most {limit} here",
    "star_width": "{function} takes a width as a number, not as *",
    "both_ways": "{function} takes values in order or by name, not both",
    "fields": "{function} knows the fields {fields}",
    "pattern": "{function}: the regular expression is not well formed: {detail}",
    "matches": "{function} found {count} matches, and none has this number",
    "entity_named": "{function}: the response names an entity already",
    "no_time": "{function}: {value} is no time of day",
    "no_version": "{function}: {value} is no version",
    "no_json": "{function}: the text is no JSON: {detail}",
    "no_json_form": "{function}: {value} has no form in JSON",
    "failed": "{kind}: {detail}",
    "limit_template": "A template has at most {limit} characters",
    "limit_output": "The result has more than {limit} characters",
    "limit_text": "A text in the template grew beyond {limit} characters",
    "limit_items": "A list in the template grew beyond {limit} items",
    "limit_digits": "A number in the template grew beyond {limit} bits",
    "limit_depth": "A value in the template is nested deeper than {limit} levels",
    "limit_work": "The template takes too much work (limit {limit} steps)",
    "limit_time": "The template took longer than {limit} seconds and was ended",
    "limit_memory": "The template needs too much memory",
    "limit_variables": "The variables of a template have at most {limit} bytes",
    "process_ended": "The process that rendered the template ended over it",
    "no_process": "Templates cannot be rendered just now",
    "too_many": "Too many templates wait to be rendered",
    "limit_reading_time": "Reading the text took longer than {limit} seconds and was ended",
    "limit_reading_memory": "Reading the text needs too much memory",
    "limit_reading_text": "A text has at most {limit} bytes",
    "limit_reading_result": "What the text says is more than {limit} bytes, or nested too deep",
    "reading_ended": "The process that read the text ended over it",
    "reading_no_process": "Texts cannot be read just now",
    "reading_too_many": "Too many texts and templates wait",
    "unreadable": "{detail}",
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


class NotNow(TemplateError, Busy):
    """Too many templates wait, or no process can be had to render this one; nothing was done."""

    code = Busy.code


def received(kind: str, line: int | None, parameters: Mapping[str, Any]) -> TemplateError:
    """An error that another process told of; raises KeyError, TypeError for one that does not exist."""
    made = LimitExceeded if kind.startswith("limit_") else TemplateError
    return made(kind, line=line, **parameters)


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


def bad_value(kind: str, function: str, **parameters: Any) -> TemplateError:
    """What a function answers to an argument that it cannot take; ``kind`` is a key of the messages."""
    return TemplateError(kind, function=function, **parameters)
