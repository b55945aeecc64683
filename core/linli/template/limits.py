"""How much a template may take, and the meter that counts it while it renders.

One budget of *work* covers time and memory together: a loop step and a filter cost 1, a call 2, an item looked at a
quarter, a copied item a sixteenth, a character a sixty-fourth. Beside it every single text, list, number and nesting
has a largest size, so that nothing grows large in one operation that nobody interrupts. The budget bounds what a
template builds and loops over; it does not bound one long call into C (a regular expression that backtracks): only a
process that can be killed does.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast

from jinja2.utils import Namespace
from markupsafe import Markup

from linli.template.errors import LimitExceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """What one render may take; the defaults suit a template over the states of some thousand entities."""

    template: int = 64 * 1024
    """Characters of the template itself."""
    output: int = 256 * 1024
    """Characters of the result (Home Assistant's limit too)."""
    text: int = 256 * 1024
    """Characters of any one text on the way."""
    items: int = 100_000
    """Items of any one list, mapping or range (Jinja's own limit for ``range``)."""
    bits: int = 16 * 1024
    """Size of any one whole number."""
    depth: int = 64
    """Levels of lists within lists."""
    work: int = 400_000
    """Steps in all: ordinarily 0.1 to 0.3 seconds, 1 at worst (measured on a slow machine)."""


DEFAULT: Final = Limits()
_ATOMS: Final[frozenset[type]] = frozenset({bool, type(None), float, complex, datetime, date, time, timedelta})
SMALL: Final[frozenset[type]] = _ATOMS | {int}
"""Types whose values are no longer than a line, but for whole numbers, which are bounded where they are made."""
_WORD: Final = 1 << 64


class Leaf:
    """A value of ours that a template sees as one thing: the meter does not look inside."""

    __slots__ = ()


class Meter:
    """Counts one render against its limits."""

    __slots__ = ("limits", "work")

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self.work = limits.work

    def spend(self, steps: int) -> None:
        """Take ``steps`` from the budget."""
        self.work -= steps
        if self.work < 0:
            raise LimitExceeded("limit_work", limit=self.limits.work)

    def text(self, length: int) -> None:
        """A text of ``length`` characters is about to be made."""
        if length > self.limits.text:
            raise LimitExceeded("limit_text", limit=self.limits.text)
        self.spend(length >> 6)

    def items(self, count: int) -> None:
        """A list of ``count`` items is about to be made."""
        if count > self.limits.items:
            raise LimitExceeded("limit_items", limit=self.limits.items)
        self.spend(count >> 4)

    def bits(self, count: int) -> None:
        """A whole number of ``count`` bits is about to be made."""
        if count > self.limits.bits:
            raise LimitExceeded("limit_digits", limit=self.limits.bits)

    def counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """The same values, each one a step."""
        for value in values:
            self.work -= 1
            if self.work < 0:
                raise LimitExceeded("limit_work", limit=self.limits.work)
            yield value

    def listed(self, values: Iterable[Any]) -> list[Any]:
        """The values as a list of allowed length, each one a step."""
        found: list[Any] = []
        for value in self.counted(values):
            if len(found) >= self.limits.items:
                raise LimitExceeded("limit_items", limit=self.limits.items)
            found.append(value)
        return found

    def weigh(self, value: Any) -> int:
        """Characters that ``value`` has when written out, or less; refuses what is too deep or far too long.

        Lists may hold the same list many times, so that a few lines of template make a value whose text is longer than
        any disk. Whatever walks through a value as a whole (printing, comparing, hashing, JSON) is weighed before.
        """
        size = _SIZES.get(type(value))
        if size is not None:
            length = size(value)
            self.spend(length >> 6)
            return length
        if type(value) is range:
            self.spend(len(value) >> 2)
            return 24
        total = 0
        level: Sequence[Any] = (value,)
        most = 16 * self.limits.text
        for _ in range(self.limits.depth):
            following: list[Any] = []
            for each in level:
                kind = type(each)
                size = _SIZES.get(kind)
                if size is not None:
                    total += size(each)
                    continue
                inside = each if kind is list or kind is tuple else _inside(each)
                if inside is None:
                    total += len(each) if isinstance(each, (str, bytes, bytearray)) else 24
                    continue
                following.extend(inside)
                total += 2 + 2 * len(inside)
                if len(following) > self.limits.items:
                    raise LimitExceeded("limit_items", limit=self.limits.items)
            if total > most:
                raise LimitExceeded("limit_text", limit=most)
            self.spend((len(level) >> 2) + (total >> 8))
            if not following:
                return total
            level = following
        raise LimitExceeded("limit_depth", limit=self.limits.depth)

    def result(self, value: Any) -> Any:
        """What a function made: its size is allowed, and paid for."""
        kind = type(value)
        if kind is str or kind is bytes:
            if len(value) > 256:
                self.text(len(value))
        elif kind is int:
            if not -_WORD < value < _WORD:
                self.bits(value.bit_length())
        elif kind in SMALL:
            pass
        elif kind is list or kind is dict or kind is tuple or kind is set:
            self.items(len(value))
        elif isinstance(value, (str, bytes)):
            self.text(len(value))
        return value


def _digits(value: int) -> int:
    return 20 if -_WORD < value < _WORD else value.bit_length() // 3


def _short(_: Any) -> int:
    return 24


_SIZES: Final[dict[type, Callable[[Any], int]]] = {
    **dict.fromkeys(_ATOMS, _short), str: len, Markup: len, bytes: len, int: _digits,
}  # fmt: skip
_CONTAINERS: Final[tuple[type, ...]] = (
    list,
    tuple,
    set,
    frozenset,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)


def _inside(value: Any) -> Collection[Any] | None:
    """What a container holds; None for anything else."""
    if isinstance(value, Leaf):
        return None
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    if isinstance(value, _CONTAINERS):
        return cast("Collection[Any]", value)
    if type(value) is Namespace:
        return vars_of(value).values()
    return None


def vars_of(namespace: Namespace) -> dict[str, Any]:
    """What a template has put into one of its namespaces."""
    inner: dict[str, Any] = object.__getattribute__(namespace, "_Namespace__attrs")
    return inner
