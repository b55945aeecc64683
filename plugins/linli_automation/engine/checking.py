"""Whether the parts of a sequence that other rooms understand are right: conditions, triggers, templates."""

from collections.abc import Iterable
from typing import Any

from linli import Context, InvalidRequest, TemplateError
from linli_automation.engine.desk import Desk
from linli_automation.engine.language import Step
from linli_triggers.api import templates_in


async def check_steps(desk: Desk, steps: Iterable[Step], reader: Context | None, path: str) -> None:
    """Raise InvalidRequest for the first condition, trigger or template that makes no sense, naming its step."""
    for index, step in enumerate(steps):
        here = f"{path}/{index}"
        try:
            await _check(desk, step, reader)
        except InvalidRequest as error:
            raise InvalidRequest(f"{error} (at {here})", path=tuple(here.split("/"))) from error
        for name, block in step.blocks.items():
            await check_steps(desk, block, reader, f"{here}/{name}")


async def _check(desk: Desk, step: Step, reader: Context | None) -> None:
    config = step.config
    if step.kind == "condition":
        await desk.check_conditions(config["condition"], reader)
    elif step.kind == "choose":
        for conditions in config["options"]:
            await desk.check_conditions(conditions, reader)
    elif step.kind == "if":
        await desk.check_conditions(config["if"], reader)
    elif step.kind == "wait_for_trigger":
        await desk.check_triggers(config["wait_for_trigger"], reader)
    elif step.kind == "repeat" and ("while" in config or "until" in config):
        await desk.check_conditions(config.get("while", config.get("until")), reader)
    else:
        await check_templates(desk, dict(config), reader)


async def check_templates(desk: Desk, value: Any, reader: Context | None) -> None:
    """Raise InvalidRequest for the first template in ``value`` that is not well-formed."""
    for text in templates_in(value):
        try:
            await desk.ctx.templates.check(text, context=reader)
        except TemplateError as error:
            raise InvalidRequest(f"invalid template ({error})") from error
