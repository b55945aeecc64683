"""A template's mistake in the words that Home Assistant's clients show."""

from typing import Final

from linli import TemplateError

KINDS: Final = {
    "syntax": "TemplateSyntaxError",
    "forbidden": "SecurityError",
}


def told(error: TemplateError) -> str:
    """The sentence, with the name of its kind in front where the original has one."""
    if error.kind.startswith("undefined"):
        return f"UndefinedError: {error}"
    kind = KINDS.get(error.kind)
    return str(error) if kind is None else f"{kind}: {error.parameters['detail']}"
