"""The environment in which templates run: only harmless attributes, and every operation through the meter."""

from collections.abc import Callable, Iterable, Mapping
from functools import update_wrapper
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any, Final

from jinja2 import BaseLoader, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEscapeFormatter, SandboxedFormatter
from jinja2.utils import Namespace
from markupsafe import Markup

from linli.template.bounds import OPERATORS, before_call, spec_allowed
from linli.template.limits import SMALL, Leaf
from linli.template.rewrite import COPIED, JOINED, STEPS, WEIGHED, metered
from linli.template.scope import SCOPE
from linli.template.undefined import ReportedUndefined, StrictlyUndefined

_SHALLOW: Final = frozenset(
    {
        "attr", "batch", "count", "d", "default", "first", "iif", "is_defined", "items", "last", "length", "list",
        "map", "random", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "states", "typeof",
    }
)  # fmt: skip
"""Filters that take a value as one thing, or item by item: only the items are paid for, not what is in them."""
_ITEMWISE: Final = frozenset({"map", "reject", "rejectattr", "select", "selectattr"})
"""Of these the ones that do some work for every item, later, where no meter sees it."""


def guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test with the meter before and behind it.

    Marked as one that wants Jinja's context, because such a one is never evaluated while a template compiles.
    """
    wants = getattr(function, "jinja_pass_arg", None)
    wanted = None if wants is None else wants.name
    shallow, itemwise = name in _SHALLOW, name in _ITEMWISE

    @pass_context
    def call(context: Context, *args: Any, **kwargs: Any) -> Any:
        meter = SCOPE.get().meter
        meter.work -= 1
        if meter.work < 0:
            meter.spend(0)
        for arg in args if not kwargs else (*args, *kwargs.values()):
            kind = type(arg)
            if kind is str:
                if len(arg) > 64:
                    meter.spend(len(arg) >> 6)
            elif kind in SMALL:
                pass
            elif shallow:
                if kind in _COUNTED:
                    meter.spend(2 * len(arg) if itemwise else len(arg) >> 2)
            else:
                meter.weigh(arg)
        if wanted is None:
            return meter.result(function(*args, **kwargs))
        first: Any = context
        if wanted == "eval_context":
            first = context.eval_ctx
        elif wanted == "environment":
            first = context.environment
        return meter.result(function(first, *args, **kwargs))

    return call


_COUNTED: Final = frozenset({list, tuple, dict, set, range})


class _Metered:
    """``'…'.format()`` whose widths and parts are within the limits."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        meter = SCOPE.get().meter
        meter.weigh(value)
        spec_allowed(meter, value, format_spec)
        text = super().format_field(value, format_spec)  # type: ignore[misc]  # mixed into a formatter below
        meter.text(len(text))
        meter.spend(1 + (len(text) >> 5))
        return text

    def convert_field(self, value: Any, conversion: Any) -> Any:
        SCOPE.get().meter.weigh(value)
        return super().convert_field(value, conversion)  # type: ignore[misc]  # as above


class _Formatter(_Metered, SandboxedFormatter):
    """For plain text."""


