"""The last traces of every rule, for as long as the hub runs."""

from collections import OrderedDict
from typing import Any

from linli import NotFound

Key = tuple[str, str]


class Traces:
    """By domain and item: the newest few."""

    def __init__(self) -> None:
        self._kept: dict[Key, OrderedDict[str, dict[str, Any]]] = {}

    def keep(self, full: dict[str, Any], most: int) -> None:
        """A run's trace as it is now; it replaces what was kept of the same run."""
        key = full["domain"], full["item_id"]
        here = self._kept.setdefault(key, OrderedDict())
        here[full["run_id"]] = full
        while len(here) > most:
            here.popitem(last=False)

    def forget(self, domain: str, item_id: str) -> None:
        """The rule is gone."""
        self._kept.pop((domain, item_id), None)

    def list(self, domain: str, item_id: str | None = None) -> list[dict[str, Any]]:
        """The short form of each, oldest first."""
        found = [here for key, here in self._kept.items() if key[0] == domain and item_id in (None, key[1])]
        return [_short(full) for here in found for full in here.values()]

    def get(self, domain: str, item_id: str, run_id: str) -> dict[str, Any]:
        """One in full; raises NotFound."""
        here = self._kept.get((domain, item_id))
        found = None if here is None else here.get(run_id)
        if found is None:
            raise NotFound("The trace could not be found")
        return found

    def contexts(self, domain: str | None = None, item_id: str | None = None) -> dict[str, dict[str, str]]:
        """By the context of each run: which run of which item it was."""
        return {
            full["context"]["id"]: {"run_id": run_id, "domain": key[0], "item_id": key[1]}
            for key, here in self._kept.items()
            if domain in (None, key[0]) and item_id in (None, key[1])
            for run_id, full in here.items()
        }


_LONG = ("trace", "config", "blueprint_inputs", "context")


def _short(full: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in full.items() if key not in _LONG}
