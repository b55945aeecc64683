"""One script that lives: its entity, its service, its runs."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import (
    Context,
    EventType,
    Forbidden,
    HandlerFailed,
    LinliError,
    PluginContext,
    ServiceAccess,
    ServiceCall,
    SupportsResponse,
)
from linli_automation.api import (
    Desk,
    LiveRule,
    Mode,
    Principal,
    Refused,
    RulesApi,
    Run,
    Script,
    Sight,
    Trace,
    Wait,
    Waits,
    Written,
    check_steps,
    guard_of,
    moment,
)
from linli_script.model import Reading, ScriptEntity, Words, words_of

SCRIPT_STARTED: Final[EventType[dict[str, Any]]] = EventType("script_started")
"""A script begins.

name: what people call it
entity_id: the script
"""


class Workshop:
    """What the scripts of one plugin share."""

    def __init__(self, ctx: PluginContext) -> None:
        self.ctx = ctx
        self.desk = Desk(ctx)
        self.waits = Waits(ctx)
        self.guard = guard_of(ctx, "automation_triggered")
        self.sight = Sight(ctx)
        self.began = False
        """All is set up: what a script says that nobody knows now, nobody will know by itself."""
        self.rules = ctx.use(RulesApi)  # type: ignore[type-abstract]  # a protocol is what is asked for


class LiveScript(LiveRule[Reading, Words]):
    """One of them."""

    noun: ClassVar[str] = "script"

    def __init__(self, shop: Workshop, written: Written) -> None:
        super().__init__(shop.ctx, written)
        self._shop = shop
        self._script: Script | None = None
        self._last: datetime | None = None
        self._withdraw: Callable[[], None] | None = None

    @classmethod
    async def make(cls, shop: Workshop, written: Written) -> "LiveScript":
        """One that was not there before."""
        self = cls(shop, written)
        await self.begin_life()
        return self

    # taking up -------------------------------------------------------------------------------------------------------

    async def _checked(self, config: Mapping[str, Any]) -> Words:
        words = words_of(self.written.key, config, await self._shop.desk.foreign_actions())
        reader = self.written.acts_as.reader(self._ctx)
        await check_steps(self._shop.desk, words.plan.steps, reader, "sequence")
        return words

    @property
    def _all_there(self) -> bool:
        return self._shop.began  # then what is broken is read again, and told

    def _remember(self) -> None:
        self._last = None if self.handle.last is None else moment(self.handle.last.attributes.get("last_triggered"))

    async def _live(self) -> None:
        if self.words is None:
            self.handle.unavailable()
            return
        words, shop, written = self.words, self._shop, self.written
        principal = Principal(f"script.{written.key}", written.acts_as, words.names)
        waits = shop.waits.of(written.key, written.hash, durable=words.plan.durable)
        self._script = Script(shop.desk, principal, words.plan, self._show, waits)
        await shop.rules.tell(self.handle.entity_id, words.names)
        await shop.rules.tell(f"script.{written.key}", words.names)
        self._show()
        if self._withdraw is None:
            self._withdraw = shop.ctx.services.register(
                "script", written.key, self._service, schema={vol.Extra: object}, access=ServiceAccess.ANYONE,
                response=SupportsResponse.OPTIONAL, within=None,
            )  # fmt: skip

    async def _rest(self) -> None:
        if self._withdraw is not None:
            self._withdraw()
            self._withdraw = None
        if self._script is not None:
            script, self._script = self._script, None
            await script.stop()

    async def _forget(self, entity_id: str) -> None:
        self._shop.guard.forget(entity_id)
        await self._shop.rules.forget(entity_id, self.written.key)

    # running ---------------------------------------------------------------------------------------------------------

    async def _service(self, call: ServiceCall) -> Any:
        """``script.NAME``: run it, wait for its end, give its response."""
        if not call.view.controls(self.handle.entity_id):
            raise Forbidden(f"{self.handle.entity_id} may not be run")
        try:
            response = await self.run(dict(call.data), call.context)
        except Refused:
            return {} if call.return_response else None
        except vol.Invalid as error:
            raise HandlerFailed(f"{self.handle.entity_id}: {error}") from error
        if not call.return_response:
            return None
        return {} if response is None else response

    async def run(self, variables: Mapping[str, Any], cause: Context | None, begun: asyncio.Event | None = None) -> Any:
        """One run to its end; gives its response. Raises Refused, and what a step failed with."""
        words, script = self._whole()
        pause = self._shop.guard.pause_before(self.handle.entity_id, cause)
        if pause is None:
            raise Refused("failed_slowed")
        if pause:
            await self._ctx.clock.sleep(pause)
            words, script = self._whole()
        state = self.handle.state
        given = {"this": None if state is None else state.as_dict(), **variables, "context": None}
        run = script.make(given, cause, await self._shop.rules.closure(words.names), None)
        self._shop.guard.ran(self.handle.entity_id, cause, run.context)
        run.variables.put("context", run.context.as_dict())
        run.trace = trace = self._trace(run)
        await self._keep(trace, words)
        try:
            for name, value in words.plan.defaults.items():
                if name not in variables:
                    run.variables.put(name, await run.render(value))
            response = await script.run(run, lambda run: self._began(run, begun))
        except (LinliError, vol.Invalid) as error:
            trace.end("error", str(error))
            self.tell_failed(trace, error, "sequence")
            raise
        finally:
            await asyncio.shield(self._keep(trace, words))
        self.tell_succeeded()
        return response

    async def resume(self, wait: Wait, cause: Context) -> None:
        """Go on after the pause in which a restart came."""
        if self.words is None:
            return
        words, script = self._whole()
        run = script.make(wait.variables, cause, await self._shop.rules.closure(words.names), None)
        run.trace = trace = self._trace(run)
        run.cursor, run.turns, run.note = wait.path, list(wait.turns), wait.run_id
        run.due = wait.due_after(self._ctx.clock.timestamp())
        try:
            await script.run(run)
        except Refused:
            return
        except (LinliError, vol.Invalid) as error:
            self.tell_failed(trace, error, "sequence")
        finally:
            await asyncio.shield(self._keep(trace, words))

    def _whole(self) -> tuple[Words, Script]:
        """Raises HandlerFailed for one that is broken."""
        if self.words is None or self._script is None:
            raise HandlerFailed(f"{self.handle.entity_id} cannot run: {self.fault}")
        return self.words, self._script

    def _trace(self, run: Run) -> Trace:
        written = self.written
        inputs = None if written.made is None else written.config
        return Trace("script", written.key, written.says, run.context, self._ctx.clock.timestamp, inputs)

    async def _keep(self, trace: Trace, words: Words) -> None:
        await self._shop.rules.keep_trace(self.handle.entity_id, trace.full(), words.stored_traces)

    def _began(self, run: Run, begun: asyncio.Event | None) -> None:
        self._last = self._ctx.clock.now().astimezone(UTC)
        told = {"name": self.words.name if self.words else "", "entity_id": self.handle.entity_id}
        self._ctx.bus.fire(SCRIPT_STARTED, told, run.context)
        self._show(run.context)
        if begun is not None:
            begun.set()

    # what it shows ---------------------------------------------------------------------------------------------------

    def _show(self, context: Context | None = None) -> None:
        if self.words is not None:
            current = 0 if self._script is None else self._script.current
            self.handle.write(Reading(self._last, current), context)

    def _description(self) -> ScriptEntity:
        words = self.words
        return ScriptEntity(
            unique_id=self.written.key,
            name=self.name if words is None else words.name,
            has_entity_name=False,
            suggested_object_id=self.written.key,
            icon=None if words is None else words.icon,
            attributes={} if words is None else words.plan.shown(),
            turn_on=self._turn_on,
            turn_off=self._turn_off,
        )

    async def _turn_on(self, context: Context, variables: Mapping[str, Any] | None = None) -> None:
        """``script.turn_on``: begin, and wait for nothing."""

        begun = asyncio.Event()

        async def go() -> None:
            try:
                await self.run(dict(variables or {}), context, begun)
            except (Refused, LinliError, vol.Invalid):  # told by its trace and its issue already
                return
            finally:
                begun.set()

        self._ctx.spawn(go(), name=self.handle.entity_id)
        if self.words is not None and self.words.plan.mode is not Mode.QUEUED:
            await begun.wait()

    async def _turn_off(self) -> None:
        if self._script is not None:
            await self._script.stop()
