"""The variables of a run, and the scopes of its loops and branches."""

from collections.abc import Mapping
from typing import Any


class Variables:
    """One scope. What is set is seen by the whole run, as in Home Assistant; a scope of its own has only what is put
    into it: the words of a loop, and what a branch waited for."""

    __slots__ = ("_apart", "_around", "_changes", "_values")

    def __init__(self, values: Mapping[str, Any] | None = None, around: "Variables | None" = None) -> None:
        self._values: dict[str, Any] = dict(values or {})
        self._around = around
        self._apart = False
        self._changes: list[int] = [0] if around is None else around._changes
        """How often anything was set in any scope of the run; all its scopes share the one number."""

    @property
    def edition(self) -> int:
        """Another number once anything was set anywhere in the run."""
        return self._changes[0]

    def inner(self, values: Mapping[str, Any] | None = None) -> "Variables":
        """A scope within this one, with values of its own."""
        return Variables(values, self)

    def apart(self) -> "Variables":
        """A scope of a branch that runs beside others."""
        branch = Variables({}, self)
        branch._apart = True
        return branch

    def set(self, name: str, value: Any) -> None:
        """Where the name is known, otherwise in the outermost scope."""
        scope = self
        while name not in scope._values and scope._around is not None:
            scope = scope._around
        scope.put(name, value)

    def set_beside(self, name: str, value: Any) -> None:
        """The same, but no further out than the branch: the other branches have a value of their own."""
        scope = self
        while name not in scope._values and scope._around is not None and not scope._apart:
            scope = scope._around
        scope.put(name, value)

    def put(self, name: str, value: Any) -> None:
        """Here, whatever scopes around it hold."""
        self._values[name] = value
        self._changes[0] += 1

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

    def flat(self) -> Mapping[str, Any]:
        """Every name with its innermost value, to be read and not kept."""
        return self._values if self._around is None else {**self._around.flat(), **self._values}
