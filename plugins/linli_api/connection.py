"""One WebSocket connection: who it is, what it has asked, what it follows, and what waits to be sent to it."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Container, Mapping
from typing import Any, Final

import orjson
import voluptuous as vol

from linli import (
    Access,
    Closed,
    Context,
    HandlerFailed,
    LinliError,
    MessageCommand,
    Request,
    Session,
    Socket,
    TokenId,
    Turn,
    User,
    View,
    dumps,
)
from linli_api.codes import ID_REUSE, INVALID_FORMAT, TOO_MANY, UNAUTHORIZED, UNKNOWN_COMMAND, UNKNOWN_ERROR, error_of

Undo = Callable[[], None]

COALESCE: Final = "coalesce_messages"


class Call:
    """One command that the connection is answering; implements :class:`linli.CommandCall`."""

    __slots__ = ("_connection", "_context", "_prefix", "id", "message")

    def __init__(self, connection: "Connection", message: Mapping[str, Any]) -> None:
        self._connection = connection
        self._context: Context | None = None
        self._prefix: bytes | None = None
        self.id: int = message["id"]
        self.message = message

    @property
    def user(self) -> User:
        user = self._connection.session.user
        if user is None:
            raise Closed("the user was removed")
        return user

    @property
    def token_id(self) -> TokenId:
        return self._connection.session.token_id

    @property
    def view(self) -> View:
        return self._connection.session.view

    @property
    def remote(self) -> str:
        return self._connection.request.remote

    @property
    def context(self) -> Context:
        if self._context is None:
            self._context = Context(self._connection.session.user_id)
        return self._context

    @property
    def connection(self) -> "Connection":
        """The whole connection, for the commands that are about it."""
        return self._connection

    def event(self, payload: Any, about: str | None = None) -> None:
        message = self.event_message(payload if isinstance(payload, bytes) else dumps(payload))
        self._connection.send(message, about)

    def event_message(self, payload: bytes) -> bytes:
        """``payload`` (JSON) as an event message of this subscription."""
        if self._prefix is None:
            self._prefix = b'{"id":%d,"type":"event","event":' % self.id
        return b"%b%b}" % (self._prefix, payload)

    def on_unsubscribe(self, undo: Undo) -> None:
        self._connection.follow(self.id, undo)


class Connection:
    """What lives as long as the socket. Messages are answered in the order in which their work ends."""

    def __init__(
        self,
        socket: Socket,
        session: Session,
        command: Callable[[str], MessageCommand | None],
        charge: Callable[[MessageCommand, BaseException], None],
        commands_at_once: int,
        subscriptions: int,
    ) -> None:
        self.socket = socket
        self.session = session
        self.request: Request = socket.request
        self.following: dict[int, Undo] = {}
        """What undoes each subscription, by the id of its command."""
        self.coalesce = False
        self._command = command
        self._charge = charge
        self._last_id = 0
        self._most_subscriptions = subscriptions
        self._room = asyncio.Semaphore(commands_at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._queue: list[tuple[bytes, str | None]] = []
        self._unwatch = session.watch(self._turned)

    # sending ---------------------------------------------------------------------------------------------------------

    def send(self, message: bytes, about: str | None = None) -> None:
        """Queue a message. For a client that asked for it, all that one turn of the loop queues leaves as one array."""
        if not self.coalesce:
            self.socket.send(message, about)
            return
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._flush)
        self._queue.append((message, about))

    def _flush(self) -> None:
        queue, self._queue = self._queue, []
        if len(queue) == 1:
            self.socket.send(*queue[0])
        elif queue:
            about = {entity for _, entity in queue}
            self.socket.send(
                b"[%b]" % b",".join(message for message, _ in queue), about.pop() if len(about) == 1 else None
            )

    def result(self, id: Any, result: Any = None) -> None:
        """Answer a command that succeeded; bytes are taken as JSON."""
        body = b"null" if result is None else result if isinstance(result, bytes) else dumps(result)
        self.send(b'{"id":%b,"type":"result","success":true,"result":%b}' % (_id(id), body))

    def error(self, id: Any, error: Mapping[str, Any]) -> None:
        """Answer a command that failed."""
        self.send(b'{"id":%b,"type":"result","success":false,"error":%b}' % (_id(id), dumps(error)))

    def _turned(self, turn: Turn) -> None:
        """A right has just changed: nothing queued may still tell of what is not this reader's any more."""
        self.revoke(turn.removed | turn.added)

    def revoke(self, gone: Container[str]) -> None:
        """Drop what waits to be sent about any of these."""
        self._queue = [(message, about) for message, about in self._queue if about not in gone]
        self.socket.revoke(gone)

    # following -------------------------------------------------------------------------------------------------------

    def follow(self, id: int, undo: Undo) -> None:
        """Remember how to end a subscription."""
        self.following[id] = undo

    def unfollow(self, id: int) -> bool:
        """End one; False: there is none of that id."""
        undo = self.following.pop(id, None)
        if undo is None:
            return False
        undo()
        return True

    # answering -------------------------------------------------------------------------------------------------------

    async def answer_all(self) -> None:
        """Read and answer until the socket closes. Raises Closed."""
        try:
            while True:
                text = await self.socket.receive()
                try:
                    messages = orjson.loads(text)
                except orjson.JSONDecodeError:
                    self.socket.close(1000)
                    return
                for message in messages if isinstance(messages, list) else (messages,):
                    await self._answer(message)
        finally:
            self.close()

    def close(self) -> None:
        """End every subscription and every command under way."""
        self._unwatch()
        for task in self._tasks:
            task.cancel()
        following, self.following = self.following, {}
        for undo in following.values():
            undo()

    async def _answer(self, message: Any) -> None:
        id = message.get("id") if isinstance(message, dict) else 0
        if not _well_formed(message) or not isinstance(id, int):
            self.error(id, {"code": INVALID_FORMAT, "message": "Message incorrectly formatted."})
            return
        if id <= self._last_id:
            self.error(id, {"code": ID_REUSE, "message": "Identifier values have to increase."})
            return
        command = self._command(message["type"])
        if command is None:
            self.error(id, {"code": UNKNOWN_COMMAND, "message": "Unknown command."})
            return
        self._last_id = id
        if len(self.following) >= self._most_subscriptions:
            self.error(id, {"code": TOO_MANY, "message": "this connection has too many subscriptions"})
            return
        await self._run(command, message)

    async def _run(self, command: MessageCommand, message: Mapping[str, Any]) -> None:
        try:
            call = Call(self, command.schema(message))
            if command.access is Access.ADMIN and not self.session.view.may("admin"):
                self.error(message["id"], {"code": UNAUTHORIZED, "message": "Unauthorized"})
                return
            answer = command.handler(call)
        except Exception as error:  # noqa: BLE001 - the guard: a plugin's handler must not end the connection
            self._failed(command, message["id"], error, message)
            return
        if not inspect.isawaitable(answer):
            self._done(command, call.id, answer)
            return
        await self._room.acquire()
        task = asyncio.get_running_loop().create_task(self._finish(command, call.id, answer), name=command.type)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()

    async def _finish(self, command: MessageCommand, id: int, answer: Awaitable[Any]) -> None:
        try:
            result = await answer
        except Exception as error:  # noqa: BLE001 - the guard: a plugin's handler must not end the connection
            self._failed(command, id, error)
        else:
            self._done(command, id, result)

    def _done(self, command: MessageCommand, id: int, result: Any) -> None:
        if result is ANSWERED:
            return
        try:
            self.result(id, result)
        except TypeError as error:
            self._failed(command, id, error)

    def _failed(self, command: MessageCommand, id: int, error: Exception, refused: Any = None) -> None:
        if isinstance(error, vol.Invalid) and takes_nothing(command):
            self.error(id, {"code": INVALID_FORMAT, "message": f"extra keys not allowed. Got {refused!r}"})
            return
        if isinstance(error, (LinliError, vol.Invalid)):
            self.error(id, error_of(error, refused))
            return
        if not isinstance(error, HandlerFailed):
            self._charge(command, error)
        self.error(id, {"code": UNKNOWN_ERROR, "message": "Unknown error"})


class _Answered:
    """What a handler returns that has sent its result already (a subscription whose first event must follow it)."""


ANSWERED: Final = _Answered()


def takes_nothing(command: MessageCommand) -> bool:
    """Whether messages of this type have no keys of their own."""
    return set(command.schema.schema) == {"id", "type"}


def _well_formed(message: Any) -> bool:
    if not isinstance(message, dict):
        return False
    id, kind = message.get("id"), message.get("type")
    return type(id) is int and id > 0 and isinstance(kind, str) and bool(kind)


def _id(id: Any) -> bytes:
    return b"%d" % id if type(id) is int else dumps(id)
