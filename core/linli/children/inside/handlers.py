"""What stays in the child and is known to the hub by a number: listeners, services, commands, routes, polls."""

import inspect
import itertools
from collections.abc import Callable
from typing import Any

from linli.errors import NotFound

Handler = Callable[..., Any]


class Handlers:
    """All handlers of this process."""

    def __init__(self) -> None:
        self._handlers: dict[int, Handler] = {}
        self._numbers = itertools.count(1)

    def add(self, handler: Handler) -> int:
        """Keep a handler; its number."""
        number = next(self._numbers)
        self._handlers[number] = handler
        return number

    def drop(self, number: int) -> None:
        """Forget one; absent is fine."""
        self._handlers.pop(number, None)

    def tell(self, number: int, arguments: tuple[Any, ...]) -> None:
        """Call one that answers nothing; one that has gone meanwhile hears nothing."""
        handler = self._handlers.get(number)
        if handler is not None:
            handler(*arguments)

    async def call(self, number: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call one and await its answer; raises NotFound for one that has gone."""
        handler = self._handlers.get(number)
        if handler is None:
            raise NotFound("what was to answer has gone")
        answer = handler(*arguments, **named)
        return await answer if inspect.isawaitable(answer) else answer
