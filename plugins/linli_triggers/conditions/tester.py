"""Testing conditions: each kind by its own rules, groups by what their parts say."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from linli import Context, InvalidRequest, PluginContext, TemplateError
from linli_triggers.conditions.compiled import Compiled
from linli_triggers.conditions.kinds import Kind
from linli_triggers.conditions.language import Condition, conditions_of
from linli_triggers.conditions.others import Others
from linli_triggers.conditions.reading import Reading, Unanswerable
from linli_triggers.words import templates_in


class Tester:
    """Implements :class:`linli_triggers.api.ConditionsApi`."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._others = Others(ctx)
        self._compiled = Compiled()

    async def problem(self, config: Any, reader: Context | None = None) -> str | None:
        """See the protocol."""
        try:
            for condition in await self._checked(config):
                await self._check_templates(condition, reader)
        except (vol.Invalid, InvalidRequest) as error:
            return str(error)
        return None

    async def test(
        self, config: Any, variables: Mapping[str, Any] | None = None, reader: Context | None = None
    ) -> dict[str, Any]:
        """See the protocol."""
        try:
            conditions = self._compiled.get(config) or await self._compile(config)
        except vol.Invalid as error:
            raise InvalidRequest(str(error)) from error
        asker = Context(plugin=self._ctx.domain) if reader is None else reader.child(self._ctx.domain)
        reading = Reading(self._ctx, asker, variables or {})
        path = "" if not isinstance(config, list) else None
        result, fault = await self._all(conditions, reading, path)
        return {"result": result, "error": fault, "steps": reading.steps}

    async def _checked(self, config: Any) -> list[Condition]:
        """As it can be taken up now; raises vol.Invalid. Others are asked for their kinds only where it needs one."""
        try:
            return conditions_of(config)
        except vol.Invalid:
            return conditions_of(config, frozenset(await self._others.kinds()))

    async def _compile(self, config: Any) -> list[Condition]:
        """As it was taken up, also where the plugin of a kind has gone since; raises vol.Invalid."""
        try:
            conditions = conditions_of(config, self._others.remembered)
        except vol.Invalid:
            await self._others.kinds()
            conditions = conditions_of(config, self._others.remembered)
        self._compiled.put(config, conditions)
        return conditions

    async def _check_templates(self, condition: Condition, reader: Context | None) -> None:
        for value in condition.templated():
            for text in templates_in(value):
                try:
                    await self._ctx.templates.check(text, context=reader)
                except TemplateError as error:
                    raise InvalidRequest(f"invalid template ({error})") from error

    async def _all(self, conditions: list[Condition], reading: Reading, path: str | None) -> tuple[bool, str | None]:
        """Whether all hold; one that does not decides, also where another cannot be answered."""
        faults: list[str] = []
        for index, condition in enumerate(conditions):
            try:
                answer = await self._test(condition, reading, f"/{index}" if path is None else path)
            except Unanswerable as error:
                faults.append(str(error))
                continue
            if answer is False:
                return False, "; ".join(faults) or None
        return not faults, "; ".join(faults) or None

    async def _test(self, condition: Condition, reading: Reading, path: str) -> bool | None:
        """Whether it holds; None: it is switched off. Raises Unanswerable."""
        if not await reading.switched_on(condition.enabled):
            reading.tell(path, result=None)
            return None
        kind = condition.kind
        if isinstance(kind, Kind):
            try:
                return await kind.test(condition.config, reading, path)
            except Unanswerable as error:
                reading.steps.append({"path": path, "error": str(error)})
                raise
        if kind == "and":
            return await self._group(condition, reading, path, decides=False, means=False)
        if kind == "or":
            return await self._group(condition, reading, path, decides=True, means=True)
        if kind == "not":
            return await self._group(condition, reading, path, decides=True, means=False)
        return await self._foreign(str(kind), condition, reading, path)

    async def _group(self, condition: Condition, reading: Reading, path: str, *, decides: bool, means: bool) -> bool:
        """The first part that is ``decides`` makes the group ``means``; none does: the opposite."""
        faults: list[str] = []
        for index, part in enumerate(condition.parts):
            try:
                answer = await self._test(part, reading, f"{path}/conditions/{index}")
            except Unanswerable as error:
                faults.append(str(error))
                continue
            if answer is decides:
                reading.tell(path, result=means)
                return means
        if faults:
            reading.steps.append({"path": path, "error": "; ".join(faults)})
            raise Unanswerable("; ".join(faults))
        reading.tell(path, result=not means)
        return not means

    async def _foreign(self, kind: str, condition: Condition, reading: Reading, path: str) -> bool:
        try:
            answer = await self._others.test(kind, await reading.render(condition.config), reading.variables)
        except Unanswerable as error:
            reading.steps.append({"path": path, "error": str(error)})
            raise
        reading.tell(path, result=answer)
        return answer
