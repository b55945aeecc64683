"""``/api/websocket``: who comes in, and what becomes of the connection when its right to be there ends."""

from collections.abc import Callable
from typing import Any, Final

import voluptuous as vol

from linli import Closed, MessageCommand, PluginContext, Session, Socket, dumps, loads
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


class SocketDoor:
    """Lets clients in, one :class:`Connection` each."""

    def __init__(self, ctx: PluginContext, commands_at_once: int, subscriptions: int) -> None:
        self._ctx = ctx
        self._auth = ctx.serving.auth
        self._command: Callable[[str], MessageCommand | None] = ctx.serving.rooms.commands.get
        self._commands_at_once = commands_at_once
        self._subscriptions = subscriptions
        self.open = 0
        """Connections that came in and are here (a metric)."""

    async def serve(self, socket: Socket) -> None:
        """The whole life of one socket."""
        socket.send(dumps({"type": "auth_required", "ha_version": HA_VERSION}))
        session = await self._admit(socket)
        if session is None:
            return
        socket.send(dumps({"type": "auth_ok", "ha_version": HA_VERSION}))
        unwatch = self._auth.watch_token(session.token_id, lambda: socket.close(1000, "the token was revoked"))
        connection = Connection(
            socket, session, self._command, self._charge, self._commands_at_once, self._subscriptions
        )
        self.open += 1
        try:
            await connection.answer_all()
        except Closed:
            pass
        finally:
            self.open -= 1
            unwatch()
            connection.close()

    async def _admit(self, socket: Socket) -> Session | None:
        """The session of who comes, or None after it was sent away."""
        try:
            async with self._ctx.clock.timeout(AUTH_WITHIN_S):
                message: Any = loads(await socket.receive())
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

    def _charge(self, command: MessageCommand, error: BaseException) -> None:
        self._ctx.serving.rooms.ledger.error(command.owner, command.type, error)
