"""What the parent tells a hub that it starts: why it lives, and what became of the one before."""

import json
from typing import Final, Literal, NamedTuple

Cause = Literal["refused", "failed", "late", "crashed", "held"]
"""Why a start goes back to the last good configuration: its check or set-up refused it, it ended before it was ready,
it was not ready in time, it ended again and again soon after, its loop stood still again and again."""

RESTART: Final = 100
"""Exit code of a hub that asks to be started again."""
TAKEN: Final = 75
"""What a hub tells its parent by its exit code where another one uses its data: no configuration mends that."""


class Birth(NamedTuple):
    """The first frame of the pipe."""

    arguments: tuple[str, ...] = ()
    """The command line, without the program's name."""
    fallback: Cause | None = None
    """Run the last good configuration instead of the one that the command line names, and why."""
    restarts: int = 0
    """How many hubs this parent has started before."""
    held: str | None = None
    """The hub before was killed because its loop stood still: where that was (faulthandler's text)."""
    held_by: str | None = None
    """On whose account its loop stood still, where it could still say that."""
    sound_s: float = 30.0
    """A hub that has been ready so long has proved its configuration."""
    watch: int | None = None
    """The handle of the file into which the hub writes where it stands."""

    def to_bytes(self) -> bytes:
        """As a frame."""
        return json.dumps(self._asdict()).encode()

    @classmethod
    def from_bytes(cls, frame: bytes) -> "Birth":
        """The inverse of :meth:`to_bytes`."""
        said = json.loads(frame)
        return cls(**{**said, "arguments": tuple(said["arguments"])})
