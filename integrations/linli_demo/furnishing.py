"""What every thing of the flat is to the day that changes it."""

from collections.abc import Callable
from typing import Protocol

from linli_demo.life import Value

Changed = Callable[[], None]
"""Told after a thing changed: the meters look again."""


class Furnishing(Protocol):
    """A thing that the day changes."""

    def begin(self, value: Value | None) -> None:
        """Show for the first time how it is: as the day left it; None: as when it was new."""

    def take(self, value: Value) -> None:
        """Be as the day says; a value that is not for this thing is passed over."""

    @property
    def watts(self) -> float:
        """What it draws now."""
