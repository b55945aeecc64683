"""The newest lines of the log, kept in memory: what a person reads first when something does not work.

Only warnings and worse are kept, the values of secrets are taken out, and a flood of one line is one line with a
count. Nothing here reaches the disk.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

from linli import iso_time

KEPT: Final = 200
LONGEST: Final = 4096
"""Characters of one line, and of one traceback."""


@dataclass(slots=True)
class Line:
    """One sort of line: same logger, same place in the code, same traceback or none."""

    name: str
    level: str
    source: tuple[str, int]
    message: str
    exception: str
    first: float
    last: float
    count: int = 1
    messages: list[str] = field(default_factory=list)

    def as_dict(self) -> Mapping[str, Any]:
        """As Home Assistant's clients know it."""
        return {
            "name": self.name,
            "message": list(self.messages),
            "level": self.level,
            "source": list(self.source),
            "timestamp": self.last,
            "exception": self.exception,
            "count": self.count,
            "first_occurred": self.first,
        }

    def __str__(self) -> str:
        again = f" ({self.count} times)" if self.count > 1 else ""
        text = f"{iso_time(self.last)} {self.level} [{self.name}] {self.message}{again}"
        return f"{text}\n{self.exception}" if self.exception else text


class RecentLog(logging.Handler):
    """Listens to the loggers of the hub and its plugins."""

    def __init__(self, redacted: Callable[[str], str], now: Callable[[], float]) -> None:
        super().__init__(logging.WARNING)
        self._redacted = redacted
        self._now = now
        self._lines: OrderedDict[tuple[str, str, int, str], Line] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; may be called from any thread (the handler's lock is held)."""
        message = self._redacted(record.getMessage())[:LONGEST]
        exception = ""
        if record.exc_info:
            exception = self._redacted(logging.Formatter().formatException(record.exc_info))[-LONGEST:]
        source = ("/".join(PurePath(record.pathname).parts[-2:]), record.lineno)
        key = (record.name, *source, exception)
        line = self._lines.pop(key, None)
        now = self._now()
        if line is None:
            line = Line(record.name, record.levelname, source, message, exception, now, now)
        else:
            line.count, line.last, line.message = line.count + 1, now, message
        if message not in line.messages:
            line.messages = [*line.messages[-4:], message]
        self._lines[key] = line
        if len(self._lines) > KEPT:
            self._lines.popitem(last=False)

    def lines(self) -> list[Line]:
        """Newest first."""
        self.acquire()
        try:
            return list(reversed(self._lines.values()))
        finally:
            self.release()

    def clear(self) -> None:
        """Begin anew."""
        self.acquire()
        try:
            self._lines.clear()
        finally:
            self.release()
