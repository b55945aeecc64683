"""``/api/websocket``: who comes in, and what becomes of the connection when its right to be there ends."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Final

import voluptuous as vol

from linli import Closed, MessageCommand, PluginContext, Session, Socket, called_by, dumps, loads_sent
from linli_api.codes import told_back
from linli_api.connection import Connection
from linli_api.version import HA_VERSION

AUTH: Final = vol.Schema(
    {
        vol.Required("type"): "auth",
        vol.Exclusive("access_token", "auth"): str,
        vol.Exclusive("api_password", "auth"): str,
    }
)
AUTH_WITHIN_S: Final = 10.0
"""Home Assistant's figure: whoever does not say who it is within this time is sent away."""
MOST_LEFT: Final = 1024
"""Commands that go on though nobody waits for their answers."""


class SocketDoor:
    """Lets clients in, one :class:`Connection` each."""

    def __init__(self, ctx: PluginContext, commands_at_once: int, subscriptions: int) -> None:
        self._ctx = ctx
        self._auth = ctx.serving.auth
        self._command: Callable[[str], MessageCommand | None] = ctx.serving.rooms.commands.get
        self._admit_caller = ctx.serving.rooms.ledger.admit
        self._commands_at_once = commands_at_once
        self._subscriptions = subscriptions
        self.open = 0
        """Connections that came in and are here (a metric)."""
        self._left: set[asyncio.Task[None]] = set()
        """Commands whose client has gone."""
        ctx.on_unload(lambda: _cancel(self._left))

    async def serve(self, socket: Socket) -> None:
        """The whole life of one socket."""
        socket.send(dumps({"type": "auth_required", "ha_version": HA_VERSION}))
        session = await self._admit(socket)
        if session is None:
            return
        called_by(session.user_id)
        socket.send(dumps({"type": "auth_ok", "ha_version": HA_VERSION}))
        connection = Connection(
            socket, session, self._command, self._let_in, self._charge, self._commands_at_once, self._subscriptions
        )
        unwatch = self._auth.watch_token(session.token_id, lambda: connection.send_away("the token was revoked"))
        self.open += 1
        try:
            await connection.answer_all()
        except Closed:
            pass
        finally:
            self.open -= 1
            unwatch()
            self._leave(connection.close())

    def _leave(self, under_way: Collection[asyncio.Task[None]]) -> None:
        """What a client began before it left goes on to its end, as with Home Assistant; too much of it is stopped."""
        if len(self._left) + len(under_way) > MOST_LEFT:
            _cancel(under_way)
        for task in under_way:
            self._left.add(task)
            task.add_done_callback(self._left.discard)

    async def _admit(self, socket: Socket) -> Session | None:
        """The session of who comes, or None after it was sent away."""
        try:
            async with self._ctx.clock.timeout(AUTH_WITHIN_S):
                message: Any = loads_sent(await socket.receive())
        except (ValueError, TimeoutError, Closed):
            socket.close(1000)
            return None
        try:
            AUTH(message)
        except vol.Invalid as error:
            self._refuse(socket, f"Auth message incorrectly formatted: {told_back(error, message)}")
            return None
        session = await self._auth.authenticate_or_load(message.get("access_token", ""), socket.request.remote)
        if session is None:
            self._refuse(socket, "Invalid access token or password")
        return session

    def _refuse(self, socket: Socket, reason: str) -> None:
        socket.send(dumps({"type": "auth_invalid", "message": reason}))
        socket.close(1000)

    def _let_in(self, command: MessageCommand) -> None:
        self._admit_caller(command.owner)

    def _charge(self, command: MessageCommand, error: BaseException) -> None:
        self._ctx.serving.rooms.ledger.error(command.owner, command.type, error)


def _cancel(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
