"""One YAML file into a tree with positions, and every mistake that the file alone shows.

libyaml's events are read instead of PyYAML's nodes: no recursion in C, and depth and aliases are bounded as they come.
"""

from dataclasses import dataclass
from typing import Final

import yaml

from linli.config.builder import Builder
from linli.config.nodes import Missing, Node, Scalar
from linli.config.position import Position
from linli.config.problem import Problem
from linli.config.syntax import syntax_problem, undecodable

MAX_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as far as it could be read; ``size`` counts its nodes with aliases written out."""

    root: Node
    problems: tuple[Problem, ...]
    size: int = 1
    tagged: bool = False


def parse(data: bytes, file: str, *, tags_allowed: bool = True) -> Parsed:
    """Read ``data``; ``file`` is how positions name it. What came by API may use no tags."""
    start = Position(file, 1, 1)
    if len(data) > MAX_BYTES:
        return Parsed(Missing(start), (Problem("file_too_big", {"limit": MAX_BYTES // 1024 // 1024}, start),))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Parsed(Missing(start), (undecodable(data, error, file),))
    builder = Builder(file, tags_allowed)
    loader = yaml.CLoader(data)
    try:
        while loader.check_event():
            if not builder.take(loader.get_event()):
                break
    except yaml.YAMLError as error:
        builder.problems.append(syntax_problem(error, data, file))
        builder.root = Missing(start)
    finally:
        loader.dispose()
    root = builder.root if builder.root is not None else Scalar(None, start)
    return Parsed(root, tuple(builder.problems), builder.size, builder.tagged)
