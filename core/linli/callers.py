"""On whose account work goes on: what plugins are charged with is weighed by who brought it about.

The task that answers a caller is marked with it; what it starts, sets a timer for or tells synchronously inherits the
mark. What a plugin does by itself has none.
"""

from contextvars import ContextVar
from typing import Final

from linli.context import Context

NOBODY: Final = "nobody"
"""All who came in without saying who they are, together."""

_CALLER: Final[ContextVar[str | None]] = ContextVar("caller", default=None)


def called_by(caller: str | None) -> None:
    """From here on this task answers a user (by id), or :data:`NOBODY`."""
    _CALLER.set(caller or NOBODY)


def caller() -> str | None:
    """Who brought about what runs now; None: nobody outside, it is the plugin's or the hub's own."""
    return _CALLER.get()


class on_account_of:
    """What runs inside is brought about by ``who``; None: by the hub or the plugin itself."""

    __slots__ = ("_before", "_who")

    def __init__(self, who: str | None) -> None:
        self._who = who

    def __enter__(self) -> None:
        self._before = _CALLER.set(self._who)

    def __exit__(self, *_: object) -> None:
        _CALLER.reset(self._before)


def caller_of(context: Context) -> str | None:
    """Who stands behind a context: its user, or the last rule or user in the chain that led to it."""
    if context.user_id is not None:
        return context.user_id
    last = context.bounds[-1] if context.bounds else None
    return None if last is None else last.rule or last.user_id
