"""Guarded hooks: rights hang on the answer, so not every plugin may give one (who lives where, what may be forgotten).

A guarded hook is answered by the plugin that declares it, and by one that the deployment trusts and whose manifest
names the hook under ``answers``. Where there can be one answer only (``firstresult``) and two plugins give one, none
of the two is asked: nobody knows which is right, and silence gives no right.
"""

from collections.abc import Callable, Collection
from typing import Any, Final, ParamSpec, TypeVar, overload

import pluggy

from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.plugin.capabilities import Undeclared

PROJECT: Final = "linli"
_MARKER: Final = pluggy.HookspecMarker(PROJECT)

T = TypeVar("T")
P = ParamSpec("P")


@overload
def hookspec(function: Callable[P, T]) -> Callable[P, T]: ...
@overload
def hookspec(
    function: None = None, *, firstresult: bool = False, guarded: bool = False
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def hookspec(
    function: Callable[P, T] | None = None, *, firstresult: bool = False, guarded: bool = False
) -> Callable[P, T] | Callable[[Callable[P, T]], Callable[P, T]]:
    """Declare a hook. ``firstresult``: by its nature it has one answer. ``guarded``: rights hang on that answer: only
    trusted plugins whose manifest names it (``Capabilities(answers=…)``) are asked."""

    def mark(function: Callable[P, T]) -> Callable[P, T]:
        function.__linli_guarded__ = guarded  # type: ignore[attr-defined]  # a mark that the table reads
        return _MARKER(function, firstresult=firstresult)

    return mark if function is None else mark(function)


def is_guarded(spec: Callable[..., Any]) -> bool:
    """Whether rights hang on the answer."""
    return getattr(spec, "__linli_guarded__", False) is True


def has_one_answer(spec: Callable[..., Any]) -> bool:
    """Whether there is one answer by nature."""
    return bool(getattr(spec, f"{PROJECT}_spec")["firstresult"])


class Answerer:
    """What one plugin may answer; without a word about it (the core, a test) everything."""

    def __init__(self, domain: PluginDomain, *, trusted: bool, answers: Collection[str]) -> None:
        """``answers``: the guarded hooks that its manifest names."""
        self._domain = domain
        self._trusted = trusted
        self._answers = frozenset(answers)

    def refusal(self, name: str) -> ContractError | None:
        """Why it may not answer the guarded hook of that name, or None."""
        if not self._trusted:
            sentence = f"{self._domain} answers {name}, on which rights hang; only a plugin that is trusted may"
            return ContractError(sentence)
        return None if name in self._answers else Undeclared(self._domain, "answers", name)
