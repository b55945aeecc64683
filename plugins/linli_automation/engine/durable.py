"""What a restart must know of runs that wait: durable ones go on at the right time, the others are reported."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from linli import Bound, PluginContext
from linli_automation.engine.running import Pauses, Run
from linli_automation.engine.trace import plain
from linli_automation.engine.variables import Variables

KIND: Final = "waits"
LEAST_S: Final = 5.0
"""Shorter waits are not written down: a restart takes as long."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A run that waited when the hub stopped."""

    run_id: str
    key: str
    """Of which rule."""
    hash: str
    """Of what the rule said then."""
    path: str
    due: float
    """Business time; 0: it waited for something that happens."""
    length: float
    """For how many seconds it was to wait: never longer after a restart, however far behind the clock is then."""
    durable: bool
    turns: tuple[int, ...]
    variables: Mapping[str, Any]
    bounds: tuple[Bound, ...]
    parent_id: str | None

    def due_after(self, now: float) -> float:
        """When it ends if it goes on at business time ``now``; 0: when something happens."""
        return min(self.due, now + self.length)


@dataclass(slots=True)
class Noted:
    """A wait that is written down while it lasts."""

    note: dict[str, Any]
    ends: float
    """Monotonic time, by which it is waited."""


class Waits(Pauses):
    """Of the rules of one plugin; the notes of one rule are made through :meth:`of`."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._noted: dict[str, Noted] = {}
        ctx.on_clock_step(lambda: ctx.spawn(self._put_right(), name="waits after a step of the clock"))

    def of(self, key: str, hash: str, *, durable: bool) -> "RuleWaits":
        """Those of one rule, as it is written now."""
        return RuleWaits(self._ctx, key, hash, durable, self._noted)

    async def _put_right(self) -> None:
        """The wall clock jumped: what waits ends as far from now as before, so at another time of day."""
        clock = self._ctx.clock
        for key, noted in list(self._noted.items()):
            if noted.note["due"] and self._noted.get(key) is noted:
                noted.note["due"] = clock.timestamp() + max(noted.ends - clock.monotonic(), 0.0)
                await self._ctx.documents.put(KIND, key, noted.note)

    async def left(self) -> list[Wait]:
        """What waited when the hub stopped; it stays written down until :meth:`forget`."""
        return [_wait(run_id, document.value) for run_id, document in (await self._ctx.documents.load(KIND)).items()]

    async def forget(self, waits: Iterable[Wait]) -> None:
        """They were told, or went on to their end: not before, or a hub that is killed as it starts would lose them."""
        for wait in waits:
            await self._ctx.documents.delete(KIND, wait.run_id)


class RuleWaits(Pauses):
    """Writes down that a run waits, before it does."""

    def __init__(self, ctx: PluginContext, key: str, hash: str, durable: bool, noted: dict[str, Noted]) -> None:
        self._ctx = ctx
        self._key = key
        self._hash = hash
        self._durable = durable
        self._noted = noted

    async def begin(self, run: Run, path: str, due: float, scope: Variables) -> None:
        length = due - self._ctx.clock.timestamp() if due else 0.0
        if due and length < LEAST_S:
            return
        turns = [words["index"] for words in scope.all_of("repeat")]
        variables = {name: plain(value) for name, value in scope.flat().items() if name != "repeat"}
        note = {
            "key": self._key,
            "hash": self._hash,
            "path": path,
            "due": due,
            "length": length,
            "durable": self._durable and "/parallel/" not in path,
            "turns": turns,
            "variables": variables if self._durable else {},
            "bounds": [bound.as_dict() for bound in run.context.bounds],
            "parent_id": run.context.parent_id,
        }
        key = run.note or run.context.id
        self._noted[key] = Noted(note, self._ctx.clock.monotonic() + length)
        await self._ctx.documents.put(KIND, key, note)

    async def end(self, run: Run) -> None:
        key, run.note = run.note or run.context.id, None
        if self._noted.pop(key, None) is not None or key != run.context.id:
            await self._ctx.documents.delete(KIND, key)


def _wait(run_id: str, note: Mapping[str, Any]) -> Wait:
    bounds = tuple(map(Bound.of, note["bounds"]))
    return Wait(
        run_id, note["key"], note["hash"], note["path"], note["due"], note.get("length", math.inf), note["durable"],
        tuple(note["turns"]), note["variables"], bounds, note["parent_id"],
    )  # fmt: skip
