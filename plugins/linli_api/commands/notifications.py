"""``persistent_notification/*``: what stands on a screen until it is dismissed, in its reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Notification, PluginContext, ServiceAccess, ServiceCall, UserId, View
from linli_api.commands.rights import anew
from linli_api.connection import ANSWERED, Call
from linli_api.marks import Mark

DOMAIN: Final = "persistent_notification"
CURRENT: Final = "current"
"""What stands there when somebody begins to follow; said also when that is nothing."""


class NotificationCommands:
    """The message commands, and the services by the same name."""

    def __init__(self, ctx: PluginContext) -> None:
        self._rooms = ctx.serving.rooms
        self._notifications = self._rooms.notifications
        self._domain = ctx.domain

    # commands --------------------------------------------------------------------------------------------------------

    def get(self, call: Call) -> list[Mapping[str, Any]]:
        """What the reader is shown."""
        return list(self._shown(call, self._mine(call)).values())

    def subscribe(self, call: Call) -> Any:
        """The same, and what comes and goes."""

        user_id = call.connection.session.user_id

        def tell(kind: str, which: Iterable[Notification]) -> None:
            def again() -> None:
                tell(kind, mine)

            mine = [each for each in which if each.concerns(user_id, admin=call.view.may("admin"))]
            if mine or kind == CURRENT:
                payload = {"type": kind, "notifications": self._shown(call, mine)}
                call.event(payload, Mark(lambda turn: _all_concern(mine, user_id, turn.view), again))

        def changed(change: tuple[Any, Mapping[str, Notification]]) -> None:
            tell(change[0].value, change[1].values())

        call.accept()
        tell(CURRENT, self._mine(call))
        call.on_unsubscribe(self._notifications.watch(changed, self._domain))
        return ANSWERED

    def _mine(self, call: Call) -> list[Notification]:
        return self._notifications.all(call.connection.session.user_id, admin=call.view.may("admin"))

    def _shown(self, call: Call, which: Iterable[Notification]) -> dict[str, Mapping[str, Any]]:
        user = call.connection.session.user
        language = (None if user is None else user.language) or self._rooms.settings.language
        return {each.notification_id: each.as_dict(self._rooms.translator, language) for each in which}

    # services --------------------------------------------------------------------------------------------------------

    def create(self, call: ServiceCall) -> None:
        """Show one: to the administrators, or, made by somebody who is none, to that person only."""
        user_id = call.context.user_id
        notification_id: str | None = call.data.get("notification_id")
        own = None if user_id is None or call.view.may("admin") else user_id
        replaced = None if notification_id is None else self._found(call, notification_id)
        self._notifications.create(
            self._domain,
            call.data["message"],
            title=call.data.get("title"),
            notification_id=notification_id,
            audience=own or "admins",
            maker=own if replaced is None else replaced.maker,
        )

    def dismiss(self, call: ServiceCall) -> None:
        """Take one away; who is no administrator, only what is shown to nobody else."""
        self._take_away(self._found(call, call.data["notification_id"]))

    def dismiss_all(self, call: ServiceCall) -> None:
        """Take all away, within the same bounds."""
        for notification in self._notifications.all(call.context.user_id, admin=call.view.may("admin")):
            if self._may_dismiss(call, notification):
                self._take_away(notification)

    def _found(self, call: ServiceCall, notification_id: str) -> Notification | None:
        """What the caller means by an id: an own one, or what the hub and its plugins show to nobody else.

        What others have made under that id is not looked up: it must not be told from what never was.
        """
        for maker in (call.context.user_id, None):
            present = self._notifications.get(notification_id, maker)
            if present is not None and self._may_dismiss(call, present):
                return present
        return None

    def _take_away(self, notification: Notification | None) -> None:
        if notification is not None:
            self._notifications.dismiss(notification.notification_id, notification.maker)

    @staticmethod
    def _may_dismiss(call: ServiceCall, notification: Notification) -> bool:
        return call.view.may("admin") or notification.audience == call.context.user_id


def _all_concern(which: Iterable[Notification], user_id: UserId, view: View) -> bool:
    return all(each.concerns(user_id, admin=view.may("admin")) for each in which)


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, services = NotificationCommands(ctx), ctx.services
    ctx.commands.add(f"{DOMAIN}/get", anew(commands.get))
    ctx.commands.add(f"{DOMAIN}/subscribe", commands.subscribe)
    named, anyone = {vol.Required("notification_id"): str}, ServiceAccess.ANYONE
    services.register(
        DOMAIN,
        "create",
        commands.create,
        schema={vol.Required("message"): str, vol.Optional("title"): str, vol.Optional("notification_id"): str},
        access=anyone,
    )
    services.register(DOMAIN, "dismiss", commands.dismiss, schema=named, access=anyone)
    services.register(DOMAIN, "dismiss_all", commands.dismiss_all, access=anyone)
