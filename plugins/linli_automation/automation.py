"""One automation that lives: it follows its triggers, tests its conditions, and runs its actions."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import voluptuous as vol

from linli import Context, EntityHandle, EventType, InvalidRequest, LinliError, Message, Severity, TemplateError
from linli_automation.engine.book import Written
from linli_automation.engine.checking import check_steps, check_templates
from linli_automation.engine.durable import Wait
from linli_automation.engine.places import place_of
from linli_automation.engine.running import Run
from linli_automation.engine.script import Refused, Script
from linli_automation.engine.trace import Trace
from linli_automation.house import House
from linli_automation.model import AutomationEntity, Reading, Words, principal_of, words_of
from linli_automation.states import with_states

AUTOMATION_TRIGGERED: Final[EventType[dict[str, Any]]] = EventType("automation_triggered")
"""An automation's conditions held, and its actions begin.

name: what people call it
entity_id: the automation
source: what set it going, in words; not there where somebody had it run
"""
AT_START: Final = {"platform": "homeassistant", "event": "start", "description": "Home Assistant starting"}


class Automation:
    """One of them. Broken ones live too: unavailable, with an issue that says where and why."""

    def __init__(self, house: House, written: Written, number: int) -> None:
        self.written = written
        self.words: Words | None = None
        self.fault: str | None = None
        self._house = house
        self._number = number
        self._script: Script | None = None
        self._attachment: str | None = None
        self._on = True
        self._last: datetime | None = None
        self._trigger_variables: dict[str, Any] = {}
        self.handle: EntityHandle[Reading]

    @classmethod
    async def make(cls, house: House, written: Written, number: int) -> "Automation":
        """One that was not there before."""
        self = cls(house, written, number)
        await self._read()
        self.handle = house.ctx.entities.add(self._description())
        last = self.handle.last
        if last is not None:
            self._on = last.state != "off"
            self._last = _moment(last.attributes.get("last_triggered"))
        await self._live()
        return self

    async def change(self, written: Written) -> None:
        """See :class:`linli_automation.engine.book.Live`."""
        await self._rest()
        self.written = written
        await self._read()
        self.handle.redescribe(self._description())
        await self._live()

    async def remove(self) -> None:
        """See :class:`linli_automation.engine.book.Live`."""
        entity_id = self.handle.entity_id
        await self._rest()
        self._house.ctx.issues.clear(self._issue("broken"))
        self._house.ctx.issues.clear(self._issue("failed"))
        self._house.guard.forget(entity_id)
        await self.handle.remove()
        await self._house.rules.forget(entity_id, self.written.key)

    # taking up -------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Check what is written; what is wrong becomes :attr:`fault`."""
        self.words, self.fault = None, None
        written, house = self.written, self._house
        reader = written.acts_as.reader(house.ctx)
        config = dict(written.says)
        try:
            if written.made is not None and written.made.fault is not None:
                raise InvalidRequest(written.made.fault)
            words = words_of(config, f"automation {self._number}", await house.desk.foreign_actions())
            await house.desk.check_triggers(words.triggers, reader)
            await house.desk.check_conditions(words.conditions, reader)
            await check_steps(house.desk, words.plan.steps, reader, "action")
            await check_templates(house.desk, [words.plan.defaults, words.trigger_variables], reader)
        except vol.Invalid as error:
            self.fault = str(error)
            self._tell_broken(place_of(house.ctx, written, error.path))
        except LinliError as error:
            self.fault = str(error)
            path = getattr(error, "path", ())
            self._tell_broken(place_of(house.ctx, written, _in_yaml(path, config)))
        else:
            self.words = words
            house.ctx.issues.clear(self._issue("broken"))

    async def _live(self) -> None:
        if self.words is None:
            self.handle.unavailable()
            return
        words, house = self.words, self._house
        if words.initial_state is not None:
            self._on = words.initial_state
        principal = principal_of(self.written, words.names)
        waits = house.waits.of(self.written.key, self.written.hash, durable=words.plan.durable)
        self._script = Script(house.desk, principal, words.plan, self._show, waits)
        await house.rules.tell(self.handle.entity_id, words.names)
        self._show()
        if house.began and self._on:
            await self._arm()

    async def _rest(self) -> None:
        await self._disarm()
        if self._script is not None:
            script, self._script = self._script, None
            await script.stop()

    async def begin(self, *, at_start: bool) -> None:
        """The hub runs: follow the triggers from now on."""
        if not self._on or self.words is None:
            return
        if self._attachment is None:
            await self._arm()
        if at_start:
            self._start_triggers()

    async def _arm(self) -> None:
        assert self.words is not None, "only what was read is armed"
        reader = self.written.acts_as.reader(self._house.ctx)
        try:
            self._trigger_variables = await self._variables(self.words.trigger_variables, {}, reader)
            self._attachment = await self._house.desk.attach(
                self.words.triggers, reader, self._trigger_variables, self._fired
            )
        except LinliError as error:
            self._tell_broken(place_of(self._house.ctx, self.written, ()), str(error))

    async def _disarm(self) -> None:
        if self._attachment is not None:
            attachment, self._attachment = self._attachment, None
            await self._house.desk.detach(attachment)

    async def _variables(
        self, written: Mapping[str, Any], known: Mapping[str, Any], reader: Context | None
    ) -> dict[str, Any]:
        """Each rendered with those before it."""
        found = dict(known)
        for name, value in written.items():
            found[name] = await self._house.desk.render(value, found, reader)
        return found

    def _start_triggers(self) -> None:
        assert self.words is not None, "only what was read is armed"
        for index, trigger in enumerate(self.words.triggers):
            kind = trigger.get("trigger", trigger.get("platform")) if isinstance(trigger, Mapping) else None
            if kind == "homeassistant" and trigger.get("event") == "start" and trigger.get("enabled", True) is True:
                words = {"id": str(trigger.get("id", index)), "idx": str(index), "alias": trigger.get("alias")}
                self._fired({"trigger": {**words, **AT_START}}, None)

    # running ---------------------------------------------------------------------------------------------------------

    def _fired(self, variables: Mapping[str, Any], cause: Context | None) -> None:
        rule = self.handle.entity_id
        pause = self._house.guard.pause_before(rule, cause)
        if pause is not None:
            self._house.ctx.spawn(self._triggered(variables, cause, pause), name=f"{rule} triggered")

    async def _triggered(self, variables: Mapping[str, Any], cause: Context | None, pause: float) -> None:
        if pause:
            await self._house.ctx.clock.sleep(pause)
        if self._on and self._script is not None:
            await self.trigger(variables, cause)

    async def trigger(
        self, variables: Mapping[str, Any], cause: Context | None, *, skip_condition: bool = False
    ) -> None:
        """Run once, if the conditions hold; a failure is logged and shown with its place in the YAML."""
        words, script, house = self.words, self._script, self._house
        if words is None or script is None:
            return
        names = await house.rules.closure(words.names)
        state = self.handle.state
        this = None if state is None else state.as_dict()
        given = {"this": this, **self._trigger_variables, **with_states(variables)}
        run = script.make(given, cause, names, None)
        run.trace = trace = self._trace(run, variables)
        house.guard.ran(self.handle.entity_id, cause, run.context)
        await house.keep(trace, words.stored_traces)
        try:
            if await self._admitted(run, trace, skip_condition):
                await script.run(run, self._began)
                house.ctx.issues.clear(self._issue("failed"))
        except Refused:
            pass
        except (LinliError, vol.Invalid) as error:
            self._tell_failed(trace, error)
        finally:
            await asyncio.shield(house.keep(trace, words.stored_traces))

    async def _admitted(self, run: Run, trace: Trace, skip_condition: bool) -> bool:
        """Render its variables and test its conditions."""
        words = self.words
        assert words is not None, "only what was read runs"
        try:
            for name, value in words.plan.defaults.items():
                run.variables.put(name, await run.render(value))
        except TemplateError as error:
            trace.end("error", str(error))
            raise
        trigger = run.variables.get("trigger") or {}
        path = f"trigger/{trigger['idx']}" if "idx" in trigger else "trigger"
        trace.changed(trace.step(path), run.variables.flat())
        if skip_condition or not words.conditions or await run.holds(words.conditions, "condition", run.variables):
            return True
        trace.end("failed_conditions")
        return False

    def _trace(self, run: Run, variables: Mapping[str, Any]) -> Trace:
        written, now = self.written, self._house.ctx.clock.timestamp
        inputs = None if written.made is None else dict(written.config)
        trace = Trace(run.context.id, "automation", written.key, dict(written.says), run.context.as_dict(), now, inputs)
        trigger = variables.get("trigger") or {}
        trace.trigger = trigger.get("description")
        return trace

    def _began(self, run: Run) -> None:
        self._last = self._house.ctx.clock.now().astimezone(UTC)
        trigger = run.variables.get("trigger") or {}
        words = {"name": self.words.name if self.words else "", "entity_id": self.handle.entity_id}
        if trigger.get("description"):
            words["source"] = trigger["description"]
        self._show(run.context)
        self._house.ctx.bus.fire(AUTOMATION_TRIGGERED, words, run.context)

    async def resume(self, wait: Wait, cause: Context) -> None:
        """Go on after the pause in which a restart came, at the time at which it would have ended."""
        script, words = self._script, self.words
        if script is None or words is None:
            return
        run = script.make(with_states(wait.variables), cause, await self._house.rules.closure(words.names), None)
        run.trace = trace = self._trace(run, wait.variables)
        run.cursor, run.turns, run.due = wait.path, list(wait.turns), wait.due
        trace.changed(trace.step("trigger"), run.variables.flat())
        try:
            await script.run(run)
        except Refused:
            pass
        except (LinliError, vol.Invalid) as error:
            self._tell_failed(trace, error)
        finally:
            await asyncio.shield(self._house.keep(trace, words.stored_traces))

    # what it shows ---------------------------------------------------------------------------------------------------

    def _show(self, context: Context | None = None) -> None:
        if self.words is not None:
            current = 0 if self._script is None else self._script.current
            self.handle.write(Reading(self._on, self._last, current), context)

    def _description(self) -> AutomationEntity:
        attributes: dict[str, Any] = {}
        words = self.words
        name = str(self.written.config.get("alias", f"automation {self._number}")) if words is None else words.name
        if words is not None:
            if words.id is not None:
                attributes["id"] = words.id
            attributes["mode"] = words.plan.mode.value
            if words.plan.mode in ("queued", "parallel"):
                attributes["max"] = words.plan.max
        return AutomationEntity(
            unique_id=self.written.key,
            name=name,
            has_entity_name=False,
            suggested_object_id=name,
            attributes=attributes,
            turn_on=self._turn_on,
            turn_off=self._turn_off,
            trigger=self._command,
        )

    async def _turn_on(self) -> None:
        self._on = True
        self._show()
        if self.words is not None and self._attachment is None and self._house.began:
            await self._arm()

    async def _turn_off(self, stop_actions: bool = True) -> None:
        self._on = False
        await self._disarm()
        if stop_actions and self._script is not None:
            await self._script.stop()
        self._show()

    async def _command(self, context: Context, skip_condition: bool = True) -> None:
        """``automation.trigger``, with the rights of whoever asks beside its own."""
        await self.trigger({"trigger": {"platform": None}}, context, skip_condition=skip_condition)

    # what went wrong -------------------------------------------------------------------------------------------------

    def _issue(self, what: str) -> str:
        return f"{what}_{self.written.key}"

    def _tell_broken(self, where: str, why: str | None = None) -> None:
        why = why or self.fault or ""
        name = str(self.written.config.get("alias", self.written.key))
        self._house.ctx.log.error("%s: automation %s cannot be taken up: %s", where, name, why)
        words = {"name": name, "where": where, "why": why}
        self._house.ctx.issues.raise_issue(self._issue("broken"), Message("broken", words), severity=Severity.ERROR)

    def _tell_failed(self, trace: Trace, error: Exception) -> None:
        step = trace.last_step or "action"
        config = self.written.config
        where = place_of(self._house.ctx, self.written, _in_yaml(tuple(step.split("/")), config))
        name = str(config.get("alias", self.written.key))
        self._house.ctx.log.error("%s: automation %s failed at %s: %s", where, name, step, error)
        words = {"name": name, "where": where, "step": step, "why": str(error)}
        self._house.ctx.issues.raise_issue(self._issue("failed"), Message("failed", words), severity=Severity.WARNING)


def _in_yaml(path: tuple[str | int, ...], config: Mapping[str, Any]) -> tuple[str | int, ...]:
    """A trace's path as it stands in the YAML, in its spelling."""
    words = [word for part in path for word in str(part).split("/")]
    steps: list[str | int] = [int(word) if word.isdecimal() else word for word in words]
    if steps and steps[0] in ("action", "condition", "trigger"):
        first = str(steps[0])
        steps[0] = first if first in config else f"{first}s"
    return tuple(steps)


def _moment(written: Any) -> datetime | None:
    try:
        return None if written is None else datetime.fromisoformat(str(written))
    except ValueError:
        return None
