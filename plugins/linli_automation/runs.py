"""What an automation does when it is set going: variables, conditions, actions, each run with its trace."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Context, EntityHandle, EventType, LinliError, TemplateError
from linli_automation.engine.durable import Wait
from linli_automation.engine.living import LiveRule
from linli_automation.engine.running import Run
from linli_automation.engine.script import Refused, Script
from linli_automation.engine.trace import Trace
from linli_automation.engine.traces import Run as Kept
from linli_automation.house import House
from linli_automation.model import Reading, Words, principal_of
from linli_automation.states import with_states

AUTOMATION_TRIGGERED: Final[EventType[dict[str, Any]]] = EventType("automation_triggered")
"""An automation's conditions held, and its actions begin.

name: what people call it
entity_id: the automation
source: what set it going, in words; not there where somebody had it run
"""


class Runs:
    """Those of one automation as it is written now. ``shows`` is told when one begins (with its context) and ends."""

    def __init__(
        self, house: House, rule: LiveRule[Reading, Words], words: Words, shows: Callable[[Context | None], None]
    ) -> None:
        self.trigger_variables: Mapping[str, Any] = {}
        self._house = house
        self._rule = rule
        self._words = words
        self._shows = shows
        self._handle: EntityHandle[Reading] = rule.handle
        waits = house.waits.of(rule.written.key, rule.written.hash, durable=words.plan.durable)
        principal = principal_of(rule.written, words.names)
        self.script = Script(house.desk, principal, words.plan, lambda: shows(None), waits)

    async def start(
        self, variables: Mapping[str, Any], cause: Context | None, *, skip_condition: bool = False, here: bool = False
    ) -> None:
        """Run once, if the conditions hold; a failure is logged and shown with its place in the YAML.

        ``here``: in the task that asks, which is there for this run alone.
        """
        run = await self._run({"this": self._this(), **self.trigger_variables, **with_states(variables)}, cause)
        trace = self._traced(run, variables)
        self._house.guard.ran(self._handle.entity_id, cause, run.context)
        try:
            if await self._admitted(run, trace, skip_condition):
                await (self.script.run_here if here else self.script.run)(run, self._began)
                self._rule.tell_succeeded()
        except Refused:
            return
        except (LinliError, vol.Invalid) as error:
            self._rule.tell_failed(trace, error, "action")

    async def resume(self, wait: Wait, cause: Context) -> None:
        """Go on after the pause in which a restart came."""
        run = await self._run(with_states(wait.variables), cause)
        trace = self._traced(run, wait.variables)
        run.cursor, run.turns, run.note = wait.path, list(wait.turns), wait.run_id
        run.due = wait.due_after(self._house.ctx.clock.timestamp())
        trace.changed(trace.step("trigger"), run.variables)
        try:
            await self.script.run(run)
        except Refused:
            return
        except (LinliError, vol.Invalid) as error:
            self._rule.tell_failed(trace, error, "action")

    async def _run(self, variables: Mapping[str, Any], cause: Context | None) -> Run:
        return self.script.make(variables, cause, await self._house.rules.closure(self._words.names), None)

    def _this(self) -> Any:
        """The automation's own state: plain values where a template may look, else as it is, for the trace."""
        state = self._handle.state
        return state.as_dict() if state is not None and self._words.looks_at_this else state

    def _traced(self, run: Run, variables: Mapping[str, Any]) -> Trace:
        written, words = self._rule.written, self._words
        inputs = None if written.made is None else written.config
        run.trace = trace = Trace(
            "automation", written.key, written.says, run.context, self._house.ctx.clock.timestamp, inputs
        )
        trace.trigger = (variables.get("trigger") or {}).get("description")
        kept = Kept("automation", written.key, self._handle.entity_id, trace)
        self._house.traces.keep(kept, words.stored_traces)
        return trace

    async def _admitted(self, run: Run, trace: Trace, skip_condition: bool) -> bool:
        """Render its variables and test its conditions."""
        words = self._words
        try:
            for name, value in words.plan.defaults.items():
                run.variables.put(name, await run.render(value))
        except TemplateError as error:
            trace.end("error", str(error))
            raise
        trigger = run.variables.get("trigger") or {}
        path = f"trigger/{trigger['idx']}" if "idx" in trigger else "trigger"
        trace.changed(trace.step(path), run.variables)
        if skip_condition or not words.conditions or await run.holds(words.conditions, "condition", run.variables):
            return True
        trace.end("failed_conditions")
        return False

    def _began(self, run: Run) -> None:
        trigger = run.variables.get("trigger") or {}
        told = {"name": self._words.name, "entity_id": self._handle.entity_id}
        if trigger.get("description"):
            told["source"] = trigger["description"]
        self._shows(run.context)
        self._house.ctx.bus.fire(AUTOMATION_TRIGGERED, told, run.context)
