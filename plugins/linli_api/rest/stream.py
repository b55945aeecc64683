"""``/api/stream``: every event as it happens, as server-sent events, for administrators."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from linli import (
    Access,
    Clock,
    Event,
    PluginContext,
    Request,
    Response,
    State,
    StateChange,
    Stream,
    StreamedResponse,
    Turn,
)
from linli_api.streams import INTERNAL, corrections

PING: Final = b"data: ping\n\n"
PING_EVERY_S: Final = 50.0
"""Home Assistant's figure; shorter than what proxies between are patient for."""
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Nothing on the way may keep it, or hold it back until there is more."""
SOMETHING: Final = ""
"""What a queued event is about that tells of no single entity."""

Hear = Callable[[Callable[[Event[Any]], None]], Callable[[], None]]
"""Have a callback told of every event; gives how to end that."""
Get = Callable[[str], State | None]


class EventStream:
    """The handler."""

    def __init__(self, hear: Hear, get: Get, clock: Clock, ping_every_s: float = PING_EVERY_S) -> None:
        self._hear = hear
        self._get = get
        self._clock = clock
        self._ping_every_s = ping_every_s

    def open(self, request: Request) -> Response:
        """``?restrict=a,b``: these types of events only; the reader's rights cut each of them."""
        wanted = request.query.get("restrict")
        types = frozenset(wanted.split(",")) if wanted else None
        return StreamedResponse(
            content_type="text/event-stream", headers=HEADERS, feed=partial(self._feed, request, types)
        )

    async def _feed(self, request: Request, types: frozenset[str] | None, stream: Stream) -> None:
        listener = _Listener(request, types, stream, self._get)
        undo = (self._hear(listener.hand_on), stream.watch(listener.turned))
        try:
            while True:
                stream.send(PING)
                try:
                    async with self._clock.timeout(self._ping_every_s):
                        await stream.ended()
                except TimeoutError:
                    continue
        finally:
            for each in undo:
                each()


class _Listener:
    """One reader of the stream."""

    def __init__(self, request: Request, types: frozenset[str] | None, stream: Stream, get: Get) -> None:
        self._get = get
        self._request = request
        self._types = types
        self._stream = stream

    def hand_on(self, event: Event[Any]) -> None:
        """Send an event that is wanted, as the reader may see it now."""
        if event.event_type in INTERNAL or (self._types is not None and event.event_type not in self._types):
            return
        payload = self._request.view.event_json(event)
        if payload is not None:
            about = event.entity_id if isinstance(event, StateChange) else SOMETHING
            self._stream.send(b"data: %b\n\n" % payload, about)

    def turned(self, turn: Turn) -> None:
        """The reader's rights have changed: what waits was said under the old ones."""
        self._stream.revoke({SOMETHING, *turn.removed, *turn.added})
        if not self._request.view.may("admin"):
            self._stream.revoke(_Anything())
            self._stream.close(reason="the right to read it has ended")
            return
        if self._types is None or "state_changed" in self._types:
            for change in corrections(turn, self._get):
                self._stream.send(b"data: %b\n\n" % change.json(), change.entity_id)


class _Anything:
    """Whatever a piece is about."""

    def __contains__(self, about: object) -> bool:
        return True


def add(ctx: PluginContext) -> None:
    """Offer it."""
    rooms = ctx.serving.rooms
    stream = EventStream(lambda callback: rooms.bus.listen("*", callback, ctx.domain), rooms.states.get, ctx.clock)
    ctx.routes.add("GET", "/api/stream", stream.open, access=Access.ADMIN, summary="Every event as it happens")
