"""The trace of a run: which step was taken when, what it saw, why it stopped, in Home Assistant's form.

A run notes what it has at hand; plain values are made of it when somebody asks, which is seldom.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from linli import Context, State, iso_time
from linli_automation.engine.variables import Variables

LONGEST_TEXT: Final = 4096
DEEPEST: Final = 12
MOST_STEPS: Final = 1000
"""Of one path: a loop of thousands of turns keeps its last ones."""
_MISSING: Final = object()


class Trace:
    """One run as it goes."""

    def __init__(
        self, domain: str, item_id: str, config: Any, context: Context, now: Callable[[], float],
        blueprint_inputs: Any = None,
    ) -> None:  # fmt: skip
        self.domain = domain
        self.item_id = item_id
        self.trigger: str | None = None
        self.execution: str | None = None
        """How it ended, in Home Assistant's words; None: it runs."""
        self.error: str | None = None
        self.last_step: str | None = None
        self._config = config
        self._blueprint_inputs = blueprint_inputs
        self._context = context
        self._now = now
        self._started = now()
        self._ended: float | None = None
        self._steps: dict[str, list[dict[str, Any]]] = {}
        self._known: dict[str, Any] = {}
        self._looked: tuple[Variables, int] | None = None
        """At which scope, and at which of its editions, variables were compared last."""

    @property
    def run_id(self) -> str:
        """The id of the run's context."""
        return self._context.id

    def step(self, path: str) -> dict[str, Any]:
        """A step begins; what is put into the answer (``result``, ``error``) belongs to it and stays as it is."""
        element: dict[str, Any] = {"path": path, "timestamp": self._now()}
        here = self._steps.get(path)
        if here is None:
            self._steps[path] = [element]
        else:
            here.append(element)
            if len(here) > MOST_STEPS:
                del here[0]
        self.last_step = path
        return element

    def changed(self, element: dict[str, Any], variables: Variables) -> None:
        """Which variables have other values than at the step before."""
        looked = variables, variables.edition
        if looked == self._looked:
            return
        self._looked = looked
        known = self._known
        changed = {name: value for name, value in variables.flat().items() if known.get(name, _MISSING) is not value}
        if changed:
            element["changed_variables"] = changed
            known.update(changed)

    def conditions(self, path: str, steps: list[dict[str, Any]]) -> None:
        """What testing a condition saw."""
        for seen in steps:
            element = self.step(path + seen["path"])
            element.update({key: seen[key] for key in ("result", "error") if key in seen})

    def end(self, execution: str, error: str | None = None) -> None:
        """It ended."""
        if self.execution is None:
            self.execution = execution
            self.error = error
            self._ended = self._now()

    def short(self) -> dict[str, Any]:
        """As ``trace/list`` gives it."""
        found: dict[str, Any] = {
            "last_step": self.last_step,
            "run_id": self.run_id,
            "state": "running" if self.execution is None else "stopped",
            "script_execution": self.execution,
            "timestamp": {
                "start": iso_time(self._started),
                "finish": None if self._ended is None else iso_time(self._ended),
            },
            "domain": self.domain,
            "item_id": self.item_id,
        }
        if self.error is not None:
            found["error"] = self.error
        if self.domain == "automation":
            found["trigger"] = self.trigger
        return found

    def full(self) -> dict[str, Any]:
        """As ``trace/get`` gives it."""
        return {
            **self.short(),
            "trace": {path: [_told(element) for element in here] for path, here in self._steps.items()},
            "config": self._config,
            "blueprint_inputs": self._blueprint_inputs,
            "context": self._context.as_dict(),
        }


def _told(element: Mapping[str, Any]) -> dict[str, Any]:
    """An element with its moment in words and its values plain."""
    rest = {key: plain(value) for key, value in element.items() if key not in ("path", "timestamp")}
    return {"path": element["path"], "timestamp": iso_time(element["timestamp"]), **rest}


def plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if depth > DEEPEST:
        return "…"
    if isinstance(value, State):
        return plain(value.as_dict(), depth + 1)
    if isinstance(value, Mapping):
        return {str(key): plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each, depth + 1) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return {"__type": str(type(value)), "total_seconds": value.total_seconds()}
    return str(value)
