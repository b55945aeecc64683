"""Who is told of which triggers: the attachments, their number, their end."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from linli import Busy, Context, InvalidRequest, PluginContext, TemplateError
from linli_triggers.api import TRIGGERS_FIRED
from linli_triggers.language import Trigger, triggers_of
from linli_triggers.site import Site
from linli_triggers.words import templates_in, truthy


class Attachment:
    """Triggers that one caller follows together."""

    def __init__(self, id: str, ctx: PluginContext, reader: Context, variables: Mapping[str, Any], size: int) -> None:
        self.id = id
        self.size = size
        """How many triggers it is to have, armed or not yet."""
        self.sites: list[Site] = []
        self._ctx = ctx
        self._reader = reader
        self._variables = variables

    async def arm(self, trigger: Trigger) -> None:
        """Begin to follow one of the triggers, unless it is switched off."""
        site = Site(self._ctx, self._reader, self._variables, lambda words, cause: self._fired(trigger, words, cause))
        self.sites.append(site)
        if truthy(await site.render(trigger.enabled)):
            await trigger.kind.arm(trigger.config, site)

    def close(self) -> None:
        """Follow nothing any more."""
        for site in self.sites:
            site.close()

    def _fired(self, trigger: Trigger, words: Mapping[str, Any], cause: Context | None) -> None:
        variables = {"trigger": {**trigger.data, **words}}
        if not any(True for _ in templates_in(trigger.variables)):
            self._tell({**trigger.variables, **variables}, cause)
            return
        site = self.sites[trigger.index]

        async def tell() -> None:
            try:
                own = await site.render(trigger.variables, variables)
            except TemplateError as error:
                self._ctx.log.warning("a trigger's variables cannot be rendered: %s", error)
                return
            if not site.closed:
                self._tell({**own, **variables}, cause)

        site.in_turn(tell)

    def _tell(self, variables: Mapping[str, Any], cause: Context | None) -> None:
        data = {
            "attachment": self.id,
            "variables": variables,
            "context": None if cause is None else cause.as_dict(),
        }
        self._ctx.bus.fire(TRIGGERS_FIRED, data, cause)


class Keeper:
    """Implements :class:`linli_triggers.api.TriggersApi`."""

    def __init__(self, ctx: PluginContext, most: int) -> None:
        self._ctx = ctx
        self._most = most
        self._attached: dict[str, Attachment] = {}
        self._count = 0
        """Of the triggers in all attachments: asked at each new one, so it is kept and not counted."""
        ctx.on_unload(self._close)
        ctx.metrics.gauge("linli_triggers_attached", "Triggers that are being followed", lambda: self._count)

    async def problem(self, config: Any, reader: Context | None = None) -> str | None:
        """See the protocol."""
        try:
            await self._checked(config, reader)
        except InvalidRequest as error:
            return str(error)
        return None

    async def attach(
        self, config: Any, reader: Context | None = None, variables: Mapping[str, Any] | None = None
    ) -> str:
        """See the protocol."""
        triggers = await self._checked(config, reader)
        if self._count + len(triggers) > self._most:
            raise Busy(f"more than {self._most} triggers are attached", key="too_many", parameters={"most": self._most})
        cause = Context(plugin=self._ctx.domain) if reader is None else reader.child(self._ctx.domain)
        attachment = Attachment(cause.id, self._ctx, cause, dict(variables or {}), len(triggers))
        self._attached[attachment.id] = attachment
        self._count += attachment.size
        armed = False
        try:
            for trigger in triggers:
                await attachment.arm(trigger)
            armed = True
        except TemplateError as error:
            raise InvalidRequest(f"Error rendering template: {error}") from error
        except vol.Invalid as error:
            raise _invalid(error) from error
        finally:
            if not armed:
                await self.detach(attachment.id)
        return attachment.id

    async def detach(self, attachment: str) -> None:
        """See the protocol."""
        found = self._attached.pop(attachment, None)
        if found is not None:
            self._count -= found.size
            found.close()

    async def _checked(self, config: Any, reader: Context | None) -> list[Trigger]:
        """The triggers with their templates well-formed; raises InvalidRequest."""
        try:
            triggers = triggers_of(config)
        except vol.Invalid as error:
            raise _invalid(error) from error
        for trigger in triggers:
            for value in trigger.templated():
                for text in templates_in(value):
                    try:
                        await self._ctx.templates.check(text, context=reader)
                    except TemplateError as error:
                        raise InvalidRequest(f"invalid template ({error})") from error
        return triggers

    def _close(self) -> None:
        self._count = 0
        while self._attached:
            self._attached.popitem()[1].close()


def _invalid(error: vol.Invalid) -> InvalidRequest:
    return InvalidRequest(str(error), path=tuple(step for step in error.path if isinstance(step, str | int)))
