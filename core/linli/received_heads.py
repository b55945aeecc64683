"""The hub as a second place: other hubs send the signed heads of their journals, and are told what does not follow.

Each sends with a token of a user of its own, whose role gives the one right to do so. What was received is read back by
the same user, so that ``linli journal verify`` of the sending hub compares with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from linli.clock import Clock
from linli.endpoints import Request, Response, Route, RouteTable
from linli.ids import CORE
from linli.issues import Issues, Severity
from linli.messages import Message
from linli.notifications import Notifications
from linli.rooms import Rooms
from linli.storage import Actor, Storage
from linli.storage.heads_received import ReceivedHeads, Refused, Sender
from linli.storage.worker import Worker

PATH: Final = "/api/linli/heads"
RIGHT: Final = "journal.heads"
LONGEST_LINE: Final = 64 << 10
SILENT_AFTER_S: Final = 2 * 3600.0 + 600.0
"""A hub to whose journal nothing is added sends every hour."""
LOOK_EVERY_S: Final = 600.0
SUSPICIOUS: Final = ("rolled_back", "forked", "cut", "key", "other_user")
ANSWERS: Final[Mapping[str, tuple[int, str]]] = {
    "form": (400, "This is no signed head of a journal"),
    "full": (429, "No more heads of this hub are kept today"),
}


class SecondPlace:
    """Keeps the heads of other hubs in the data folder and tells administrators of what it refused, and of silence."""

    def __init__(self, storage: Storage, clock: Clock, issues: Issues, notifications: Notifications) -> None:
        self._storage = storage
        self._clock = clock
        self._issues = issues
        self._notifications = notifications
        self._received = ReceivedHeads(storage.folder.path)
        self._worker = Worker("received-heads", clock)
        self._told: set[tuple[str, str]] = set()
        self._silent: set[str] = set()
        self._routes: list[Callable[[], None]] = []
        self._watching: asyncio.Task[None] | None = None

    def open(self, routes: RouteTable) -> None:
        """Answer from now on."""
        offered = (
            Route(
                "POST", PATH, self._keep, CORE, max_body=LONGEST_LINE,
                summary="Keep a signed head of another hub's journal",
            ),
            Route("GET", f"{PATH}/{{instance}}", self._tell, CORE, summary="What is kept of a hub, and its last head"),
            Route("GET", f"{PATH}/{{instance}}/{{day}}", self._tell_day, CORE, summary="A hub's heads of one day"),
        )  # fmt: skip
        self._routes = [routes.add(route) for route in offered]
        self._watching = asyncio.get_running_loop().create_task(self._watch(), name="received heads")

    async def close(self) -> None:
        """Answer no more."""
        for remove in self._routes:
            remove()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._worker.close()

    # what is asked ---------------------------------------------------------------------------------------------------

    async def _keep(self, request: Request) -> Response:
        user = request.user
        if user is None or not request.view.may(RIGHT):
            return _unauthorized()
        line, now_us = await request.body(), round(self._clock.timestamp() * 1_000_000)
        try:
            seal = await self._worker.run(lambda: self._received.keep(line, user.id, now_us))
        except Refused as refused:
            return await self._refuse(refused, user.id)
        except OSError as error:
            return Response.message(f"The head could not be kept: {error.strerror}", 507)
        await self._well_again(seal.instance)
        return Response.json({"counter": seal.counter})

    async def _tell(self, request: Request) -> Response:
        if request.user is None or not request.view.may(RIGHT):
            return _unauthorized()
        instance, owner = request.params["instance"], _owner(request)

        def read() -> tuple[list[str], str | None] | None:
            days = self._received.days(instance, owner)
            newest = None if days is None else self._received.newest(instance)
            return None if days is None else (days, None if newest is None else newest.line().decode())

        found = await self._worker.run(read)
        return _not_found() if found is None else Response.json({"days": found[0], "newest": found[1]})

    async def _tell_day(self, request: Request) -> Response:
        if request.user is None or not request.view.may(RIGHT):
            return _unauthorized()
        instance, day, owner = request.params["instance"], request.params["day"], _owner(request)

        def read() -> bytes | None:
            return self._received.day(instance, day) if day in (self._received.days(instance, owner) or ()) else None

        lines = await self._worker.run(read)
        return _not_found() if lines is None else Response(lines, content_type="application/jsonl")

    # what is told ----------------------------------------------------------------------------------------------------

    async def _refuse(self, refused: Refused, user_id: str) -> Response:
        if refused.what in ANSWERS:
            status, sentence = ANSWERS[refused.what]
            return Response.message(sentence, status, refused.what)
        if (refused.instance, refused.what) not in self._told:
            self._told.add((refused.instance, refused.what))
            details = {"what": refused.what, "counter": refused.counter}
            await self._storage.journal.append(
                "heads.refused", actor=Actor("user", user_id), subject=refused.instance, details=details
            )
            message = Message(f"received_heads_{refused.what}", {"hub": refused.instance, "counter": refused.counter})
            issue_id = f"received_heads_{refused.what}_{refused.instance}"
            self._issues.raise_issue(CORE, issue_id, severity=Severity.CRITICAL, message=message, persistent=True)
            self._notifications.create(CORE, message, notification_id=issue_id, critical=True)
        return Response.message("This does not follow from the heads that are kept here", 409, refused.what)

    async def _well_again(self, instance: str) -> None:
        """A refusal stays shown: whoever looks into it ignores the issue. Silence is over with the next head."""
        if instance in self._silent:
            self._silent.discard(instance)
            self._issues.clear(CORE, f"received_heads_silent_{instance}")

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            senders = await self._worker.run(self._received.senders)
            self._look_at(senders)

    def _look_at(self, senders: Mapping[str, Sender]) -> None:
        now = self._clock.timestamp()
        silent = {name for name, sender in senders.items() if now - sender.heard_us / 1_000_000 > SILENT_AFTER_S}
        for instance in self._silent - silent:
            self._issues.clear(CORE, f"received_heads_silent_{instance}")
        for instance in silent - self._silent:
            message = Message("received_heads_silent", {"hub": instance})
            self._issues.raise_issue(
                CORE, f"received_heads_silent_{instance}", severity=Severity.ERROR, message=message
            )
        self._silent = silent


def _owner(request: Request) -> str | None:
    """Whose hubs the caller may read: an administrator all, anybody else the own."""
    assert request.user is not None
    return None if request.view.may("journal.read") else request.user.id


def _unauthorized() -> Response:
    return Response.text("401: Unauthorized", 401)


def _not_found() -> Response:
    return Response.message("Nothing is kept of this hub", 404)


def receive_heads(section: Mapping[str, Any], rooms: Rooms) -> None:
    """Be a second place from now on, if ``linli: {journal: {receive: true}}`` says so."""
    if section.get("receive"):
        place = SecondPlace(rooms.storage, rooms.clock, rooms.issues, rooms.notifications)
        place.open(rooms.routes)
        rooms.storage.also_close(place.close)
