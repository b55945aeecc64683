"""One WebSocket connection: who it is, what it has asked, what it follows, and what waits to be sent to it."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import voluptuous as vol

from linli import (
    MOST_SENT_DEPTH,
    MOST_SENT_PARTS,
    Access,
    Busy,
    Closed,
    Context,
    Forbidden,
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
    dumps_anyway,
    has_many_parts,
    is_deep,
)
from linli_api.codes import ID_REUSE, INVALID_FORMAT, UNAUTHORIZED, UNKNOWN_COMMAND, UNKNOWN_ERROR, error_of, in_short
from linli_api.marks import Ended, Everything, Mark, bound_to, never
from linli_api.pieces import Members, enclosed

Undo = Callable[[], None]

TOO_DEEP: Final = f"Message incorrectly formatted: nested more than {MOST_SENT_DEPTH} deep"
TOO_MANY: Final = f"Message incorrectly formatted: more than {MOST_SENT_PARTS} values, which only administrators send"
IN_A_ROW: Final = 32
"""Messages of one list that are answered before their answers have to leave."""
FOLLOWED_BYTES: Final = 1 << 20
"""What the commands of all subscriptions of one connection may be long together, as JSON."""


class Call:
    """One command that the connection is answering; implements :class:`linli.CommandCall`."""

    __slots__ = ("_connection", "_context", "_prefix", "command", "id", "message", "sent")

    def __init__(self, connection: "Connection", command: MessageCommand, sent: Mapping[str, Any]) -> None:
        """``sent``: the message as it came; the schema of its command makes ``message`` of it. Raises Invalid."""
        self._connection = connection
        self._context: Context | None = None
        self._prefix: bytes | None = None
        self.command = command
        self.sent = sent
        self.message: Mapping[str, Any] = command.schema(sent)
        self.id: int = sent["id"]

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
            self._context = self._connection.session.context()
        return self._context

    @property
    def connection(self) -> "Connection":
        """The whole connection, for the commands that are about it."""
        return self._connection

    def event(self, payload: Any, about: str | Collection[str] | None = None) -> None:
        message = self.event_message(payload if isinstance(payload, bytes) else dumps(payload))
        self._connection.send(message, bound_to(about))

    def event_message(self, payload: bytes) -> bytes:
        """``payload`` (JSON) as an event message of this subscription."""
        return b"%b%b}" % (self.prefix, payload)

    @property
    def prefix(self) -> bytes:
        """What stands before the payload of each event message of this subscription."""
        if self._prefix is None:
            self._prefix = b'{"id":%d,"type":"event","event":' % self.id
        return self._prefix

    def accept(self) -> None:
        """Answer a subscription whose first event must come after its result. Raises Busy where there is no room."""
        self._connection.need_room(self)
        self._connection.result(self.id)

    def on_unsubscribe(self, undo: Undo) -> None:
        self._connection.follow(self, undo)


@dataclass(frozen=True, slots=True)
class Following:
    """One subscription: what undoes it, whose it is, how long its command was."""

    undo: Undo
    command: MessageCommand
    size: int


class Connection:
    """What lives as long as the socket. Messages are answered in the order in which their work ends."""

    def __init__(
        self,
        socket: Socket,
        session: Session,
        command: Callable[[str], MessageCommand | None],
        admit: Callable[[MessageCommand], None],
        charge: Callable[[MessageCommand, BaseException], None],
        commands_at_once: int,
        subscriptions: int,
    ) -> None:
        self.socket = socket
        self.session = session
        self.request: Request = socket.request
        self.send = socket.send
        """Queue a message, with what it is about: an entity, a :class:`linli_api.marks.Mark`, or nothing at all."""
        self._following: dict[int, Following] = {}
        self._followed_bytes = 0
        self._command = command
        self._admit = admit
        self._charge = charge
        self._last_id = 0
        self._most_subscriptions = subscriptions
        self._commands_at_once = commands_at_once
        self._tasks: set[asyncio.Task[None]] = set()
        self._vacancy: asyncio.Future[None] | None = None
        """Waited for by the next command when too many are under way."""
        self._is_over = False
        self._unwatch = session.watch(self._turned)

    # sending ---------------------------------------------------------------------------------------------------------

    def result(self, id: Any, result: Any = None, about: str | None = None) -> None:
        """Answer a command that succeeded; bytes are taken as JSON. One odd value in a list takes no screen away."""
        if isinstance(result, Members):
            self.send(enclosed(b'{"id":%b,"type":"result","success":true,"result":[' % _id(id), result, b"]}"), about)
            return
        body = b"null" if result is None else result if isinstance(result, bytes) else dumps_anyway(result)
        self.send(b'{"id":%b,"type":"result","success":true,"result":%b}' % (_id(id), body), about)

    def error(self, id: Any, error: Mapping[str, Any]) -> None:
        """Answer a command that failed."""
        self.send(b'{"id":%b,"type":"result","success":false,"error":%b}' % (_id(id), dumps_anyway(error)))

    def answer_anew(self, call: Call, read: Callable[[Call], Any]) -> None:
        """Answer with what ``read`` finds; while that waits to be sent, it is found anew after every turn of rights."""

        def again() -> None:
            try:
                self.answer_anew(call, read)
            except LinliError as error:
                self.error(call.id, error_of(error))

        self.result(call.id, read(call), Mark(never, again))

    def _turned(self, turn: Turn) -> None:
        """A right has just changed: nothing queued may still tell of what is not this reader's any more, and what may
        be followed no longer ends (the client is not told, as it is not of an entity that vanishes)."""
        for id, followed in list(self._following.items()):
            permission = needed(followed.command)
            if permission is not None and not turn.view.may(permission):
                self._let_go(self._following.pop(id))
        ended = Ended(turn)
        self.socket.revoke(ended)
        for again in ended.again:
            again()

    def send_away(self, reason: str) -> None:
        """The right to be here has ended: what waits is not sent any more, what was begun ends, nothing new begins."""
        self._is_over = True
        self.socket.revoke(Everything())
        self.socket.close(1000, reason)
        for task in self._tasks:
            task.cancel()

    # following -------------------------------------------------------------------------------------------------------

    def need_room(self, call: Call) -> int:
        """What following ``call`` costs, in bytes. Raises Busy where that is too much, Forbidden where the right to it
        has ended since it was asked."""
        permission = needed(call.command)
        if permission is not None and not self.session.view.may(permission):
            raise Forbidden("Unauthorized")
        size = len(dumps(call.sent))
        if len(self._following) >= self._most_subscriptions or self._followed_bytes + size > FOLLOWED_BYTES:
            raise Busy("this connection has too many subscriptions")
        return size

    def follow(self, call: Call, undo: Undo) -> None:
        """Remember how to end a subscription. Raises Busy, Forbidden or Closed, after ``undo``."""
        try:
            if self._is_over:
                raise Closed("the connection is over")
            size = self.need_room(call)
        except (Busy, Forbidden, Closed):
            undo()
            raise
        self._following[call.id] = Following(undo, call.command, size)
        self._followed_bytes += size

    def unfollow(self, id: int) -> bool:
        """End one; False: there is none of that id."""
        found = self._following.pop(id, None)
        if found is None:
            return False
        self._followed_bytes -= found.size
        found.undo()
        return True

    # answering -------------------------------------------------------------------------------------------------------

    async def answer_all(self) -> None:
        """Read and answer until the socket closes. Raises Closed."""
        while True:
            text = await self.socket.receive()
            try:
                messages = orjson.loads(text)
            except orjson.JSONDecodeError:
                self.socket.close(1000)
                return
            wrong = self._wrong(messages, text)
            if wrong is not None:
                id = messages.get("id") if isinstance(messages, dict) else 0
                self.error(id, {"code": INVALID_FORMAT, "message": wrong})
            elif isinstance(messages, list):
                await self._answer_list(messages)
            else:
                await self._answer(messages)

    def _wrong(self, messages: Any, text: bytes | str) -> str | None:
        if has_many_parts(text) and not self.session.view.may(ADMIN):
            return TOO_MANY
        return TOO_DEEP if is_deep(messages, text) else None

    async def _answer_list(self, messages: list[Any]) -> None:
        """Several messages in one: in batches, each after the answers of the one before have left for the network."""
        for number, message in enumerate(messages):
            if self._is_over:
                raise Closed("sent away")
            if number % IN_A_ROW == IN_A_ROW - 1:
                await self.socket.drained()
            await self._answer(message)

    def close(self) -> set[asyncio.Task[None]]:
        """End every subscription; gives the commands under way, which nobody hears of any more."""
        self._is_over = True
        self._unwatch()
        while self._following:
            self._let_go(self._following.popitem()[1])
        return self._tasks

    def _let_go(self, found: Following) -> None:
        self._followed_bytes -= found.size
        try:
            found.undo()
        except Exception as error:  # noqa: BLE001 - the guard: one plugin's mistake must not keep the others' streams
            self._charge(found.command, error)

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
        await self._run(command, message)

    async def _run(self, command: MessageCommand, message: Mapping[str, Any]) -> None:
        if len(self._tasks) >= self._commands_at_once:
            await self._wait_for_room()
        try:
            call = Call(self, command, message)
            if command.access in RESERVED and not command.access.admits(self.session.user, self.session.view):
                self.error(message["id"], FORBIDDEN)
                return
            self._admit(command)
            answer = command.handler(call)
        except Exception as error:  # noqa: BLE001 - the guard: a plugin's handler must not end the connection
            self._failed(command, message["id"], error, message)
            return
        if inspect.isawaitable(answer):
            self._begin(command, call.id, answer)
        else:
            self._done(command, call.id, answer)

    def _begin(self, command: MessageCommand, id: int, answer: Awaitable[Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._finish(command, id, answer), name=command.type)
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self._vacancy is not None and not self._vacancy.done():
                self._vacancy.set_result(None)
            if inspect.iscoroutine(answer):
                answer.close()  # cancelled before its first step, it would never be awaited

        task.add_done_callback(ended)

    async def _wait_for_room(self) -> None:
        """Until one of the commands under way has ended; each has a deadline of its own."""
        while len(self._tasks) >= self._commands_at_once:
            self._vacancy = asyncio.get_running_loop().create_future()
            await self._vacancy

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
        permission = needed(command)
        about = None if permission is None else self._while_may(permission, id)
        try:
            self.result(id, result, about)
        except TypeError as error:
            self._failed(command, id, error)

    def _while_may(self, permission: str, id: int) -> Mark:
        """An answer for those with a permission waits no longer than they have it."""
        return Mark(lambda turn: turn.view.may(permission), lambda: self.error(id, FORBIDDEN))

    def _failed(self, command: MessageCommand, id: int, error: Exception, refused: Any = None) -> None:
        if isinstance(error, Closed):
            return
        if isinstance(error, vol.Invalid) and takes_nothing(command):
            self.error(id, {"code": INVALID_FORMAT, "message": f"extra keys not allowed. Got {in_short(refused)}"})
            return
        if isinstance(error, (LinliError, vol.Invalid)):
            self.error(id, error_of(error, refused))
            return
        if not isinstance(error, HandlerFailed):
            self._charge(command, error)
        self.error(id, {"code": UNKNOWN_ERROR, "message": "Unknown error"})


ADMIN: Final = "admin"
RESERVED: Final = (Access.ADMIN, Access.OWNER)
"""What not every user may reach; looked at before it is asked, since most commands are anybody's."""
FORBIDDEN: Final = {"code": UNAUTHORIZED, "message": "Unauthorized"}


class _Answered:
    """What a handler returns that has sent its result already (a subscription whose first event must follow it)."""


ANSWERED: Final = _Answered()


def needed(command: MessageCommand) -> str | None:
    """The permission that a command asks for; None: any reader may give it."""
    return ADMIN if command.access in RESERVED else getattr(command.handler, "permission", None)


def takes_nothing(command: MessageCommand) -> bool:
    """Whether messages of this type have no keys of their own."""
    return set(command.schema.schema) == {"id", "type"}


def _well_formed(message: Any) -> bool:
    if not isinstance(message, dict):
        return False
    id, kind = message.get("id"), message.get("type")
    return type(id) is int and id > 0 and isinstance(kind, str) and bool(kind)


def _id(id: Any) -> bytes:
    """An id as it was sent; what is too deep to be written again is told back as none."""
    if type(id) is int:
        return b"%d" % id
    try:
        return dumps(id)
    except TypeError:
        return b"null"
