"""One automation that lives: it follows its triggers, tests its conditions, and runs its actions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from linli import Context, LinliError
from linli_automation.engine.book import Written
from linli_automation.engine.checking import check_steps, check_templates
from linli_automation.engine.durable import Wait
from linli_automation.engine.living import LiveRule, moment
from linli_automation.house import House
from linli_automation.model import AutomationEntity, Reading, Words, words_of
from linli_automation.runs import Runs

AT_START: Final = {"platform": "homeassistant", "event": "start", "description": "Home Assistant starting"}


class Automation(LiveRule[Reading, Words]):
    """One of them."""

    noun: ClassVar[str] = "automation"

    def __init__(self, house: House, written: Written, number: int) -> None:
        super().__init__(house.ctx, written)
        self._house = house
        self._number = number
        self._runs: Runs | None = None
        """None: it is broken."""
        self._attachment: str | None = None
        self._on = True
        self._last: datetime | None = None

    @classmethod
    async def make(cls, house: House, written: Written, number: int) -> "Automation":
        """One that was not there before."""
        self = cls(house, written, number)
        await self.begin_life()
        return self

    # taking up -------------------------------------------------------------------------------------------------------

    async def _checked(self, config: Mapping[str, Any]) -> Words:
        desk, reader = self._house.desk, self.written.acts_as.reader(self._ctx)
        words = words_of(config, self._unnamed, await desk.foreign_actions())
        await desk.check_triggers(words.triggers, reader)
        await desk.check_conditions(words.conditions, reader)
        await check_steps(desk, words.plan.steps, reader, "action")
        await check_templates(desk, [words.plan.defaults, words.trigger_variables], reader)
        return words

    @property
    def _all_there(self) -> bool:
        return self._house.began  # then what is broken is read again, and told

    @property
    def _unnamed(self) -> str:
        """What it is called without an alias."""
        return f"automation {self._number}"

    def _remember(self) -> None:
        last = self.handle.last
        if last is not None:
            self._on = last.state != "off"
            self._last = moment(last.attributes.get("last_triggered"))

    async def _live(self) -> None:
        words, house = self.words, self._house
        if words is None:
            self.handle.unavailable()
            return
        if words.initial_state is not None:
            self._on = words.initial_state
        self._runs = Runs(house, self, words, self._show)
        await house.rules.tell(self.handle.entity_id, words.names)
        self._show()
        if house.began and self._on:
            await self._arm(self._runs, words)

    async def _rest(self) -> None:
        await self._disarm()
        if self._runs is not None:
            runs, self._runs = self._runs, None
            await runs.script.stop()

    async def _forget(self, entity_id: str) -> None:
        self._house.guard.forget(entity_id)
        self._house.traces.forget("automation", self.written.key)
        await self._house.rules.forget(entity_id, self.written.key)

    # triggers --------------------------------------------------------------------------------------------------------

    async def begin(self, *, at_start: bool) -> None:
        """The hub runs: follow the triggers from now on."""
        if not self._on or self._runs is None or self.words is None:
            return
        if self._attachment is None:
            await self._arm(self._runs, self.words)
        if at_start:
            self._start_triggers(self.words)

    async def _arm(self, runs: Runs, words: Words) -> None:
        desk, reader = self._house.desk, self.written.acts_as.reader(self._ctx)
        try:
            found: dict[str, Any] = {}
            for name, value in words.trigger_variables.items():  # each with those before it
                found[name] = await desk.render(value, found, reader)
            runs.trigger_variables = found
            self._attachment = await desk.attach(words.triggers, reader, found, self._fired, self.name)
        except LinliError as error:
            self.tell_broken(str(error))

    async def _disarm(self) -> None:
        if self._attachment is not None:
            attachment, self._attachment = self._attachment, None
            await self._house.desk.detach(attachment)

    def _start_triggers(self, words: Words) -> None:
        """Those of the hub's start: whoever follows them only now has missed it."""
        for index, trigger in enumerate(words.triggers):
            kind = trigger.get("trigger", trigger.get("platform")) if isinstance(trigger, Mapping) else None
            if kind == "homeassistant" and trigger.get("event") == "start" and trigger.get("enabled", True) is True:
                told = {"id": str(trigger.get("id", index)), "idx": str(index), "alias": trigger.get("alias")}
                self._fired({"trigger": {**told, **AT_START}}, None)

    def _fired(self, variables: Mapping[str, Any], cause: Context | None) -> None:
        rule = self.handle.entity_id
        pause = self._house.guard.pause_before(rule, cause)
        if pause is not None:
            self._ctx.spawn(self._triggered(variables, cause, pause), name=rule)

    async def _triggered(self, variables: Mapping[str, Any], cause: Context | None, pause: float) -> None:
        if pause:
            await self._ctx.clock.sleep(pause)
        if self._on and self._runs is not None:
            await self._runs.start(variables, cause, here=True)

    async def resume(self, wait: Wait, cause: Context) -> None:
        """Go on after the pause in which a restart came, at the time at which it would have ended."""
        if self._runs is not None:
            await self._runs.resume(wait, cause)

    # what it shows ---------------------------------------------------------------------------------------------------

    def _show(self, began: Context | None = None) -> None:
        """``began``: of a run that begins now."""
        if self.words is not None:
            if began is not None:
                self._last = self._ctx.clock.now()
            current = 0 if self._runs is None else self._runs.script.current
            self.handle.write(Reading(self._on, self._last, current), began)

    def _description(self) -> AutomationEntity:
        words = self.words
        name = str(self.written.says.get("alias", self._unnamed)) if words is None else words.name
        attributes: dict[str, Any] = {}
        if words is not None:
            if words.id is not None:
                attributes["id"] = words.id
            attributes |= words.plan.shown()
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

    # what it can be told ---------------------------------------------------------------------------------------------

    async def _turn_on(self) -> None:
        self._on = True
        self._show()
        if self._runs is not None and self.words is not None and self._attachment is None and self._house.began:
            await self._arm(self._runs, self.words)

    async def _turn_off(self, stop_actions: bool = True) -> None:
        self._on = False
        await self._disarm()
        if stop_actions and self._runs is not None:
            await self._runs.script.stop()
        self._show()

    async def _command(self, context: Context, skip_condition: bool = True) -> None:
        """``automation.trigger``, with the rights of whoever asks beside its own."""
        if self._runs is not None:
            await self._runs.start({"trigger": {"platform": None}}, context, skip_condition=skip_condition)
