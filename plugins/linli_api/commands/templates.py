"""``render_template``: what a text says about the home, now and whenever that changes, in the reader's own view."""

from collections.abc import Collection
from typing import Any, Final

import voluptuous as vol

from linli import PluginContext, RenderInfo, Rooms
from linli_api.codes import TEMPLATE_ERROR, CommandError
from linli_api.commands.fields import entity_ids
from linli_api.commands.rights import needs
from linli_api.connection import ANSWERED, Call
from linli_api.live_template import LiveTemplate, Report
from linli_api.template_words import told

TOO_MUCH: Final = frozenset({"limit_work", "limit_time"})
ONCE_S: Final = 3.0
"""What the first render may take; later ones may take less."""


class TemplateCommands:
    """The handler."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rooms = ctx.serving.rooms

    async def render(self, call: Call) -> Any:
        """The result, and each other one that follows from a change.

        What a render may take is bounded for everybody. ``timeout`` can only make that less, and says that the client
        wants a failure where the bound was met; ``entity_ids`` says nothing.
        """
        call.connection.need_room(call)
        message, bus, owner = call.message, self._rooms.bus, self._ctx.domain
        live = LiveTemplate(
            call,
            _Renders(self._rooms, call),
            self._ctx.clock,
            lambda work: self._ctx.spawn(work, name="render a template"),
            report_errors=message["report_errors"],
        )
        followed = False
        try:
            await live.first(lambda callback: bus.listen("state_changed", callback, owner))
            error = live.info.error
            if error is not None and error.kind in TOO_MUCH and "timeout" in message:
                raise CommandError(TEMPLATE_ERROR, told(error))
            call.connection.need_room(call)
            live.tell_mistakes()
            call.accept()
            followed = True  # from here on it is the connection that stops it
            call.on_unsubscribe(live.stop)
        finally:
            if not followed:
                live.stop()
        live.begin()
        return ANSWERED


class _Renders:
    """Renders the template of a command: the first time with the time that its client gives it."""

    def __init__(self, rooms: Rooms, call: Call) -> None:
        self._templates = rooms.user_templates
        self._call = call
        self._is_first = True

    async def __call__(self, report: Report | None, expected: Collection[str]) -> RenderInfo:
        message, context = self._call.message, self._call.context
        text, variables, strict = message["template"], message.get("variables", {}), message["strict"]
        connection = str(id(self._call.connection))
        if not self._is_first:
            return await self._templates.read(
                text, variables, context, strict=strict, report=report, expected=expected, connection=connection
            )
        self._is_first = False
        wanted = message.get("timeout", ONCE_S)
        within_s = wanted if 0 < wanted < ONCE_S else ONCE_S
        return await self._templates.render_info(
            text, variables, context, within_s=within_s, strict=strict, report=report, connection=connection
        )


def add(ctx: PluginContext) -> None:
    """Offer it."""
    commands = TemplateCommands(ctx)
    ctx.commands.add(
        "render_template",
        needs("templates.render", commands.render),
        {
            vol.Required("template"): str,
            vol.Optional("entity_ids"): entity_ids,
            vol.Optional("variables"): dict,
            vol.Optional("timeout"): vol.Coerce(float),
            vol.Optional("strict", default=False): bool,
            vol.Optional("report_errors", default=False): bool,
        },
    )
