"""YAML from strangers: read within bounds, with the tag ``!input`` and no other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import yaml

LARGEST: Final = 256 * 1024
DEEPEST: Final = 60
MOST_NODES: Final = 20_000
"""Counted as if every alias were written out: ten lines of aliases can stand for a billion values."""


@dataclass(frozen=True, slots=True)
class Input:
    """A hole, by the name of what fills it."""

    name: str


HOLE: Final = "!input"


class Unreadable(ValueError):
    """It is no YAML that a blueprint may be; the message says why."""


class _Loader(yaml.CSafeLoader):
    """YAML with ``!input`` and no other tag of its own."""


def _input(loader: Any, node: yaml.Node) -> Input:
    if not isinstance(node, yaml.ScalarNode) or not node.value:
        raise yaml.constructor.ConstructorError(None, None, "!input takes a name", node.start_mark)
    return Input(str(node.value))


_Loader.add_constructor("!input", _input)


def read(text: bytes | str) -> Any:
    """What it says, with an Input wherever it has a hole. Raises Unreadable."""
    if len(text) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST // 1024} KB")
    try:
        _measure(text)
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    except (ValueError, TypeError) as error:  # a date that is none, a key that is a list
        raise Unreadable(f"a value makes no sense: {error}") from error


def in_plain_values(text: bytes | str) -> Any:
    """The same with what another process may hand on in place of each Input; for ``ctx.run_killable``."""
    return _replaced(read(text), Input, lambda hole: (HOLE, hole.name))


def with_inputs(said: Any) -> Any:
    """The inverse, of what :func:`in_plain_values` gave."""
    return _replaced(said, tuple, lambda pair: Input(str(pair[1])) if pair[0] == HOLE else pair)


def _replaced(value: Any, kind: type[Any], by: Callable[[Any], Any]) -> Any:
    if isinstance(value, kind):
        return by(value)
    if isinstance(value, dict):
        return {_replaced(key, kind, by): _replaced(each, kind, by) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, kind, by) for each in value]
    return value


def _measure(text: bytes | str) -> None:
    """Go through it without building anything; raises Unreadable for what would be too deep or too large."""
    known: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, 1))
            if len(open_) > DEEPEST:
                raise Unreadable("it is nested too deep")
            continue
        anchor: str | None = None
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in known:
                raise Unreadable(f"the alias {event.anchor} stands for nothing that was written before it")
            size = known[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            anchor, size = event.anchor, 1
        else:
            continue
        if anchor is not None:
            known[anchor] = size
        around, sum_ = open_[-1]
        open_[-1] = around, sum_ + size
        if sum_ + size > MOST_NODES:
            raise Unreadable(f"it has more than {MOST_NODES} values")
