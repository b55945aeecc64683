"""One life of a child, at the hub's end of the pipe: what it asks is done through its door, what it answers is awaited.

Frames to the child are ``[number, time, messages]``, from it ``[messages]``; a message is a list whose first item says
what it is. The child is not believed: a frame that makes no sense ends it, one that asks too much waits, what it may do
the door decides.
"""

import asyncio
import inspect
import itertools
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from linli.callers import caller, on_account_of
from linli.children.contexts import Contexts
from linli.children.faults import ChildGone, error_of, fault_of
from linli.children.mirrors import Mirrors
from linli.children.share import Share
from linli.children.values import readers_for
from linli.clock import RealClock, Timer, stopwatch
from linli.errors import Busy, ContractError
from linli.ids import PluginDomain, RegistryId
from linli.plugin.wire import pack, unpack
from linli.process import Pipe, PipeClosed

if TYPE_CHECKING:
    from linli.entity import EntityHandle
    from linli.metrics import Counter, Histogram
    from linli.plugin.catalog import CatalogEntry
    from linli.plugin.context import PluginContext
    from linli.rooms import Rooms

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a frame from a child."""
MOST_UNSENT: Final = 32 * 1024 * 1024
"""Bytes that wait for a child to read; with more it is ended."""
MOST_OPEN: Final = 500
"""What a child may have asked and not been answered; more is refused with Busy."""
BEAT_S: Final = 5.0
SILENT_ENDS_S: Final = 30.0
"""A child whose loop answers nothing for so long is ended."""
MOST_CALLERS: Final = 1000
CHARGES: Final = frozenset({"error", "slow", "refused", "dropped", "leaked", "timeout", "ended"})


class Rubbish(Exception):
    """The child sent what no child of ours sends, or too much."""


@dataclass(frozen=True, slots=True)
class At:
    """In whose name something is asked: a session, and the context that has this number there."""

    session: "Session"
    ctx: "PluginContext"
    number: int

    @property
    def rooms(self) -> "Rooms":
        return self.session.rooms

    def handler(self, number: int) -> Callable[..., Any]:
        """The handler in the child, as a coroutine function."""

        async def call(*arguments: Any, **named: Any) -> Any:
            return await self.session.call("handler", number, arguments, named)

        return call

    def keep(self, number: int, undo: Callable[[], object]) -> None:
        """Have ``undo`` run when the child takes its handler back."""
        self.session.undos[self.number, number] = undo


@dataclass(frozen=True, slots=True)
class Asked:
    """What may be posted and asked, by name."""

    posts: Mapping[str, Callable[..., None]]
    commands: Mapping[str, Callable[..., Any]]


class Session:
    """One process of one plugin, from its birth to its end."""

    def __init__(
        self, rooms: "Rooms", entry: "CatalogEntry", pipe: Pipe, asked: "Asked", *, unlimited: Callable[[], bool]
    ) -> None:  # fmt: skip
        """``unlimited``: whether it is for safety, so that nothing of it waits."""
        self.rooms = rooms
        self.entry = entry
        self.domain: PluginDomain = entry.manifest.id
        self.contexts = Contexts(self.domain)
        self.undos: dict[tuple[int, int], Callable[[], object]] = {}
        self.handles: dict[RegistryId, EntityHandle[Any]] = {}
        self.remembered: dict[RegistryId, dict[str, Mapping[str, Any]]] = {}
        self.counters: dict[str, Counter] = {}
        self.histograms: dict[str, Histogram] = {}
        self.gauges: dict[tuple[int, int], dict[tuple[str, ...], float]] = {}
        self.subscribers: dict[int, Any] = {}
        """Message commands that are being answered, or that are subscriptions."""
        self.call_numbers = itertools.count(1)
        self.mirrors: Mirrors | None = None
        self._pipe = pipe
        self._asked = asked
        self._real = RealClock()
        self._readers = readers_for(self.domain, entry, self.contexts, rooms)
        self._doors: dict[int, PluginContext] = {}
        self._numbers = itertools.count(1)
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._out: list[bytes] = []
        self._flushing = False
        self._sent = 0
        self._due: Timer | None = None
        self._busy: ExitStack | None = None
        self._ended = False
        self._callers: dict[str, None] = {}
        """Those whom the child was told of last; it is not believed about others."""
        self._heard_at = self._real.monotonic()
        self._share = Share(self._real, self._took_its_share, unlimited=unlimited)

    # to the child ----------------------------------------------------------------------------------------------------

    def tell(self, name: str, *arguments: Any) -> None:
        """Tell the child something; one that has ended hears nothing."""
        self._queue(["tell", name, arguments, self._caller()])

    async def call(self, name: str, *arguments: Any) -> Any:
        """Have the child answer something. Raises what it raises, and ChildGone when it ends."""
        if self._ended:
            raise ChildGone(f"the process of {self.domain} has ended")
        number = next(self._numbers)
        self.contexts.give_all(arguments)
        self._queue(["call", number, name, arguments, self._caller()])
        future = self._calls[number] = asyncio.get_running_loop().create_future()
        try:
            return await future
        except asyncio.CancelledError:
            self._queue(["cancel", number])
            raise
        finally:
            self._calls.pop(number, None)

    def _caller(self) -> str | None:
        """On whose account the child is told or asked: what fails over there is on theirs, too."""
        who = caller()
        if who is not None:
            self._callers.pop(who, None)
            self._callers[who] = None
            if len(self._callers) > MOST_CALLERS:
                del self._callers[next(iter(self._callers))]
        return who

    def _queue(self, message: list[Any]) -> None:
        if self._ended:
            return
        self._send(orjson.dumps(pack(message)))

    def _send(self, encoded: bytes) -> None:
        if self._ended:
            return
        self._out.append(encoded)
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)
        self._be_busy()

    def _flush(self) -> None:
        self._flushing = False
        if self._ended:
            return
        self._sent += 1
        clock = self.rooms.clock
        time = orjson.dumps([clock.monotonic(), clock.timestamp()]) if clock.simulated else b"null"
        frame = b"[%d,%b,[%b]]" % (self._sent, time, b",".join(self._out))
        self._out = []
        try:
            self._pipe.post(frame)
        except (PipeClosed, ValueError):
            return
        if self._pipe.unsent > MOST_UNSENT:
            self.rooms.ledger.note(self.domain, "dropped", "its process", "does not read what it is told, and is ended")
            self._pipe.abort()

    def _be_busy(self) -> None:
        """Simulated time stands still until the child says that nothing more happens there."""
        if self.rooms.clock.simulated and self._busy is None:
            self._busy = ExitStack()
            self._busy.enter_context(self.rooms.clock.busy())

    def _idle(self, number: int, due: float | None) -> None:
        if not self.rooms.clock.simulated:
            return
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if due is not None:
            self._due = self.rooms.clock.call_later(due - self.rooms.clock.monotonic(), self._tick)
        if number >= self._sent and not self._out and self._busy is not None:
            self._busy.close()
            self._busy = None

    def _tick(self) -> None:
        self._due = None
        self._be_busy()
        self._flush()

    # doors -----------------------------------------------------------------------------------------------------------

    def door(self, ctx: "PluginContext") -> int:
        """The number of a context in the child; it is closed there when it is closed here."""
        for number, known in self._doors.items():
            if known is ctx:
                return number
        number = next(self._numbers)
        self._doors[number] = ctx
        ctx.nursery.own(lambda: self._close(number))
        return number

    async def _close(self, number: int) -> None:
        try:
            if not self._ended:
                await self.call("close", number)
        except ChildGone:
            pass
        finally:
            self._doors.pop(number, None)
            for key in [key for key in self.undos if key[0] == number]:
                del self.undos[key]

    # from the child --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hear it until its end. Raises PipeClosed, and Rubbish where it is to be ended."""
        beating = asyncio.create_task(self._beat(), name=f"child:{self.domain}:beat")
        try:
            while True:
                began = self._real.monotonic()
                frame = await self._pipe.receive(LARGEST)
                self._heard_at = self._real.monotonic()
                self._share.waited(self._heard_at - began)
                started = stopwatch()
                self._read(frame)
                await self._share.spend(stopwatch() - started)
        finally:
            beating.cancel()

    def _took_its_share(self, what: str) -> None:
        """One that the deployment trusts is charged, another ended."""
        if not self.entry.trusted:
            raise Rubbish(what)
        self.rooms.ledger.note(self.domain, "slow", "its process", what)

    async def _beat(self) -> None:
        while True:
            await self._real.sleep(BEAT_S)
            if self._real.monotonic() - self._heard_at > SILENT_ENDS_S:
                self.rooms.ledger.note(self.domain, "timeout", "its process", "answers nothing, and is ended")
                self._pipe.abort()
                return
            if self._real.monotonic() - self._heard_at > BEAT_S:
                self._queue(["tell", "beat", ()])

    def _read(self, frame: bytes) -> None:
        try:
            messages = orjson.loads(frame)
            for message in messages:
                self._take(*message)
        except Rubbish:
            raise
        except Exception as error:
            raise Rubbish(f"it sent what makes no sense: {type(error).__name__}: {error}") from error

    def _take(self, kind: str, *rest: Any) -> None:
        if kind == "post":
            self._post(*rest)
        elif kind == "ask":
            self._ask(*rest)
        elif kind in ("done", "failed"):
            self._answered(kind, *rest)
        elif kind == "charge":
            self._charge(*rest)
        elif kind == "log":
            self._log(*rest)
        elif kind == "idle":
            self._idle(*rest)
        elif kind == "cancel":
            task = self._tasks.get(rest[0])
            if task is not None:
                task.cancel()
        elif kind != "beat":
            raise Rubbish(f"it sent a message of the kind {kind!r}")

    def _at(self, number: int) -> At:
        ctx = self._doors.get(number)
        if ctx is None:
            raise ContractError(f"{self.domain} has been unloaded; it cannot do this any more")
        return At(self, ctx, number)

    def _unpacked(self, tree: Any) -> Any:
        return unpack(tree, self._readers)

    def _post(self, number: int, name: str, arguments: Any) -> None:
        post = self._asked.posts.get(name)
        if post is None:
            raise Rubbish(f"it posted {name!r}")
        if number not in self._doors:
            return  # it was sent while the entry was being unloaded
        try:
            post(self._at(number), *self._unpacked(arguments))
        except Exception as error:  # noqa: BLE001 - the guard: what is posted wrongly is charged
            self.rooms.ledger.error(self.domain, name, error)

    def _ask(self, asked: int, number: int, name: str, arguments: Any) -> None:
        command = self._asked.commands.get(name)
        if command is None:
            raise Rubbish(f"it asked for {name!r}")
        try:
            if len(self._tasks) >= MOST_OPEN:
                raise Busy(f"{self.domain} asks for too much at once; come again")
            answer = command(self._at(number), *self._unpacked(arguments))
            if inspect.isawaitable(answer):
                task = asyncio.ensure_future(self._answer(asked, answer))
                self._tasks[asked] = task
                return
            encoded = orjson.dumps(pack(["done", asked, answer]))
        except Exception as error:  # noqa: BLE001 - the guard: it is told what is wrong with what it asked
            encoded = orjson.dumps(["failed", asked, fault_of(error)])
        self._send(encoded)

    async def _answer(self, asked: int, answer: Any) -> None:
        try:
            encoded = orjson.dumps(pack(["done", asked, await answer]))
        except asyncio.CancelledError:
            self._tasks.pop(asked, None)
            raise
        except Exception as error:  # noqa: BLE001 - the guard: it is told what is wrong with what it asked
            encoded = orjson.dumps(["failed", asked, fault_of(error)])
        self._tasks.pop(asked, None)
        self._send(encoded)

    def _answered(self, kind: str, number: int, answer: Any) -> None:
        future = self._calls.get(number)
        if future is None or future.done():
            return
        try:
            if kind == "failed":
                future.set_exception(error_of(answer))
            else:
                future.set_result(self._unpacked(answer))
        except ContractError as error:
            future.set_exception(error)

    def _charge(self, kind: str, where: str, what: str, line: str | None, who: str | None = None) -> None:
        kind = kind if kind in CHARGES else "error"
        line = None if line is None else str(line)[:200]
        with on_account_of(who if who in self._callers else None):
            self.rooms.ledger.told(self.domain, kind, str(where)[:200], str(what)[:2000], line)

    def _log(self, level: int, text: str) -> None:
        for ctx in self._doors.values():
            ctx.log.log(min(max(int(level), 0), 50), "%s", str(text)[:4000])
            return

    # its end ---------------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Whoever waits for an answer is told at once that there will be none."""
        if self._ended:
            return
        self._ended = True
        if self.mirrors is not None:
            self.mirrors.end()
        for future in self._calls.values():
            if not future.done():
                future.set_exception(ChildGone(f"the process of {self.domain} has ended"))
        for task in self._tasks.values():
            task.cancel()
        if self._due is not None:
            self._due.cancel()
        if self._busy is not None:
            self._busy.close()
            self._busy = None
