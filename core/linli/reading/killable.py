"""Texts that users supplied, read in a process that is killed at its deadline: YAML to keep, a page to find code in.

The processes are those that render users' templates (:mod:`linli.template.crew`), with their limits of memory and
output; users and flats take turns by the same rules. A thread would not do: one long call into C holds every thread.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from linli.auth.view import View
from linli.context import Context
from linli.errors import ContractError, InvalidRequest
from linli.template import LimitExceeded
from linli.template.crew import Crew
from linli.template.worker import reading_frame

WITHIN_S: Final = 5.0
"""What one text may take, in real time, with the first import of whatever reads it."""
LARGEST: Final = 4 * 1024 * 1024
"""Bytes of the text with what goes along."""


class Killable:
    """Runs functions of plugins over texts of users."""

    def __init__(self, crew: Crew, view_of: Callable[[Context], View], within_s: float = WITHIN_S) -> None:
        self._crew = crew
        self._view_of = view_of
        self._within_s = within_s

    async def run(self, function: Callable[..., Any], given: Sequence[Any], context: Context) -> Any:
        """What ``function(*given)`` gives there; ``context`` says whose text it is.

        Raises InvalidRequest with what it says is wrong with the text (its ValueError), LimitExceeded where it took
        too much, NotNow where too many wait, ContractError for a function that another process does not find.
        """
        frame = reading_frame(_name(function), given)
        if len(frame) > LARGEST:
            raise LimitExceeded("limit_reading_text", limit=LARGEST)
        flat = self._view_of(context).flat
        info = (await self._crew.render(context.user_id or "", frame, None, self._within_s, "", flat)).info
        if info.error is None:
            return info.result
        if info.error.kind == "unreadable":
            raise InvalidRequest(str(info.error)) from info.error
        raise info.error


def _name(function: Callable[..., Any]) -> str:
    module, name = function.__module__, function.__qualname__
    if getattr(importlib.import_module(module), name, None) is not function:
        raise ContractError(f"{module}.{name} is no function at the top of its module, so no other process finds it")
    return f"{module}:{name}"
