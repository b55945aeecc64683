"""One run of a sequence: its variables, its rights, where it is, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from linli import Context, InvalidRequest, NotFound, RequestError
from linli_automation.engine.desk import Desk
from linli_automation.engine.language import Step
from linli_automation.engine.principal import Principal
from linli_automation.engine.trace import Trace
from linli_automation.engine.variables import Variables
from linli_triggers.api import is_template, truthy


class Halt(Exception):
    """The sequence goes no further, and that is no mistake."""


class ConditionFailed(Halt):
    """A condition does not hold: this sequence ends, the one around it goes on."""


class Aborted(Halt):
    """The whole run ends before its end."""


class Stopped(Halt):
    """A ``stop`` ends the whole run, perhaps with a response."""

    def __init__(self, response: Any = None) -> None:
        super().__init__()
        self.response = response


class Run:
    """One run. ``context`` stands behind whatever it does; ``reader`` is in whose view it looks."""

    def __init__(
        self, desk: Desk, principal: Principal, names: frozenset[str], variables: Mapping[str, Any],
        cause: Context | None, trace: Trace | None, actions: "Mapping[str, Action]", reader: Context | None,
    ) -> None:  # fmt: skip
        self.desk = desk
        self.principal = principal
        self.reader = reader
        self.variables = Variables(variables)
        self.cause = cause or Context(plugin=desk.ctx.domain)
        self.context = principal.context(self.cause, names, desk.ctx.domain)
        if cause is None:
            self.context.parent_id = None
        self.trace = trace
        self.names = names
        self.task: asyncio.Task[Any] | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.cursor = ""
        """The path of the pause at which a resumed run goes on: all before it is skipped."""
        self.due = 0.0
        """When that pause ends, in business time."""
        self.turns: list[int] = []
        """In which turn each loop around it was, the outermost first."""
        self.note: str | None = None
        """Under which key that pause was written down by the run that it goes on from."""
        self.pauses: Pauses | None = None
        self._actions = actions
        self._stopping = False

    # words for the actions --------------------------------------------------------------------------------------------

    async def render(self, value: Any, scope: Variables | None = None) -> Any:
        """``value`` with its templates rendered. Raises TemplateError."""
        if value is None or (isinstance(value, str) and not is_template(value)):
            return value
        return await self.desk.render(value, (scope or self.variables).flat(), self.reader)

    async def holds(self, conditions: Any, path: str, scope: Variables) -> bool:
        """Whether conditions hold; what they saw stands in the trace below ``path``."""
        answer = await self.desk.conditions.test(conditions, scope.flat(), self.reader)
        if self.trace is not None:
            self.trace.conditions(path, answer["steps"])
        if answer["error"] is not None:
            self.desk.ctx.log.warning("%s: %s: %s", self.principal.rule, path, answer["error"])
        return bool(answer["result"])

    def led_on_by(self, cause: Context | None) -> None:
        """Something that it waited for came about: from now on it has no more rights than whoever was behind that."""
        if cause is not None and cause.links:
            self.cause = self.cause.bound_also_by(cause.links)
            self.context = self.context.bound_also_by(cause.links)

    def without_admin(self) -> Context:
        """The context for a service that the rule does not name: none of administrators."""
        return self.principal.context(self.cause, self.names, self.desk.ctx.domain, admin=False)

    # going -----------------------------------------------------------------------------------------------------------

    async def go(self, steps: Sequence[Step], path: str) -> Any:
        """Take the steps to their end; gives the response of a ``stop``. Raises what a step failed with."""
        try:
            await self.block(steps, path, self.variables)
        except Stopped as stop:
            self._end("finished")
            return stop.response
        except ConditionFailed:
            self._end("aborted")
        except Aborted as error:
            self._end("aborted", str(error) or None)
        except asyncio.CancelledError:
            self._end("cancelled")
            raise
        except Exception as error:
            self._end("error", str(error) or type(error).__name__)
            raise
        self._end("finished")
        return None

    async def block(self, steps: Sequence[Step], path: str, scope: Variables) -> None:
        """One sequence, step by step."""
        start = self._start(path)
        for index in range(start, len(steps)):
            await self.step(steps[index], f"{path}/{index}", scope)

    async def inner(self, steps: Sequence[Step], path: str, scope: Variables) -> None:
        """A sequence within another: a condition that does not hold ends only this one."""
        try:
            await self.block(steps, path, scope)
        except ConditionFailed:
            return

    def _start(self, path: str) -> int:
        """The step to begin with: the first, or where a resumed run had come to."""
        if not self.resumes(path):
            return 0
        return int(self.cursor[len(path) + 1 :].partition("/")[0])

    def resumes(self, path: str) -> bool:
        """Whether a resumed run had come to something within ``path``."""
        return self.cursor.startswith(f"{path}/")

    async def step(self, step: Step, path: str, scope: Variables) -> None:
        """One step; with ``continue_on_error`` its failure is noted and the next one follows."""
        element = {} if self.trace is None else self.trace.step(path)
        try:
            if step.enabled is not True and not await self._enabled(step, scope):
                element["result"] = {"enabled": False}
                return
            await self._actions.get(step.kind, self._actions["*"])(self, step, path, scope, element)
        except (Halt, asyncio.CancelledError):
            raise
        except Exception as error:
            element["error"] = str(error) or type(error).__name__
            if not (step.continue_on_error and may_be_passed_over(error)):
                raise
            self.desk.ctx.log.warning("%s: %s failed and the next step follows: %s", self.principal.rule, path, error)
        finally:
            if self.trace is not None:
                self.trace.changed(element, scope)

    async def _enabled(self, step: Step, scope: Variables) -> bool:
        return step.enabled if isinstance(step.enabled, bool) else truthy(await self.render(step.enabled, scope))

    # ending ----------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End it where it stands."""
        self._stopping = True
        if self.task is not None:
            self.task.cancel()

    @property
    def stopping(self) -> bool:
        """Somebody ended it."""
        return self._stopping

    def _end(self, execution: str, error: str | None = None) -> None:
        if self.trace is not None:
            self.trace.end(execution, error)


Action = Callable[[Run, Step, str, Variables, dict[str, Any]], Awaitable[None]]
"""Carries one step out: the run, the step, its path, the scope that it runs in, and its element of the trace."""


class Pauses:
    """Told when a run begins and ends to wait for long, so that a restart knows; this one keeps nothing."""

    async def begin(self, run: Run, path: str, due: float, scope: Variables) -> None:
        """It waits until business time ``due`` (0: for something that may never come)."""

    async def end(self, run: Run) -> None:
        """It goes on."""


_MISTAKES: Final = (InvalidRequest, NotFound)


def may_be_passed_over(error: Exception) -> bool:
    """Whether ``continue_on_error`` covers it: what went wrong as it ran, not what is wrong with the rule."""
    return isinstance(error, RequestError) and not isinstance(error, _MISTAKES)
