"""What every thing of the flat is to the day that changes it."""

from collections.abc import Callable
from typing import Protocol

from linli_demo.life import Value

Changed = Callable[[], None]
"""Told after a thing changed: the meters look again."""


class Furnishing(Protocol):
    """A thing that the day changes."""

    def take(self, value: Value) -> None:
        """Be as the day says; a value that is not for this thing is passed over."""

    @property
    def watts(self) -> float:
        """What it draws now."""
