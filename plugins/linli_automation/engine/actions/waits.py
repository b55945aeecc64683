"""Actions that wait: for a length of time, for a template to hold, for a trigger to fire."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import voluptuous as vol

from linli import Context
from linli import schema as sv
from linli_automation.engine.language import Step
from linli_automation.engine.running import Aborted, Run
from linli_automation.engine.variables import Variables
from linli_triggers.api import truthy


@asynccontextmanager
async def _paused(run: Run, path: str, seconds: float | None, scope: Variables) -> AsyncIterator[None]:
    """A wait that a restart is to know of."""
    if run.pauses is None:
        yield
        return
    due = 0.0 if seconds is None else run.desk.ctx.clock.timestamp() + seconds
    await run.pauses.begin(run, path, due, scope)
    try:
        yield
    except asyncio.CancelledError:
        if run.stopping and not run.desk.closing:  # ended by somebody; where the hub stops, the note stays
            await asyncio.shield(run.pauses.end(run))
        raise
    await run.pauses.end(run)


async def delay(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Wait for a length of time."""
    seconds = await _seconds(run, step, path, "delay", scope) or 0.0
    element["result"] = {"delay": seconds, "done": False}
    async with _paused(run, path, seconds, scope):
        await run.desk.ctx.clock.sleep(seconds)
    element["result"] = {"delay": seconds, "done": True}


async def wait_template(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Wait until a template holds."""
    text = step.config["wait_template"]
    if truthy(await run.render(text, scope)):
        wait = {"remaining": await _seconds(run, step, path, "timeout", scope), "completed": True}
        scope.set_beside("wait", wait)
        element["result"] = {"wait": wait}
        return

    async def holds_now() -> bool:
        return truthy(await run.render(text, scope))

    config = {"trigger": "template", "value_template": text}
    fired, left = await _wait(run, step, path, scope, element, config, holds_now)
    _told(scope, element, {"remaining": left, "completed": fired is not None})
    _end_if_late(step, element, fired)


async def wait_for_trigger(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Wait until one of some triggers fires."""
    fired, left = await _wait(run, step, path, scope, element, step.config["wait_for_trigger"], None)
    _told(scope, element, {"remaining": left, "trigger": None if fired is None else fired.get("trigger")})
    _end_if_late(step, element, fired)


def _told(scope: Variables, element: dict[str, Any], wait: Mapping[str, Any]) -> None:
    scope.set_beside("wait", wait)
    element["result"] = {**element.get("result", {}), "wait": wait}


async def _seconds(run: Run, step: Step, path: str, key: str, scope: Variables) -> float | None:
    """How long; of a wait that a restart came into, what is left. None: without end."""
    if run.cursor == path:
        run.cursor = ""
        return max(run.due - run.desk.ctx.clock.timestamp(), 0.0) if run.due else None
    if key not in step.config:
        return None
    found = sv.seconds_or_duration(await run.render(step.config[key], scope))
    if not isinstance(found, timedelta):
        raise vol.Invalid("expected a length of time")
    return found.total_seconds()


async def _wait(
    run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any], triggers: Any, holds_now: Any
) -> tuple[Mapping[str, Any] | None, float | None]:
    """What fired (None: nothing in time) and how much of the time was left (None: there was no limit)."""
    seconds = await _seconds(run, step, path, "timeout", scope)
    clock = run.desk.ctx.clock
    came: asyncio.Future[tuple[Mapping[str, Any], Context | None]] = asyncio.get_running_loop().create_future()

    def fired(variables: Mapping[str, Any], cause: Context | None) -> None:
        if not came.done():
            came.set_result((variables, cause))

    key = "trigger" if holds_now is None else "completed"
    element["result"] = {"wait": {"remaining": seconds, key: None if holds_now is None else False}}
    started = clock.monotonic()
    attachment = await run.desk.attach(triggers, run.reader, scope.flat(), fired, run.principal.rule)
    try:
        if holds_now is not None and not came.done() and await holds_now():
            came.set_result(({}, None))
        async with _paused(run, path, seconds, scope):
            try:
                async with clock.timeout(seconds):
                    found, cause = await came
            except TimeoutError:
                return None, 0.0
    finally:
        await asyncio.shield(run.desk.detach(attachment))
    run.led_on_by(cause)
    return found, None if seconds is None else max(seconds - (clock.monotonic() - started), 0.0)


def _end_if_late(step: Step, element: dict[str, Any], fired: Any) -> None:
    if fired is None and not step.config["continue_on_timeout"]:
        element["result"]["timeout"] = True
        raise Aborted
