"""How much one question that a user asks of a database may take: time in the database's thread, and rows."""

from typing import ClassVar, Final

from linli.clock import stopwatch
from linli.errors import RequestError

WITHIN_S: Final = 15.0
MOST_ROWS: Final = 1_000_000


class AskedTooMuch(RequestError):
    """A question would have taken too long, or its answer would have been too long; nothing of it is answered."""

    code: ClassVar[str] = "asked_too_much"


class ReadLimit:
    """One question's, counted from when the database begins with it."""

    def __init__(self, seconds: float = WITHIN_S, rows: int = MOST_ROWS) -> None:
        self.seconds = seconds
        self.rows_left = rows
        self._began = stopwatch()

    def begin(self) -> None:
        """Count from now: it no longer waits for those before it."""
        self._began = stopwatch()

    @property
    def is_over(self) -> bool:
        """Whether its time is up."""
        return stopwatch() - self._began > self.seconds

    def refusal(self) -> AskedTooMuch:
        """What whoever asks is told."""
        sentence = "This asks for too much of the past at once; ask for fewer entities or a shorter time"
        return AskedTooMuch(sentence, key="storage.asked_too_much")

    def take(self, rows: int) -> None:
        """So many more rows were read. Raises AskedTooMuch where they are too many, or time is up."""
        self.rows_left -= rows
        if self.rows_left < 0 or self.is_over:
            raise self.refusal()
