"""Calling hooks: awaits, limits, charges."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

from linli.callers import on_account_of
from linli.cancelling import EndedItself
from linli.clock import Clock, stopwatch
from linli.errors import Busy, RequestError
from linli.ids import PluginDomain
from linli.ledger import SLOW_CALL_S, Ledger
from linli.plugin.bounded import Bounded, Late
from linli.plugin.hooks import DOOR, Answer, HookTable, Implementation

T = TypeVar("T")

DEFAULT_DEADLINE_S: Final = 10.0


class Dispatcher:
    """Calls hooks: awaits, limits, charges. A plugin that fails, hangs or has no opinion stops no other."""

    def __init__(
        self, table: HookTable, clock: Clock, ledger: Ledger, run_blocking: Callable[..., Awaitable[Any]]
    ) -> None:
        self._table = table
        self._ledger = ledger
        self._bounded = Bounded(clock, ledger)
        self._run_blocking = run_blocking
        self.door_of: Callable[[PluginDomain], object] = lambda owner: None
        """Each plugin's own door; the loader says it."""

    def declarer(self, name: str) -> PluginDomain | None:
        """Whose hook that is; None: nobody's, now."""
        return self._table.declarer(name)

    async def gather(
        self, spec: Callable[..., Answer[T]], *, within: float = DEFAULT_DEADLINE_S, **arguments: Any
    ) -> dict[PluginDomain, T]:
        """Ask all implementers at once; the answers by plugin, without those who had none or failed.

        Raises ContractError where ``arguments`` are not those of the specification. Where that has a ``ctx`` which
        is not given, each is handed its own door.
        """
        self._table.check_arguments(spec, arguments)
        implementations = self._table.implementations(spec)
        if not implementations:
            return {}
        answers = await asyncio.gather(*(self._ask(one, arguments, within) for one in implementations))
        return {
            one.owner: cast("T", answer)
            for one, answer in zip(implementations, answers, strict=True)
            if answer is not None
        }

    async def first(
        self,
        spec: Callable[..., Answer[T]],
        *,
        within: float = DEFAULT_DEADLINE_S,
        of: str | None = None,
        **arguments: Any,
    ) -> T | None:
        """Ask one after the other until somebody answers; None if nobody does. Raises ContractError as gather does.

        Each has ``within`` seconds to itself, so that one who hangs takes nothing from the next. ``of``: ask this
        plugin only; what it is asked is no other's business, and what it refuses (a RequestError) is raised here and is
        no failure of its own.
        """
        self._table.check_arguments(spec, arguments)
        for one in self._table.implementations(spec):
            if of is not None and one.owner != of:
                continue
            answer = await self._ask(one, arguments, within, refuses=of is not None)
            if answer is not None:
                return cast("T", answer)
        return None

    async def ask(
        self,
        owner: PluginDomain,
        spec: Callable[..., Answer[T]],
        *,
        within: float = DEFAULT_DEADLINE_S,
        **arguments: Any,
    ) -> T | None:
        """Ask one plugin only, and let its exception through to the caller (the hub's own life-cycle calls).

        What comes through is an Exception: never a cancellation that nobody asked for, nor the end of the process.
        """
        self._table.check_arguments(spec, arguments)
        one = self._table.implementation_of(owner, spec)
        if one is None:
            return None
        with self._timed(owner), on_account_of(None):  # also where a person let it in: its life is its own
            return cast("T | None", await self._call(one, arguments, within))

    @contextmanager
    def _timed(self, owner: PluginDomain) -> Iterator[None]:
        account = self._ledger.account(owner)
        account.hook_calls += 1
        started = stopwatch()
        try:
            yield
        finally:
            account.hook_seconds += stopwatch() - started

    async def _ask(
        self, one: Implementation, arguments: Mapping[str, Any], within: float, *, refuses: bool = False
    ) -> Any:
        """Its answer; ``refuses``: a RequestError is one, too."""
        arguments = {DOOR: self.door_of(one.owner), **arguments}
        with self._timed(one.owner):
            try:
                self._ledger.admit(one.owner)
            except Busy:
                return None
            try:
                return await self._call(one, arguments, within)
            except Late:
                self._ledger.note(one.owner, "timeout", one.name, f"no answer within {within:g} s")
            except Exception as error:
                if refuses and isinstance(error, RequestError):
                    raise
                self._ledger.error(one.owner, one.name, error)
        return None

    async def _call(self, one: Implementation, arguments: Mapping[str, Any], within: float) -> Any:
        if one.blocking:
            return await self._bounded.run(self._run_blocking(one.call, arguments), one.owner, one.name, within)
        answer = self._call_here(one, arguments)
        if inspect.isawaitable(answer):
            return await self._bounded.run(answer, one.owner, one.name, within)
        return answer

    def _call_here(self, one: Implementation, arguments: Mapping[str, Any]) -> Any:
        """On the loop; nothing in here awaits, so a cancellation that comes out is the plugin's own."""
        started = stopwatch()
        try:
            return one.call(arguments)
        except (asyncio.CancelledError, SystemExit) as error:
            raise EndedItself(f"it raised {type(error).__name__}: {error}") from error
        finally:
            took = stopwatch() - started
            if took > SLOW_CALL_S:
                self._ledger.slow(one.owner, one.name, took)
