"""Actions that do one thing: call a service, fire an event, set variables, stop."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Forbidden, NotFound
from linli_automation.engine.language import Step, aimed_at, service_named
from linli_automation.engine.running import Aborted, Run, Stopped
from linli_automation.engine.trace import plain
from linli_automation.engine.variables import Variables
from linli_automation.hooks import automation_act

OF_THE_HUB: Final = (
    "call_service", "homeassistant_close", "homeassistant_final_write", "homeassistant_start", "homeassistant_started",
    "homeassistant_stop", "service_registered", "service_removed", "state_changed", "state_reported", "triggers_fired",
)  # fmt: skip
"""Events that tell what the hub did; a rule that fires one would tell a lie."""


async def call(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Call a service with the rule's rights, and keep its response."""
    config = step.config
    named = config["named"]
    domain, service = await _service_of(run, config["action"], scope) if named is None else named
    data: dict[str, Any] = {}
    for part in config["data"]:
        data.update(_a_map(await run.render(part, scope), "data"))
    target = config["aimed"]
    if target is None:
        target = aimed_at(_a_map(await run.render(config["target"], scope), "target"))
    params = {"domain": domain, "service": service, "service_data": data, "target": target}
    element["result"] = {"params": params, "running_script": _runs_a_rule(domain, service)}
    may_admin = named is not None or f"{domain}.{service}" in run.names
    variable = config["response_variable"]
    response = await run.desk.ctx.services.call(
        domain, service, data, target=target or None, context=run.context if may_admin else run.without_admin(),
        return_response=variable is not None,
    )  # fmt: skip
    if variable is not None:
        scope.set(variable, response)


async def _service_of(run: Run, action: Any, scope: Variables) -> tuple[str, str]:
    name = await run.render(action, scope)
    found = service_named(name)
    if found is None:
        raise vol.Invalid(f"Template rendered invalid service: {name}")
    return found


def _runs_a_rule(domain: str, service: str) -> bool:
    return domain == "script" or (domain == "automation" and service == "trigger")


def _a_map(value: Any, what: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise vol.Invalid(f"expected dict for {what}, got {value!r}")
    return value


async def fire(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Fire an event."""
    data: dict[str, Any] = {}
    for key in ("event_data", "event_data_template"):
        data.update(_a_map(await run.render(step.config.get(key), scope), key))
    event = step.config["event"]
    told = plain(data)
    element["result"] = {"event": event, "event_data": told}
    if event in OF_THE_HUB:
        raise Forbidden(f"a rule may not fire {event}: only the hub tells that")
    run.desk.ctx.bus.fire(event, told, run.context)


async def set_variables(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Set variables, one after the other: a later one may use an earlier one."""
    for name, value in step.config["variables"].items():
        scope.set(name, await run.render(value, scope))


async def stop(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """End the run, perhaps as a failure, perhaps with a response."""
    message = str(await run.render(step.config["stop"], scope) or "")
    failed = step.config.get("error", False)
    element["result"] = {"stop": message, "error": failed}
    if failed:
        run.desk.ctx.log.error("%s: %s: stopped with an error: %s", run.principal.rule, path, message)
        raise Aborted(message)
    variable = step.config.get("response_variable")
    if variable is None:
        raise Stopped
    response = scope.get(variable)
    if response is None:
        raise Aborted(f"Response variable '{variable}' is not defined")
    raise Stopped(response)


async def foreign(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Have the plugin that knows the action carry it out."""
    config = await run.render(dict(step.config), scope)
    owner = (await run.desk.carriers()).get(step.kind)
    answer = None
    if owner is not None:
        answer = await run.desk.ctx.hooks.first(
            automation_act, of=owner, action=step.kind, config=plain(config), variables=plain(scope.flat()),
            context=run.context,
        )  # fmt: skip
    if answer is None:
        raise NotFound(f"no plugin carries out the action '{step.kind}' now")
    element["result"] = plain(answer)
