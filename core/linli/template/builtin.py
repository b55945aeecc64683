"""Jinja's own filters and functions, where they could make much of little."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from jinja2 import filters, pass_context, pass_environment, pass_eval_context
from jinja2.environment import Environment
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.utils import generate_lorem_ipsum

from linli.template.bounds import padded, remainder, replaced
from linli.template.errors import bad_value
from linli.template.scope import SCOPE

_MOST_LINK_WORDS: Final = 200
_MOST_JSON_INDENT: Final = 16


def numbers_between(*bounds: int) -> range:
    """The whole numbers of a range, at most as many as a list may have items."""
    found = range(*bounds)
    SCOPE.get().meter.items(len(found) if found[:1] else 0)
    return found


def lorem(n: int = 5, html: bool = True, min: int = 20, max: int = 100) -> str:
    """Filling text."""
    SCOPE.get().meter.text(n * max * 12)
    SCOPE.get().meter.spend(n * max)
    return generate_lorem_ipsum(n, html, min, max)


def batch(value: Iterable[Any], linecount: int, fill_with: Any = None) -> Iterator[list[Any]]:
    """Lists of ``linecount`` items, the last one filled up if wanted."""
    if fill_with is not None:
        SCOPE.get().meter.items(linecount)
    return filters.do_batch(value, linecount, fill_with)


def slices(value: Iterable[Any], slices: int, fill_with: Any = None) -> Iterator[list[Any]]:
    """The items in that many lists."""
    meter = SCOPE.get().meter
    meter.items(slices)
    return filters.sync_do_slice(meter.listed(value), slices, fill_with)


def center(value: str, width: int = 80) -> str:
    """The text in the middle of a line."""
    padded(SCOPE.get().meter, value, width)
    return filters.do_center(value, width)


def indent(s: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """The text with every line but the first moved to the right."""
    text = str(s)
    SCOPE.get().meter.text(len(text) + (len(text.splitlines()) + 1) * (width if isinstance(width, int) else len(width)))
    return filters.do_indent(s, width, first, blank)


@pass_environment
def wordwrap(
    environment: Environment, s: str, width: int = 79, break_long_words: bool = True, wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> str:  # fmt: skip
    """The text in lines of ``width``."""
    meter = SCOPE.get().meter
    lines = 2 * len(s) // max(width, 1) + s.count("\n") + 1
    meter.spend(len(s) >> 2)
    meter.text(len(s) + lines * len(wrapstring or "\n"))
    return filters.do_wordwrap(environment, s, width, break_long_words, wrapstring, break_on_hyphens)


@pass_eval_context
def replace(eval_ctx: EvalContext, s: Any, old: Any, new: Any, count: int | None = None) -> str:
    """The text with a part replaced."""
    replaced(SCOPE.get().meter, str(s), str(old), str(new), -1 if count is None else count)
    return filters.do_replace(eval_ctx, s, old, new, count)


@pass_eval_context
def join(eval_ctx: EvalContext, value: Iterable[Any], d: Any = "", attribute: str | int | None = None) -> str:
    """The items as one text."""
    meter = SCOPE.get().meter
    if attribute is not None:
        value = map(filters.make_attrgetter(eval_ctx.environment, attribute), value)
    pieces: list[str] = []
    length = 0
    for item in meter.counted(value):
        if type(item) is not str:
            meter.weigh(item)
        pieces.append(str(item))
        length += len(pieces[-1]) + len(str(d))
        if length > meter.limits.text:
            break
    meter.text(length)
    return str(d).join(pieces)


@pass_eval_context
def tojson(eval_ctx: EvalContext, value: Any, indent: int | None = None) -> str:
    """The value as JSON that may stand in HTML."""
    if indent is not None and indent > _MOST_JSON_INDENT:
        raise bad_value("large_number", "tojson", limit=_MOST_JSON_INDENT)
    return filters.do_tojson(eval_ctx, value, indent)


def pprint(value: Any) -> str:
    """The value as a developer wants to read it."""
    meter = SCOPE.get().meter
    meter.spend(meter.weigh(value))
    return filters.do_pprint(value)


def percent(value: Any, *args: Any, **kwargs: Any) -> Any:
    """The text with its ``%`` conversions filled in."""
    if args and kwargs:
        raise bad_value("both_ways", "format")
    return remainder(SCOPE.get().meter, str(value), kwargs or args)


@pass_eval_context
def urlize(
    eval_ctx: EvalContext, value: str, trim_url_limit: int | None = None, nofollow: bool = False,
    target: str | None = None, rel: str | None = None, extra_schemes: Iterable[str] | None = None,
) -> str:  # fmt: skip
    """The text with its addresses as links."""
    schemes = list(extra_schemes or ())
    if len("".join([target or "", rel or "", *schemes])) > _MOST_LINK_WORDS:
        raise bad_value("long_text", "urlize", limit=_MOST_LINK_WORDS)
    SCOPE.get().meter.spend(len(value))
    return filters.do_urlize(eval_ctx, value, trim_url_limit, nofollow, target, rel, schemes or None)


@pass_environment
def total(environment: Environment, iterable: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
    """The sum of the items, each addition within the limits."""
    meter = SCOPE.get().meter
    if attribute is not None:
        iterable = map(filters.make_attrgetter(environment, attribute), iterable)
    for value in meter.counted(iterable):
        start = start + value
        if type(start) is not float:
            meter.result(start)
    return start


def _extreme(name: str) -> Callable[..., Any]:
    """Jinja's filter ``min`` or ``max`` as a function of a list or of several values."""
    choose: Any = getattr(filters, f"do_{name}")

    @pass_context
    def function(context: Context, *values: Any, **options: Any) -> Any:
        if not values:
            raise bad_value("needs_one", name)
        row = values if len(values) > 1 else values[0]
        if not isinstance(row, Iterable):
            raise bad_value("needs_several", name)
        return choose(context.environment, SCOPE.get().meter.counted(row), **options)

    return function


GLOBALS: Final[dict[str, Any]] = {
    "range": numbers_between, "lipsum": lorem, "min": _extreme("min"), "max": _extreme("max"),
}  # fmt: skip
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "batch": batch, "slice": slices, "center": center, "indent": indent, "wordwrap": wordwrap, "replace": replace,
    "join": join, "tojson": tojson, "pprint": pprint, "format": percent, "urlize": urlize, "sum": total,
}  # fmt: skip
