"""``subscribe_trigger`` and ``validate_config``: what happens, told in the language of automations."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import orjson
import voluptuous as vol

from linli import Busy, Event, Fragment, NotFound, PluginContext, State, UserId
from linli_api.commands.rights import needs
from linli_api.connection import ANSWERED, Call
from linli_api.marks import Mark, never
from linli_triggers.api import TRIGGERS_FIRED, ConditionsApi, TriggersApi

MOST_OF_ONE_USER: Final = 500
"""Triggers that one user follows over all connections; the rest of the hub's are for the others."""
NO_ACTIONS: Final = "this hub runs no automations, so nothing knows these actions"


class TriggerCommands:
    """The handlers, and the one listener that hands on what fires."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._conditions = ctx.use(ConditionsApi)  # type: ignore[type-abstract]  # a protocol stands for itself here
        self._triggers = ctx.use(TriggersApi)  # type: ignore[type-abstract]  # a protocol stands for itself here
        self._spawn = ctx.spawn
        self._followed: dict[str, Call] = {}
        """Who is told, by attachment."""
        self._of_user: Counter[UserId] = Counter()
        ctx.bus.listen(TRIGGERS_FIRED, self._fired)
        ctx.on_unload(self._detach_all)

    async def subscribe(self, call: Call) -> Any:
        """Tell whenever one of the triggers fires, as the user who asks would see it."""
        config, user_id = call.message["trigger"], call.connection.session.user_id
        count = len(config) if isinstance(config, list) else 1
        call.connection.need_room(call)
        if self._of_user[user_id] + count > MOST_OF_ONE_USER:
            raise Busy(f"you follow more than {MOST_OF_ONE_USER} triggers")
        self._of_user[user_id] += count
        attachment: str | None = None

        def undo() -> None:
            self._of_user[user_id] -= count
            if not self._of_user[user_id]:
                del self._of_user[user_id]
            if attachment is not None and self._followed.pop(attachment, None) is not None:
                self._spawn(self._detach(attachment), name="detach a trigger")

        followed = False
        try:
            attachment = await self._triggers.attach(config, call.context, call.message.get("variables"))
            self._followed[attachment] = call
            followed = True  # from here on it is the connection that undoes it
            call.on_unsubscribe(undo)
        finally:
            if not followed:
                undo()
        call.connection.result(call.id)
        return ANSWERED

    async def _detach_all(self) -> None:
        while self._followed:
            await self._detach(self._followed.popitem()[0])

    async def _detach(self, attachment: str) -> None:
        try:
            await self._triggers.detach(attachment)
        except NotFound:
            pass  # the plugin has gone, and its attachments with it

    def _fired(self, event: Event[dict[str, Any]]) -> None:
        """Hand on what fired. It was put together in the view that held at that moment, so it falls with that."""
        call = self._followed.get(event.data["attachment"])
        if call is not None:
            told = {"variables": event.data["variables"], "context": event.data["context"]}
            call.event(orjson.dumps(told, _as_the_original, orjson.OPT_NON_STR_KEYS), Mark(never))

    async def validate(self, call: Call) -> Mapping[str, Any]:
        """Whether the hub could take up these triggers, conditions and actions; of each only where it is given."""
        found: dict[str, Any] = {}
        if "triggers" in call.message:
            found["triggers"] = _verdict(await self._triggers.problem(call.message["triggers"], call.context))
        if "conditions" in call.message:
            found["conditions"] = _verdict(await self._conditions.problem(call.message["conditions"], call.context))
        if "actions" in call.message:
            found["actions"] = _verdict(await self._problem_of(call.message["actions"], call))
        return found

    async def _problem_of(self, actions: Any, call: Call) -> str | None:
        from linli_automation.api import RulesApi  # here: the engine of rules is 3 MB in a hub that has none

        if not self._ctx.has(RulesApi):
            return None if actions == [] else NO_ACTIONS
        return await self._ctx.use(RulesApi).problem(actions, call.context)  # type: ignore[type-abstract]  # as above


def _verdict(problem: str | None) -> Mapping[str, Any]:
    return {"valid": problem is None, "error": problem}


def _as_the_original(value: Any) -> Any:
    """What JSON has no form for, in Home Assistant's."""
    if isinstance(value, State):
        return Fragment(value.json())
    if isinstance(value, timedelta):
        return {"__type": str(timedelta), "total_seconds": value.total_seconds()}
    raise TypeError(f"{type(value).__name__} is no plain value")


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands = TriggerCommands(ctx)
    ctx.commands.add(
        "subscribe_trigger",
        needs("admin", commands.subscribe),
        {vol.Required("trigger"): object, vol.Optional("variables"): dict},
    )
    ctx.commands.add(
        "validate_config",
        commands.validate,
        {vol.Optional("triggers"): object, vol.Optional("conditions"): object, vol.Optional("actions"): object},
    )
