"""What a condition may look at while it is tested: states in its reader's view, its variables, the time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from linli import Context, PluginContext, State, TemplateError
from linli_triggers.words import is_template, rendered


class Unanswerable(Exception):
    """Whether it holds cannot be said: an entity is missing, a text is no number."""


class Reading:
    """One test's look at the home; ``steps`` collects what was seen on the way, as a trace shows it."""

    def __init__(self, ctx: PluginContext, reader: Context, variables: Mapping[str, Any]) -> None:
        self.ctx = ctx
        self.variables = variables
        self._reader = reader
        self._view = ctx.view_of(reader)
        self.steps: list[dict[str, Any]] = []

    def state(self, entity_id: str) -> State | None:
        """The state as the reader sees it."""
        state = self.ctx.states.get(entity_id)
        return None if state is None else self._view.mask(state)

    def need(self, entity_id: str) -> State:
        """The same; raises Unanswerable where there is none."""
        state = self.state(entity_id)
        if state is None:
            raise Unanswerable(f"unknown entity {entity_id}")
        return state

    def now(self) -> datetime:
        """Local time."""
        return self.ctx.clock.now().astimezone(self.ctx.settings.zone)

    async def render(self, value: Any, more: Mapping[str, Any] | None = None) -> Any:
        """``value`` with its templates rendered in the reader's view; raises Unanswerable."""
        given = {**self.variables, **(more or {})}
        try:
            return await rendered(value, lambda text: self.ctx.templates.render(text, given, context=self._reader))
        except TemplateError as error:
            raise Unanswerable(f"Error rendering template: {error}") from error

    async def switched_on(self, enabled: bool | str) -> bool:
        """Whether a condition's ``enabled`` says so."""
        if isinstance(enabled, bool):
            return enabled
        found = await self.render(enabled) if is_template(enabled) else enabled
        return found is True or str(found).strip().lower() in ("1", "true", "yes", "on", "enable")

    def tell(self, path: str, **result: Any) -> None:
        """Note what was seen at ``path``."""
        self.steps.append({"path": path, "result": result})
