"""What a key may become further down when it is locked above: only stricter, in the direction that its schema gives."""

from collections.abc import Iterator
from typing import Any, ClassVar

import voluptuous as vol

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Child, Json, Validator, checker, expected_of, part_of
from linli.config.validators.describe import example_of, json_schema, selector_of


class Direction(Validator):
    """Checks what ``item`` checks; ``allows`` says whether a locked value may be replaced by another."""

    noun: ClassVar[str]

    def __init__(self, item: Any) -> None:
        self.item = part_of(item)
        self._check = checker(self.item)
        self.example: Any = example_of(self.item)

    def __call__(self, value: Any) -> Any:
        return self._check(value)

    def allows(self, above: Any, below: Any) -> bool:
        """Whether ``below``, as written, is at least as strict as ``above``; a value that does not pass is not."""
        try:
            return self._stricter(self._check(above), self._check(below))
        except vol.Invalid:
            return False

    def _stricter(self, above: Any, below: Any) -> bool:
        raise NotImplementedError

    def inner(self) -> Any:
        return self.item

    def children(self, value: Any) -> Iterator[Child]:
        yield (), self.item, value

    def json_schema(self) -> Json:
        return json_schema(self.item)

    def selector(self) -> Json:
        return selector_of(self.item)

    def expects(self) -> Phrase:
        return phrase("as_is", item=expected_of(self.item))


class at_least(Direction):
    """Locked, it may only grow: a number of people, a length of time that must be kept."""

    noun = "direction_at_least"

    def _stricter(self, above: Any, below: Any) -> bool:
        return bool(below >= above)


class at_most(Direction):
    """Locked, it may only shrink: a confirm window, a response time."""

    noun = "direction_at_most"

    def _stricter(self, above: Any, below: Any) -> bool:
        return bool(below <= above)


class subset(Direction):
    """Locked, a list may only lose items: what somebody is given without asking."""

    noun = "direction_subset"

    def _stricter(self, above: Any, below: Any) -> bool:
        return all(item in above for item in below)


class superset(Direction):
    """Locked, a list may only gain items (a map: only keys, with the values above kept)."""

    noun = "direction_superset"

    def _stricter(self, above: Any, below: Any) -> bool:
        if isinstance(above, dict):
            return isinstance(below, dict) and all(key in below and below[key] == value for key, value in above.items())
        return all(item in below for item in above)
