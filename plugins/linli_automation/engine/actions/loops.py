"""``repeat``: a sequence again and again, by number, for each of a list, while or until something holds."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import LinliError
from linli_automation.engine.language import Step
from linli_automation.engine.running import Aborted, Run
from linli_automation.engine.variables import Variables

MOST_TURNS: Final = 10_000
"""Of ``while`` and ``until``: more are a mistake in the rule."""
YIELD_EVERY: Final = 50


class TooManyTurns(LinliError):
    """A loop that does not end by itself."""


async def repeat(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Whichever way it says."""
    loop = _Loop(run, step, path, scope)
    config = step.config
    if "count" in config:
        await loop.counted(await _count(run, config["count"], scope))
    elif "for_each" in config:
        await loop.over(await _items(run, config["for_each"], scope))
    elif "while" in config:
        await loop.by_condition(config["while"], first=True)
    else:
        await loop.by_condition(config["until"], first=False)


class _Loop:
    def __init__(self, run: Run, step: Step, path: str, scope: Variables) -> None:
        self._run = run
        self._step = step
        self._path = path
        self._scope = scope
        self._begin = 1
        if run.resumes(f"{path}/repeat/sequence"):
            self._begin = run.turns.pop(0)

    async def _turn(self, index: int, more: Mapping[str, Any]) -> None:
        words = {"first": index == 1, "index": index, **more}
        inner = self._scope.inner({"repeat": words})
        if index % YIELD_EVERY == 0:
            await self._run.desk.ctx.clock.sleep(0)
        await self._run.inner(self._step.blocks["repeat/sequence"], f"{self._path}/repeat/sequence", inner)

    async def counted(self, count: int) -> None:
        for index in range(self._begin, count + 1):
            await self._turn(index, {"last": index == count})

    async def over(self, items: list[Any]) -> None:
        for index in range(self._begin, len(items) + 1):
            await self._turn(index, {"last": index == len(items), "item": items[index - 1]})

    async def by_condition(self, conditions: Any, *, first: bool) -> None:
        """``first``: test before each turn and go on while it holds; otherwise after each, until it holds."""
        listed = conditions if isinstance(conditions, list) else [conditions]
        word = "while" if first else "until"
        index = self._begin
        resumed = bool(self._run.cursor)
        while True:
            if index > MOST_TURNS:
                raise TooManyTurns(f"a repeat with {word} went {MOST_TURNS} times and was ended")
            inner = self._scope.inner({"repeat": {"first": index == 1, "index": index}})
            if first and not resumed and not await self._run.holds(listed, f"{self._path}/repeat/{word}", inner):
                return
            resumed = False
            await self._turn(index, {})
            if not first and await self._run.holds(listed, f"{self._path}/repeat/{word}", inner):
                return
            index += 1


async def _count(run: Run, written: Any, scope: Variables) -> int:
    value = await run.render(written, scope)
    try:
        return int(float(value))
    except (TypeError, ValueError) as error:
        raise Aborted(f"repeat count is no number: {value!r}") from error


async def _items(run: Run, written: Any, scope: Variables) -> list[Any]:
    items = await run.render(written, scope)
    if not isinstance(items, list):
        raise vol.Invalid(f"Repeat 'for_each' must be a list of items in {run.principal.rule}, got: {items!r}")
    return items
