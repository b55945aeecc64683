"""What all rules share, whichever plugin they belong to: implements :class:`linli_automation.api.RulesApi`."""

from typing import Any

import voluptuous as vol

from linli import Context, InvalidRequest, PluginContext
from linli_automation.blueprints import Blueprints
from linli_automation.engine.checking import check_steps
from linli_automation.engine.desk import Desk
from linli_automation.engine.language import Step, sequence_of
from linli_automation.engine.principal import Known
from linli_automation.engine.traces import Traces
from linli_automation.once import run_for


class Rules:
    """The one of the hub."""

    def __init__(self, ctx: PluginContext, blueprints: Blueprints) -> None:
        self.traces = Traces()
        self.blueprints = blueprints
        self.desk = Desk(ctx)
        self._known = Known()

    async def tell(self, entity_id: str, names: frozenset[str]) -> None:
        self._known.tell(entity_id, names)

    async def forget(self, entity_id: str, item_id: str) -> None:
        self._known.forget(entity_id)
        self.traces.forget(entity_id.partition(".")[0], item_id)

    async def closure(self, names: frozenset[str]) -> frozenset[str]:
        return self._known.closure(names)

    async def keep_trace(self, trace: dict[str, Any], most: int) -> None:
        self.traces.keep(trace, most)

    async def from_blueprint(self, domain: str, written: dict[str, Any]) -> dict[str, Any]:
        return await self.blueprints.substituted(domain, written)

    async def forget_blueprints(self) -> None:
        self.blueprints.forget()

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
