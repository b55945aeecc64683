"""What a function said of a text, kept for the next who ask: of short texts only, and of so many.

``functools.lru_cache`` bounds how many texts it keeps, not how long they are: 4 000 texts of a megabyte, which a user
may send as entity ids, would stay in memory. A hit costs what one in a dictionary costs, as with ``lru_cache``.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

LONGEST: Final = 255
"""Characters of what is kept: the longest entity id."""


class Remembered(dict[str, T], Generic[T]):
    """``remembered[text]`` is ``function(text)``; when it is full all is forgotten."""

    __slots__ = ("_function", "_most")

    def __init__(self, function: Callable[[str], T], most: int) -> None:
        super().__init__()
        self._function = function
        self._most = most

    def __missing__(self, text: str) -> T:
        value = self._function(text)
        if len(text) <= LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[text] = value
        return value


def remembered(most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """A decorator that gives the function a memory."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        return Remembered(function, most).__getitem__

    return decorate
