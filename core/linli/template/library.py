"""What a template can call, by name: Home Assistant's functions, filters and tests (2025.4), and a few later ones.

A test holds these lists against the recorded lists of the original; docs/templates.md names the differences.
"""

from collections.abc import Callable
from typing import Any, Final

from linli.template import builtin, codec, devices, numbers, place, registry, state_access, text, time, values
from linli.template.later import FILTERS as LATER_FILTERS
from linli.template.later import GLOBALS as LATER_GLOBALS
from linli.template.later import TESTS as LATER_TESTS

GLOBALS: Final[dict[str, Any]] = {
    **builtin.GLOBALS, **codec.GLOBALS, **devices.GLOBALS, **numbers.GLOBALS, **place.GLOBALS, **registry.GLOBALS,
    **state_access.GLOBALS, **text.GLOBALS, **time.GLOBALS, **values.GLOBALS, **LATER_GLOBALS,
}  # fmt: skip
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **builtin.FILTERS, **codec.FILTERS, **devices.FILTERS, **numbers.FILTERS, **place.FILTERS, **registry.FILTERS,
    **state_access.FILTERS, **text.FILTERS, **time.FILTERS, **values.FILTERS, **LATER_FILTERS,
}  # fmt: skip
TESTS: Final[dict[str, Callable[..., Any]]] = {
    **devices.TESTS, **numbers.TESTS, **state_access.TESTS, **text.TESTS, **time.TESTS, **values.TESTS,
    **LATER_TESTS,
}  # fmt: skip
