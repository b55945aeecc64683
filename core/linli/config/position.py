"""Where a value was written, and how its place in the tree is named."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and list indices from the top of the deployment to a value."""

_STEP: Final = re.compile(r"\[(\d+)\]|\[\"((?:[^\"\\]|\\.)*)\"\]|([^.\[\]]+)")
_BARE_KEY: Final = re.compile(r"[^.\[\]\s\"]+")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; ``file`` is relative to the deployment's folder, line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def dotted(path: KeyPath) -> str:
    """The path as people write it: ``incident.chains.night[2].who``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _BARE_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += '["' + step.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text


def parse_path(text: str) -> KeyPath:
    """The inverse of :func:`dotted`; a plain number between dots is an index too. Raises ValueError."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        if text[at] == "." and at > 0:
            at += 1
        found = _STEP.match(text, at)
        if found is None:
            raise ValueError(f"{text!r} is no path: expected keys joined by dots, like http.port or chains.night[2]")
        index, quoted, bare = found.groups()
        if index is not None:
            steps.append(int(index))
        elif quoted is not None:
            steps.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            steps.append(int(bare) if bare.isdecimal() and steps else bare)
        at = found.end()
    if not steps:
        raise ValueError("an empty path names nothing: expected keys joined by dots, like http.port")
    return tuple(steps)
