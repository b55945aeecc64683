"""Who held the loop: whose code the thread of the loop was in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_FRAME: Final = re.compile(r'^  File "(.*)", line (\d+|\?\?\?) in (.*)$')


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of code that a thread was at, or had called from."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


@dataclass(frozen=True, slots=True)
class Hold:
    """What held the loop."""

    owner: str
    """The domain of the plugin whose code it was, ``core`` where none was on the way."""
    frame: Frame
    """The plugin's own innermost line, or the innermost of all."""
    caller: str | None = None
    """On whose account it was (:mod:`linli.callers`); None: nobody's, or nobody knows."""


def stack_in(text: str) -> list[Frame]:
    """The frames, innermost first, that ``faulthandler`` wrote into ``text`` at a signal; perhaps cut off."""
    return [
        Frame(at[1], int(at[2]) if at[2].isdigit() else 0, at[3])
        for line in text.splitlines()
        if (at := _FRAME.match(line))
    ]


def blame(frames: list[Frame], owner_of: Callable[[str], str | None], caller: str | None = None) -> Hold | None:
    """Whose code held the loop: the innermost frame in a file that ``owner_of`` gives to a plugin."""
    for frame in frames:
        owner = owner_of(frame.file)
        if owner is not None:
            return Hold(owner, frame, caller)
    return Hold("core", frames[0], caller) if frames else None
