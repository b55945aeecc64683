"""``render_template``: what a text says about the home, now and whenever that changes, in the reader's own view."""

from typing import Any, Final

import voluptuous as vol

from linli import PluginContext
from linli_api.codes import TEMPLATE_ERROR, CommandError
from linli_api.commands.fields import entity_ids
from linli_api.commands.rights import needs
from linli_api.connection import ANSWERED, Call
from linli_api.live_template import LiveTemplate
from linli_api.template_words import told

TOO_MUCH: Final = "limit_work"


class TemplateCommands:
    """The handler."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rooms = ctx.serving.rooms

    def render(self, call: Call) -> Any:
        """The result, and each other one that follows from a change.

        What a render may take is bounded for everybody, so ``timeout`` only says that the client wants a failure where
        that bound was met, and ``entity_ids`` nothing.
        """
        message, templates = call.message, self._rooms.templates
        live = LiveTemplate(
            call,
            lambda report: templates.render_info(
                message["template"], message.get("variables", {}), call.view, strict=message["strict"], report=report
            ),
            self._ctx.clock,
            report_errors=message["report_errors"],
        )
        error = live.info.error
        if error is not None and error.kind == TOO_MUCH and "timeout" in message:
            raise CommandError(TEMPLATE_ERROR, told(error))
        call.connection.need_room(call)
        live.tell_mistakes()
        call.accept()
        bus, owner = self._rooms.bus, self._ctx.domain
        call.on_unsubscribe(live.stop)
        live.begin(lambda callback: bus.listen("state_changed", callback, owner))
        return ANSWERED


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
