"""A sequence with its mode: whether a further run waits, replaces the one before, runs beside it, or is refused."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from linli import Context
from linli_automation.engine.actions import ACTIONS
from linli_automation.engine.desk import Desk
from linli_automation.engine.language import Step
from linli_automation.engine.principal import Principal
from linli_automation.engine.running import Pauses, Run
from linli_automation.engine.trace import Trace

DEFAULT_MAX: Final = 10
LEVELS: Final = {"silent": None, "debug": "debug", "info": "info", "warning": "warning", "error": "error"}


class Mode(StrEnum):
    """What a further run means while one runs."""

    SINGLE = "single"
    RESTART = "restart"
    QUEUED = "queued"
    PARALLEL = "parallel"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run, and how."""

    steps: tuple[Step, ...]
    path: str
    """The first part of a trace's paths: ``action`` or ``sequence``."""
    mode: Mode = Mode.SINGLE
    max: int = DEFAULT_MAX
    max_exceeded: str = "warning"
    durable: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Its ``variables:``, rendered as it begins."""

    def shown(self) -> dict[str, Any]:
        """What its entity shows of it."""
        found: dict[str, Any] = {"mode": self.mode.value}
        return {**found, "max": self.max} if self.mode in (Mode.QUEUED, Mode.PARALLEL) else found


class Refused(Exception):
    """It was not run; ``execution`` says why in Home Assistant's words."""

    def __init__(self, execution: str) -> None:
        super().__init__(execution)
        self.execution = execution


class Script:
    """One rule's runs."""

    def __init__(
        self, desk: Desk, principal: Principal, plan: Plan, changed: Callable[[], None], pauses: Pauses | None = None
    ) -> None:
        self.desk = desk
        self.principal = principal
        self.plan = plan
        self.runs: list[Run] = []
        self._reader = principal.author.reader(desk.ctx)
        self._changed = changed
        self._pauses = pauses

    @property
    def current(self) -> int:
        """How many run now."""
        return len(self.runs)

    def make(
        self, variables: Mapping[str, Any], cause: Context | None, names: frozenset[str], trace: Trace | None
    ) -> Run:
        """A run that has not begun."""
        run = Run(self.desk, self.principal, names, variables, cause, trace, ACTIONS, self._reader)
        run.pauses = self._pauses
        return run

    async def run(self, run: Run, began: Callable[[Run], None] | None = None) -> Any:
        """Take the steps in a task of their own; gives the response. Raises Refused, and what a step failed with.

        ``began`` is told once nothing stands in its way. Where the caller is cancelled the run is, too.
        """
        self._admit(run)
        outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.desk.ctx.spawn(self._told(run, began, outcome), name=self.principal.rule)
        try:
            return await asyncio.shield(outcome)
        except asyncio.CancelledError:
            run.stop()
            raise

    async def run_here(self, run: Run, began: Callable[[Run], None]) -> Any:
        """The same in the task that asks, which is there for this run alone: ending the run cancels it."""
        self._admit(run)
        return await self._go(run, began)

    async def _told(self, run: Run, began: Callable[[Run], None] | None, outcome: "asyncio.Future[Any]") -> None:
        try:
            response = await self._go(run, began)
        except asyncio.CancelledError:
            if not outcome.done():
                outcome.set_result(None)
            raise
        except Exception as error:  # noqa: BLE001 - handed on, whole, to whoever waits for the run
            if not outcome.done():
                outcome.set_exception(error)
            return
        if not outcome.done():
            outcome.set_result(response)

    def _admit(self, run: Run) -> None:
        """Let it be one of the runs; raises Refused."""
        plan = self.plan
        if plan.mode in (Mode.RESTART, Mode.QUEUED) and self._within_itself(run):
            self._refuse(run, "disallowed_recursion_detected", "it would run within itself")
        if self.runs and plan.mode is Mode.SINGLE:
            self._refuse(run, "failed_single", "Already running")
        if plan.mode is not Mode.RESTART and len(self.runs) >= plan.max:
            self._refuse(run, "failed_max_runs", "Maximum number of runs exceeded")
        self.runs.append(run)

    def _within_itself(self, run: Run) -> bool:
        """Whether one of its own runs led to this one; what a trigger sets going waits for nobody."""
        rule = self.principal.rule
        return self.plan.path == "sequence" and bool(self.runs) and any(b.rule == rule for b in run.cause.bounds)

    def _refuse(self, run: Run, execution: str, why: str) -> None:
        level = LEVELS[self.plan.max_exceeded]
        if level is not None:
            getattr(self.desk.ctx.log, level)("%s: %s", self.principal.rule, why)
        if run.trace is not None:
            run.trace.end(execution)
        raise Refused(execution)

    async def _go(self, run: Run, began: Callable[[Run], None] | None) -> Any:
        """The run, in the task that it may be cancelled in; None where somebody ended it."""
        task = run.task = asyncio.current_task()
        try:
            if run.stopping:
                return None
            if len(self.runs) > 1:
                await self._wait_its_turn(run)
            if began is None:
                self._changed()
            else:
                began(run)
            return await run.go(self.plan.steps, self.plan.path)
        except asyncio.CancelledError:
            if not run.stopping:
                raise
            if task is not None:
                task.uncancel()
            return None
        finally:
            self._over(run)
            if not run.ended.done():
                run.ended.set_result(None)

    async def _wait_its_turn(self, run: Run) -> None:
        before = self.runs[: self.runs.index(run)]
        if self.plan.mode is Mode.RESTART:
            for other in before:
                other.stop()
        if self.plan.mode in (Mode.RESTART, Mode.QUEUED):
            for other in before:
                await asyncio.wait([other.ended])

    def _over(self, run: Run) -> None:
        if run in self.runs:
            self.runs.remove(run)
        if run.trace is not None:
            run.trace.end("cancelled")
        self._changed()

    async def stop(self, *, but: Context | None = None) -> None:
        """End every run; one that is the cause of the asking goes on to its end."""
        ending = [run for run in self.runs if but is None or run.context.id not in (but.id, but.parent_id)]
        for run in ending:
            run.stop()
        if ending:
            await asyncio.wait([run.ended for run in ending])