class _EscapeFormatter(_Metered, SandboxedEscapeFormatter):
    """For text that is marked as safe HTML."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's immutable sandbox, metered."""

    intercepted_binops = frozenset(OPERATORS)

    def __init__(
        self, functions: Mapping[str, Any], filters: Mapping[str, Callable[..., Any]],
        tests: Mapping[str, Callable[..., Any]], *, strict: bool, loader: BaseLoader,
    ) -> None:  # fmt: skip
        super().__init__(
            undefined=StrictlyUndefined if strict else ReportedUndefined,
            extensions=["jinja2.ext.loopcontrols"],
            finalize=_weighed_output,
            loader=loader,
            auto_reload=False,
        )
        self.globals.update(functions)
        every_filter: dict[str, Any] = {**self.filters, **filters}
        every_test: dict[str, Any] = {**self.tests, **tests}
        self.filters = {name: guarded(name, each) for name, each in every_filter.items()}
        self.tests = {name: guarded(name, each) for name, each in every_test.items()}
        self.filters.update({STEPS: _steps, WEIGHED: _weighed, COPIED: _copied, JOINED: _joined})

    # compiling -------------------------------------------------------------------------------------------------------

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        return super()._generate(metered(source), name, filename, defer_init)

    # running ---------------------------------------------------------------------------------------------------------

    def concat(self, pieces: Iterable[str]) -> str:
        """The pieces of an output, a macro or a block as one text."""
        meter = SCOPE.get().meter
        length = 0
        most = meter.limits.text
        kept: list[str] = []
        for piece in pieces:
            length += len(piece)
            if length > most:
                break
            kept.append(piece)
        if len(kept) == 1 and length <= most:
            return kept[0]
        meter.text(length)
        return "".join(kept)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        meter = SCOPE.get().meter
        meter.spend(1)
        return OPERATORS[operator](meter, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Leaf) and attribute[:1] != "_":
            # One of our own: every public name is meant for templates.
            try:
                return getattr(obj, attribute)
            except AttributeError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if type(argument) is str:
            # A state's property in map(attribute='state'): Jinja's way round would cost 4 µs more each.
            return self.getattr(obj, argument) if isinstance(obj, Leaf) else super().getitem(obj, argument)
        if type(argument) is tuple:
            SCOPE.get().meter.weigh(argument)
        return super().getitem(obj, argument)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call what a template calls: functions, macros, methods of values."""
        meter = SCOPE.get().meter
        meter.spend(2)
        kind = type(__obj)
        if kind is Macro:
            meter.spend(6)
            return __context.call(__obj, *args, **kwargs)
        if kind is LoopContext:
            meter.spend(6)
            return __context.call(__obj, meter.counted(args[0]))
        if kwargs:
            kwargs.pop("_loop_vars", None)  # Jinja's own, for functions that read its context: ours do not
            kwargs.pop("_block_vars", None)
        if kind in _METHODS and (owner := __obj.__self__) is not None:
            args = before_call(meter, owner, __obj.__name__, args, kwargs)
        for arg in args if not kwargs else (*args, *kwargs.values()):
            if type(arg) is not str and type(arg) not in SMALL:
                meter.weigh(arg)
        if (kind is FunctionType and "jinja_pass_arg" not in __obj.__dict__) or isinstance(__obj, Leaf):
            # One of our own: nothing to look up. Saves 4 µs of Jinja's probing per call.
            return meter.result(__obj(*args, **kwargs))
        if not __self.is_safe_callable(__obj):
            raise SecurityError(f"a {kind.__name__} may not be called")
        return meter.result(__context.call(__obj, *args, **kwargs))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if type(obj) is Namespace:
            return not attr.startswith(("__", "_Namespace"))
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        if type(value) not in _METHODS or super().wrap_str_format(value) is None:
            return None
        text = value.__self__
        formatter = _EscapeFormatter(self, escape=text.escape) if isinstance(text, Markup) else _Formatter(self)
        mapping = value.__name__ == "format_map"

        def apply(*args: Any, **kwargs: Any) -> str:
            if mapping and (kwargs or len(args) != 1):
                raise TypeError("format_map takes one mapping")
            meter = SCOPE.get().meter
            meter.spend(1 + len(text))
            formatted = formatter.vformat(text, () if mapping else args, args[0] if mapping else kwargs)
            meter.text(len(formatted))
            return formatted if type(text) is str else type(text)(formatted)

        wrapped: Callable[..., str] = update_wrapper(apply, value)
        return wrapped


_METHODS: Final = frozenset({BuiltinMethodType, MethodType})


def _weighed_output(value: Any) -> Any:
    kind = type(value)
    if kind is not str and kind is not int and kind is not float and kind is not bool:
        SCOPE.get().meter.weigh(value)
    return value


@pass_context
def _steps(_: Context, values: Any) -> Any:
    return SCOPE.get().meter.counted(values)


@pass_context
def _weighed(_: Context, value: Any) -> Any:
    if type(value) is not str or len(value) > 64:
        SCOPE.get().meter.weigh(value)
    return value


@pass_context
def _copied(_: Context, value: Any) -> Any:
    if hasattr(type(value), "__len__"):
        SCOPE.get().meter.spend(1 + (len(value) >> 4))
    return value


@pass_context
def _joined(_: Context, *values: Any) -> str:
    meter = SCOPE.get().meter
    meter.spend(1)
    texts: list[str] = []
    for value in values:
        if type(value) is not str:
            meter.weigh(value)
        texts.append(str(value))
    meter.text(sum(len(text) for text in texts))
    return "".join(texts)
