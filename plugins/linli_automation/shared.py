"""What all rules share, whichever plugin they belong to: implements :class:`linli_automation.api.RulesApi`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import voluptuous as vol

from linli import Context, InvalidRequest, PluginContext
from linli_automation.engine.book import Made, Written
from linli_automation.engine.checking import check_steps
from linli_automation.engine.desk import Desk
from linli_automation.engine.language import Step, sequence_of
from linli_automation.engine.principal import DEPLOYMENT, Author, Known
from linli_automation.engine.traces import Run, Told, Traces
from linli_automation.once import run_for
from linli_blueprint.api import BlueprintsApi


class Rules:
    """The one of the hub."""

    def __init__(self, ctx: PluginContext) -> None:
        self._traces = Traces()
        self._blueprints = ctx.use(BlueprintsApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self.desk = Desk(ctx)
        self._known = Known()

    async def tell(self, entity_id: str, names: frozenset[str]) -> None:
        self._known.tell(entity_id, names)

    async def forget(self, entity_id: str, item_id: str) -> None:
        self._known.forget(entity_id)
        self._traces.forget(entity_id.partition(".")[0], item_id)

    async def closure(self, names: frozenset[str]) -> frozenset[str]:
        return self._known.closure(names)

    async def keep_trace(self, entity_id: str, trace: dict[str, Any], most: int) -> None:
        self._traces.keep(Run(trace["domain"], trace["item_id"], entity_id, Told(trace)), most)

    async def kept_traces(self, item_id: str | None, run_id: str | None) -> list[tuple[str, dict[str, Any]]]:
        runs = self._traces.all(item_id=item_id)
        return [(run.entity_id, run.trace.full()) for run in runs if run_id in (None, run.trace.run_id)]

    async def filled(self, domain: str, written: Written) -> Written:
        if "use_blueprint" not in written.config:
            return written
        try:
            found = await self._blueprints.fill(domain, written.config)
        except InvalidRequest as error:
            return replace(written, made=Made({}, fault=str(error)))
        author = Author(found.user_id, found.scope) if found.saved else DEPLOYMENT
        return replace(written, made=Made(found.config, author))

    async def all_filled(self, domain: str, written: list[Written]) -> list[Written]:
        found = [await self.filled(domain, each) for each in written]
        uses = {each.key: each.config["use_blueprint"] for each in found if "use_blueprint" in each.config}
        named = {key: str(use["path"]) for key, use in uses.items() if isinstance(use, Mapping) and "path" in use}
        await self._blueprints.used(domain, named)
        return found

    async def forget_blueprints(self) -> None:
        await self._blueprints.forget()

    async def problem(self, sequence: Any, reader: Context | None = None) -> str | None:
        try:
            await self._steps(sequence, reader)
        except InvalidRequest as error:
            return str(error)
        return None

    async def run_once(self, sequence: Any, variables: dict[str, Any], context: Context) -> Any:
        return await run_for(self.desk, await self._steps(sequence, context), variables, context)

    async def _steps(self, sequence: Any, reader: Context | None) -> tuple[Step, ...]:
        """Checked; raises InvalidRequest."""
        try:
            steps = sequence_of(sequence, await self.desk.foreign_actions())
        except vol.Invalid as error:
            raise InvalidRequest(str(error)) from error
        await check_steps(self.desk, steps, reader, "sequence")
        return steps
