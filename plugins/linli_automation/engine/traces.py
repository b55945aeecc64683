"""The last traces of every rule, for as long as the hub runs."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

Key = tuple[str, str]


class Kept(Protocol):
    """A run's trace: one that goes on here, or one as another plugin told it."""

    @property
    def run_id(self) -> str: ...
    def short(self) -> dict[str, Any]:
        """As ``trace/list`` gives it."""

    def full(self) -> dict[str, Any]:
        """As ``trace/get`` gives it."""


class Told:
    """A trace as another plugin told it."""

    def __init__(self, full: Mapping[str, Any]) -> None:
        self._full = full
        self.run_id: str = full["run_id"]

    def short(self) -> dict[str, Any]:
        return {key: value for key, value in self._full.items() if key not in _LONG}

    def full(self) -> dict[str, Any]:
        return dict(self._full)


_LONG = ("trace", "config", "blueprint_inputs", "context")


class Run(NamedTuple):
    """A trace with the rule that it is of."""

    domain: str
    item_id: str
    entity_id: str
    trace: Kept


class Traces:
    """By domain and item: the newest few."""

    def __init__(self) -> None:
        self._kept: dict[Key, OrderedDict[str, Run]] = {}

    def keep(self, run: Run, most: int) -> None:
        """A run's trace; it replaces what was kept of the same run."""
        here = self._kept.get(run[:2])
        if here is None:
            here = self._kept[run[:2]] = OrderedDict()
        here[run.trace.run_id] = run
        while len(here) > most:
            here.popitem(last=False)

    def forget(self, domain: str, item_id: str) -> None:
        """The rule is gone."""
        self._kept.pop((domain, item_id), None)

    def all(self, domain: str | None = None, item_id: str | None = None) -> Iterator[Run]:
        """Those of a domain, of an item, or all; of each item the oldest first."""
        for key, here in list(self._kept.items()):
            if domain in (None, key[0]) and item_id in (None, key[1]):
                yield from list(here.values())
