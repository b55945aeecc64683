"""Who has which value: looked up at the same cost with 100 000 items as with ten."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K")


class Index(Generic[K]):
    """From a value (a device id, a label …) to the keys of the items that have it, in the order in which they came."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        self._keys: dict[K, dict[str, None]] = {}

    def add(self, value: K | None, key: str) -> None:
        """Note that the item ``key`` has ``value``; None is no value."""
        if value is not None:
            self._keys.setdefault(value, {})[key] = None

    def discard(self, value: K | None, key: str) -> None:
        """Take it back; absent is fine."""
        if value is None or (keys := self._keys.get(value)) is None:
            return
        keys.pop(key, None)
        if not keys:
            del self._keys[value]

    def move(self, old: K | None, new: K | None, key: str) -> None:
        """The item's value changed; one that did not keeps its place in the order."""
        if old != new:
            self.discard(old, key)
            self.add(new, key)

    def move_all(self, old: Iterable[K], new: Iterable[K], key: str) -> None:
        """The same for an item with several values (labels)."""
        before, after = set(old), set(new)
        for value in before - after:
            self.discard(value, key)
        for value in after - before:
            self.add(value, key)

    def of(self, value: K) -> tuple[str, ...]:
        """The keys of the items that have ``value``; a copy."""
        return tuple(self._keys.get(value, ()))

    def count(self, value: K) -> int:
        """How many have it."""
        return len(self._keys.get(value, ()))

    def values(self) -> Iterator[K]:
        """Every value that an item has."""
        return iter(self._keys)
