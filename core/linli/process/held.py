"""Who held the loop: read from the text in which the interpreter says where all its threads are."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_THREAD: Final = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+")
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


def last_stack(text: str) -> list[Frame]:
    """The frames of the main thread, innermost first, from the last whole dump in ``text``; empty where there is none.

    ``text`` is what :func:`faulthandler.dump_traceback_later` writes, perhaps cut off: each dump begins with the line
    of the time-out and names the threads from the newest to the first, which is the main one.
    """
    dumps = [_stacks(dump) for dump in text.split("Timeout (")]
    most = max(map(len, dumps))
    whole = [stacks for stacks in dumps if stacks and len(stacks) == most]
    return whole[-1][-1] if whole else []


def _stacks(dump: str) -> list[list[Frame]]:
    stacks: list[list[Frame]] = []
    for line in dump.splitlines():
        if _THREAD.match(line):
            stacks.append([])
        elif stacks and (at := _FRAME.match(line)):
            stacks[-1].append(Frame(at[1], int(at[2]) if at[2].isdigit() else 0, at[3]))
    return stacks


def blame(frames: list[Frame], owner_of: Callable[[str], str | None]) -> Hold | None:
    """Whose code held the loop: the innermost frame in a file that ``owner_of`` gives to a plugin."""
    for frame in frames:
        owner = owner_of(frame.file)
        if owner is not None:
            return Hold(owner, frame)
    return Hold("core", frames[0]) if frames else None
