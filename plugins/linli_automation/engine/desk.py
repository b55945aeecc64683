"""What the runs of one plugin share: the door, triggers and conditions, who waits for what, what runs now."""

from collections.abc import Callable, Mapping
from typing import Any

from linli import Context, Event, InvalidRequest, PluginContext
from linli_automation.hooks import automation_actions
from linli_triggers.api import TRIGGERS_FIRED, ConditionsApi, TriggersApi, rendered

Fired = Callable[[Mapping[str, Any], Context | None], None]


class Desk:
    """One plugin's."""

    def __init__(self, ctx: PluginContext) -> None:
        self.ctx = ctx
        self.conditions = ctx.use(ConditionsApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self._triggers = ctx.use(TriggersApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self.closing = False
        """The entry is being unloaded: what waits is not ended but interrupted."""
        self._waiting: dict[str, Fired] = {}
        ctx.bus.listen(TRIGGERS_FIRED, self._fired)

    # triggers --------------------------------------------------------------------------------------------------------

    async def attach(
        self, config: Any, reader: Context | None, variables: Mapping[str, Any] | None, fired: Fired, name: str
    ) -> str:
        """Have ``fired`` called for each of these triggers, with its variables and cause; gives what detaches them.

        ``name``: what people call whoever waits.
        """
        attachment = await self._triggers.attach(config, reader, variables, name)
        self._waiting[attachment] = fired
        return attachment

    async def detach(self, attachment: str) -> None:
        """Follow them no longer."""
        self._waiting.pop(attachment, None)
        await self._triggers.detach(attachment)

    async def check_triggers(self, config: Any, reader: Context | None) -> None:
        """Raise InvalidRequest with what is wrong with triggers."""
        problem = await self._triggers.problem(config, reader)
        if problem is not None:
            raise InvalidRequest(problem)

    async def check_conditions(self, config: Any, reader: Context | None) -> None:
        """Raise InvalidRequest with what is wrong with conditions."""
        problem = await self.conditions.problem(config, reader)
        if problem is not None:
            raise InvalidRequest(problem)

    def _fired(self, event: Event[dict[str, Any]]) -> None:
        found = self._waiting.get(event.data["attachment"])
        if found is not None:
            found(event.data["variables"], None if event.data["context"] is None else event.context)

    # templates -------------------------------------------------------------------------------------------------------

    async def render(self, value: Any, variables: Mapping[str, Any], reader: Context | None) -> Any:
        """``value`` with its templates (also deep inside) rendered in the reader's view. Raises TemplateError."""
        return await rendered(value, lambda text: self.ctx.templates.render(text, variables, context=reader))

    async def foreign_actions(self) -> frozenset[str]:
        """The words of actions that other plugins carry out."""
        return frozenset(await self.carriers())

    async def carriers(self) -> dict[str, str]:
        """Which plugin carries out which action that is none of ours."""
        found: dict[str, str] = {}
        for owner, words in (await self.ctx.hooks.gather(automation_actions)).items():
            if isinstance(words, list | tuple | set | frozenset):  # nonsense of one plugin is no word
                for word in words:
                    found.setdefault(str(word), owner)
        return found
