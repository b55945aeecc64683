"""The mark of an argument that was not given, where None is a value like others."""

from enum import Enum, auto
from typing import Final


class Missing(Enum):
    """Only one member, so that the type checker can tell it from every value."""

    MISSING = auto()


MISSING: Final = Missing.MISSING
