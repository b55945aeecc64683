"""One script that lives: its entity, its service, its runs."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import voluptuous as vol

from linli import (
    Context,
    EntityHandle,
    EventType,
    Forbidden,
    HandlerFailed,
    InvalidRequest,
    LinliError,
    Message,
    PluginContext,
    ServiceAccess,
    ServiceCall,
    Severity,
    SupportsResponse,
)
from linli_automation.api import (
    Desk,
    Mode,
    Principal,
    Refused,
    RulesApi,
    Run,
    Script,
    Trace,
    Waits,
    Written,
    check_steps,
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
        self.rules = ctx.use(RulesApi)  # type: ignore[type-abstract]  # a protocol is what is asked for


class LiveScript:
    """One of them. Broken ones live too: unavailable, with an issue that says where and why."""

    def __init__(self, shop: Workshop, written: Written) -> None:
        self.written = written
        self.words: Words | None = None
        self.fault: str | None = None
        self._shop = shop
        self._script: Script | None = None
        self._last: datetime | None = None
        self._withdraw: Callable[[], None] | None = None
        self.handle: EntityHandle[Reading]

    @classmethod
    async def make(cls, shop: Workshop, written: Written) -> "LiveScript":
        """One that was not there before."""
        self = cls(shop, written)
        await self._read()
        self.handle = shop.ctx.entities.add(self._description())
        last = None if self.handle.last is None else self.handle.last.attributes.get("last_triggered")
        try:
            self._last = None if last is None else datetime.fromisoformat(str(last))
        except ValueError:
            self._last = None
        await self._live()
        return self

    async def change(self, written: Written) -> None:
        """See :class:`linli_automation.api.Book`."""
        await self._rest()
        self.written = written
        await self._read()
        self.handle.redescribe(self._description())
        await self._live()

    async def remove(self) -> None:
        """See :class:`linli_automation.api.Book`."""
        entity_id = self.handle.entity_id
        await self._rest()
        self._shop.ctx.issues.clear(self._issue("broken"))
        self._shop.ctx.issues.clear(self._issue("failed"))
        await self.handle.remove()
        await self._shop.rules.forget(entity_id, self.written.key)

    # taking up -------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        self.words, self.fault = None, None
        written, shop = self.written, self._shop
        try:
            if written.made is not None and written.made.fault is not None:
                raise InvalidRequest(written.made.fault)
            words = words_of(written.key, written.says, await shop.desk.foreign_actions())
            await check_steps(shop.desk, words.plan.steps, written.acts_as.reader(shop.ctx), "sequence")
        except vol.Invalid as error:
            self.fault = str(error)
            self._tell_broken([step if isinstance(step, int) else str(step) for step in error.path])
        except LinliError as error:
            self.fault = str(error)
            self._tell_broken(_steps("/".join(map(str, getattr(error, "path", ())))))
        else:
            self.words = words
            shop.ctx.issues.clear(self._issue("broken"))

    async def _live(self) -> None:
        if self.words is None:
            self.handle.unavailable()
            return
        words, shop, written = self.words, self._shop, self.written
        principal = Principal(f"script.{written.key}", written.acts_as, words.names)
        waits = shop.waits.of(written.key, written.hash, durable=words.plan.durable)
        self._script = Script(shop.desk, principal, words.plan, self._show, waits)
        names = words.names
        await shop.rules.tell(self.handle.entity_id, names)
        await shop.rules.tell(f"script.{written.key}", names)
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
        words, script, shop = self.words, self._script, self._shop
        if words is None or script is None:
            raise HandlerFailed(f"{self.handle.entity_id} cannot run: {self.fault}")
        state = self.handle.state
        given = {"this": None if state is None else state.as_dict(), **variables, "context": None}
        run = script.make(given, cause, await shop.rules.closure(words.names), None)
        run.variables.put("context", run.context.as_dict())
        run.trace = trace = self._trace(run)
        await shop.rules.keep_trace(trace.full(), words.stored_traces)
        try:
            for name, value in words.plan.defaults.items():
                if name not in variables:
                    run.variables.put(name, await run.render(value))
            response = await script.run(run, lambda run: self._began(run, begun))
        except Refused:
            raise
        except (LinliError, vol.Invalid) as error:
            trace.end("error", str(error))
            self._tell_failed(trace, error)
            raise
        finally:
            await asyncio.shield(shop.rules.keep_trace(trace.full(), words.stored_traces))
        shop.ctx.issues.clear(self._issue("failed"))
        return response

    async def resume(self, run_of: Any, cause: Context) -> None:
        """Go on after the pause in which a restart came."""
        words, script, shop = self.words, self._script, self._shop
        if words is None or script is None:
            return
        run = script.make(run_of.variables, cause, await shop.rules.closure(words.names), None)
        run.trace = trace = self._trace(run)
        run.cursor, run.turns, run.due = run_of.path, list(run_of.turns), run_of.due
        try:
            await script.run(run)
        except Refused:
            return
        except (LinliError, vol.Invalid) as error:
            self._tell_failed(trace, error)
        finally:
            await asyncio.shield(shop.rules.keep_trace(trace.full(), words.stored_traces))

    def _trace(self, run: Run) -> Trace:
        now = self._shop.ctx.clock.timestamp
        written, context = self.written, run.context
        inputs = None if written.made is None else dict(written.config)
        return Trace(context.id, "script", written.key, dict(written.says), context.as_dict(), now, inputs)

    def _began(self, run: Run, begun: asyncio.Event | None) -> None:
        self._last = self._shop.ctx.clock.now().astimezone(UTC)
        words = {"name": self.words.name if self.words else "", "entity_id": self.handle.entity_id}
        self._shop.ctx.bus.fire(SCRIPT_STARTED, words, run.context)
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
        attributes: dict[str, Any] = {}
        if words is not None:
            attributes["mode"] = words.plan.mode.value
            if words.plan.mode in ("queued", "parallel"):
                attributes["max"] = words.plan.max
        return ScriptEntity(
            unique_id=self.written.key,
            name=str(self.written.config.get("alias", self.written.key)) if words is None else words.name,
            has_entity_name=False,
            suggested_object_id=self.written.key,
            icon=None if words is None else words.icon,
            attributes=attributes,
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

        self._shop.ctx.spawn(go(), name=self.handle.entity_id)
        if self.words is not None and self.words.plan.mode is not Mode.QUEUED:
            await begun.wait()

    async def _turn_off(self) -> None:
        if self._script is not None:
            await self._script.stop()

    # what went wrong -------------------------------------------------------------------------------------------------

    def _issue(self, what: str) -> str:
        return f"{what}_{self.written.key}"

    def _where(self, path: list[str | int]) -> str:
        if not self.written.path:
            return f"saved by API: {self.written.key}"
        return self._shop.ctx.written_at(*self.written.path, *path)

    def _tell_broken(self, path: list[str | int]) -> None:
        words = {"name": self.written.key, "where": self._where(path), "why": self.fault or ""}
        self._shop.ctx.log.error("%(where)s: script %(name)s cannot be taken up: %(why)s", words)
        self._shop.ctx.issues.raise_issue(self._issue("broken"), Message("broken", words), severity=Severity.ERROR)

    def _tell_failed(self, trace: Trace, error: Exception) -> None:
        step = trace.last_step or "sequence"
        words = {"name": self.written.key, "where": self._where(_steps(step)), "step": step, "why": str(error)}
        self._shop.ctx.log.error("%(where)s: script %(name)s failed at %(step)s: %(why)s", words)
        self._shop.ctx.issues.raise_issue(self._issue("failed"), Message("failed", words), severity=Severity.WARNING)


def _steps(path: str) -> list[str | int]:
    return [int(word) if word.isdecimal() else word for word in path.split("/") if word]
