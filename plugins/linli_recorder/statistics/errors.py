"""What is refused about statistics, under Home Assistant's codes.

BadStatistics       an import that does not fit together
UnknownStatistic    there is none of that id, or not for this reader
UnitsDoNotFit       values cannot be told in that unit
BadStart, BadEnd    no moment in time
"""

from typing import ClassVar

from linli import NotFound, NotSupported


class BadStatistics(NotSupported):
    """An import that does not fit together."""

    code: ClassVar[str] = "home_assistant_error"


class UnknownStatistic(NotFound):
    """There is none of that id, or not for this reader."""

    code: ClassVar[str] = "unknown_statistic_id"


class UnitsDoNotFit(NotSupported):
    """Values cannot be told in that unit."""

    code: ClassVar[str] = "invalid_units"


class BadStart(NotSupported):
    """No moment in time."""

    code: ClassVar[str] = "invalid_start_time"


class BadEnd(NotSupported):
    """No moment in time."""

    code: ClassVar[str] = "invalid_end_time"
