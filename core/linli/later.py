"""Names of a package that are imported when somebody first asks for them (PEP 562), so that importing it stays light.

The type checker reads the same names from the package's ``if TYPE_CHECKING:`` block.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def later(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of ``package``, by the module of each name; once asked for, a name stays in the package.

    ``module:NAME`` where the module calls it otherwise.
    No name may be that of a module of the package: importing that module would put it in the name's place.
    """

    def attribute(name: str) -> Any:
        module = modules.get(name)
        if module is None:
            raise AttributeError(f"{package} offers no {name}")
        module, _, there = module.partition(":")
        value = getattr(importlib.import_module(module), there or name)
        setattr(sys.modules[package], name, value)
        return value

    return attribute
