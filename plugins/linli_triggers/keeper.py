"""Who is told of which triggers: the attachments, their number, their end."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from linli import Busy, Context, InvalidRequest, PluginContext, TemplateError
from linli_triggers.events import TRIGGERS_FIRED
from linli_triggers.foreign import Foreign
from linli_triggers.language import Trigger, has_foreign, triggers_of
from linli_triggers.others import Others
from linli_triggers.site import Site
from linli_triggers.words import templates_in, truthy


class Attachment:
    """Triggers that one caller follows together."""

    def __init__(
        self, id: str, ctx: PluginContext, others: Others, reader: Context, variables: Mapping[str, Any], size: int,
        name: str,
    ) -> None:  # fmt: skip
        self.id = id
        self.size = size
        """How many triggers it is to have, armed or not yet."""
        self.sites: list[Site] = []
        self._foreign: list[Foreign] = []
        self._others = others
        self._name = name
        self._ctx = ctx
        self._reader = reader
        self._variables = variables

    async def arm(self, trigger: Trigger) -> None:
        """Begin to follow one of the triggers, unless it is switched off."""
        site = Site(self._ctx, self._reader, self._variables, lambda words, cause: self._fired(trigger, words, cause))
        self.sites.append(site)
        if not truthy(await site.render(trigger.enabled)):
            return
        if isinstance(trigger.kind, str):
            found = await self._others.follow(trigger.kind, trigger.config, site, self._reader, self._name)
            self._foreign.append(found)
        else:
            await trigger.kind.arm(trigger.config, site)

    def begin(self) -> None:
        """Whoever attached them learns of it now: after this turn what came early may fire."""
        if self._foreign:
            self._ctx.spawn(self._release(), name="release")

    async def _release(self) -> None:
        for each in self._foreign:
            each.release()

    def close(self) -> None:
        """Follow nothing any more."""
        for site in self.sites:
            site.close()
        for each in self._foreign:
            self._others.let_go(each)

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
        self._others = Others(ctx)
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
        self,
        config: Any,
        reader: Context | None = None,
        variables: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> str:
        """See the protocol."""
        triggers = await self._checked(config, reader)
        if self._count + len(triggers) > self._most:
            raise Busy(f"more than {self._most} triggers are attached", key="too_many", parameters={"most": self._most})
        cause = Context(plugin=self._ctx.domain) if reader is None else reader.child(self._ctx.domain)
        attachment = Attachment(
            cause.id, self._ctx, self._others, cause, dict(variables or {}), len(triggers), name
        )  # fmt: skip
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
        attachment.begin()
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
            foreign = await self._others.kinds() if has_foreign(config) else {}
            triggers = triggers_of(config, foreign)
        except vol.Invalid as error:
            raise _invalid(error) from error
        for trigger in triggers:
            for value in trigger.templated():
                for text in templates_in(value):
                    try:
                        await self._ctx.templates.check(text, context=reader)
                    except TemplateError as error:
                        raise InvalidRequest(f"invalid template ({error})") from error
            if isinstance(trigger.kind, str):
                await self._others.check(trigger.kind, trigger.config, foreign[trigger.kind])
        return triggers

    async def fired(self, follow: str, trigger: Mapping[str, Any], context: Context | None = None) -> None:
        """See the protocol."""
        self._others.fired(follow, trigger, context)

    async def render(self, follow: str, value: Any, variables: Mapping[str, Any] | None = None) -> Any:
        """See the protocol."""
        return await self._others.render(follow, value, variables or {})

    def _close(self) -> None:
        self._others.close()
        self._count = 0
        while self._attached:
            self._attached.popitem()[1].close()


def _invalid(error: vol.Invalid) -> InvalidRequest:
    return InvalidRequest(str(error), path=tuple(step for step in error.path if isinstance(step, str | int)))
