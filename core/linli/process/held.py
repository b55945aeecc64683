"""Who held the loop: read from the text in which the interpreter says where all its threads are."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_THREAD: Final = re.compile(r"^(?:Current thread|Thread) 0x([0-9a-f]+)")
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


def last_stack(text: str, thread: int) -> list[Frame]:
    """The frames of ``thread``, innermost first, from the last of the dumps in ``text``; empty where it is not named.

    ``text`` is what :func:`faulthandler.dump_traceback_later` writes, perhaps cut off in the middle.
    """
    found: list[Frame] = []
    for name, frames in _stacks(text):
        if name == thread and frames:
            found = frames
    return found


def _stacks(text: str) -> Iterator[tuple[int, list[Frame]]]:
    name, frames = 0, list[Frame]()
    for line in text.splitlines():
        if begins := _THREAD.match(line):
            yield name, frames
            name, frames = int(begins[1], 16), []
        elif at := _FRAME.match(line):
            frames.append(Frame(at[1], int(at[2]) if at[2].isdigit() else 0, at[3]))
    yield name, frames


def blame(frames: list[Frame], owner_of: Callable[[str], str | None]) -> Hold | None:
    """Whose code held the loop: the innermost frame in a file that ``owner_of`` gives to a plugin."""
    for frame in frames:
        owner = owner_of(frame.file)
        if owner is not None:
            return Hold(owner, frame)
    return Hold("core", frames[0]) if frames else None
