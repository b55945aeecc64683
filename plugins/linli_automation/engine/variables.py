"""The variables of a run, in scopes: a block sees those around it, and what it makes is gone with it."""

from collections.abc import Mapping
from typing import Any, Final

NOWHERE: Final = object()


class Variables:
    """One scope. Setting a name that a scope around it has changes it there, as in Home Assistant since 2025.4."""

    def __init__(self, values: Mapping[str, Any] | None = None, around: "Variables | None" = None) -> None:
        self._values: dict[str, Any] = dict(values or {})
        self._around = around
        self._apart = False

    def inner(self, values: Mapping[str, Any] | None = None) -> "Variables":
        """A scope within this one, with values of its own."""
        return Variables(values, self)

    def apart(self) -> "Variables":
        """A scope of a branch that runs beside others: what it sets is seen by no other branch."""
        branch = Variables({}, self)
        branch._apart = True
        return branch

    def set(self, name: str, value: Any) -> None:
        """Where the name is known, up to the branch; otherwise here."""
        scope: Variables | None = self
        while scope is not None:
            if name in scope._values:
                scope._values[name] = value
                return
            scope = None if scope._apart else scope._around
        self._values[name] = value

    def put(self, name: str, value: Any) -> None:
        """Here, whatever scopes around it hold."""
        self._values[name] = value

    def get(self, name: str, otherwise: Any = None) -> Any:
        """The innermost value of a name."""
        scope: Variables | None = self
        while scope is not None:
            if name in scope._values:
                return scope._values[name]
            scope = scope._around
        return otherwise

    def all_of(self, name: str) -> list[Any]:
        """The values that the scopes have of a name, the outermost first."""
        around = [] if self._around is None else self._around.all_of(name)
        return [*around, self._values[name]] if name in self._values else around

    def flat(self) -> dict[str, Any]:
        """Every name with its innermost value."""
        return dict(self._values) if self._around is None else {**self._around.flat(), **self._values}
