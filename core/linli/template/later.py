"""Functions that Home Assistant got after 2025.4 and that people use already."""

from collections.abc import Callable
from typing import Any, Final

from jinja2 import pass_context
from jinja2.runtime import Context, Macro

from linli.template.errors import bad_value


@pass_context
def apply(context: Context, value: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``function(value, …)``: with it ``map`` and ``select`` use macros and functions like filters and tests."""
    environment: Any = context.environment
    return environment.call(context, function, value, *args, **kwargs)


@pass_context
def as_function(context: Context, macro: Macro) -> Callable[..., Any]:
    """A function of a macro: what the macro hands to its argument ``returns`` is the function's value, not its text."""
    if not isinstance(macro, Macro):
        raise bad_value("needs_macro", "as_function")
    environment: Any = context.environment

    def function(*args: Any, **kwargs: Any) -> Any:
        returned: list[Any] = []

        def returns(value: Any) -> str:
            returned[:] = [value]
            return ""

        environment.call(context, macro, *args, returns=returns, **kwargs)
        return returned[0] if returned else None

    return function


GLOBALS: Final[dict[str, Any]] = {"apply": apply, "as_function": as_function}
FILTERS: Final[dict[str, Callable[..., Any]]] = {"apply": apply, "as_function": as_function}
TESTS: Final[dict[str, Callable[..., Any]]] = {"apply": apply}
