"""Calling hooks: awaits, limits, charges."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

from linli.cancelling import cancelled_from_outside
from linli.clock import Clock, stopwatch
from linli.ids import PluginDomain
from linli.ledger import SLOW_CALL_S, Ledger
from linli.plugin.hooks import Answer, HookTable, Implementation

T = TypeVar("T")

DEFAULT_DEADLINE_S: Final = 10.0


class Dispatcher:
    """Calls hooks: awaits, limits, charges. A plugin that fails, hangs or has no opinion stops no other."""

    def __init__(
        self, table: HookTable, clock: Clock, ledger: Ledger, run_blocking: Callable[..., Awaitable[Any]]
    ) -> None:
        self._table = table
        self._clock = clock
        self._ledger = ledger
        self._run_blocking = run_blocking

    async def gather(
        self, spec: Callable[..., Answer[T]], *, within: float = DEFAULT_DEADLINE_S, **arguments: Any
    ) -> dict[PluginDomain, T]:
        """Ask all implementers at once; the answers by plugin, without those who had none or failed.

        Raises ContractError where ``arguments`` are not those of the specification.
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
        self, spec: Callable[..., Answer[T]], *, within: float = DEFAULT_DEADLINE_S, **arguments: Any
    ) -> T | None:
        """Ask one after the other until somebody answers; None if nobody does. Raises ContractError as gather does."""
        self._table.check_arguments(spec, arguments)
        for one in self._table.implementations(spec):
            answer = await self._ask(one, arguments, within)
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
        """Ask one plugin only, and let its exception through to the caller (the hub's own life-cycle calls)."""
        self._table.check_arguments(spec, arguments)
        for one in self._table.implementations(spec):
            if one.owner == owner:
                with self._timed(owner):
                    async with self._clock.timeout(within):
                        return cast("T | None", await self._call(one, arguments))
        return None

    @contextmanager
    def _timed(self, owner: PluginDomain) -> Iterator[None]:
        account = self._ledger.account(owner)
        account.hook_calls += 1
        started = stopwatch()
        try:
            yield
        finally:
            account.hook_seconds += stopwatch() - started

    async def _ask(self, one: Implementation, arguments: Mapping[str, Any], within: float) -> Any:
        with self._timed(one.owner):
            try:
                async with self._clock.timeout(within):
                    return await self._answer(one, arguments)
            except TimeoutError:
                self._ledger.note(one.owner, "timeout", one.name, f"no answer within {within:g} s")
        return None

    async def _answer(self, one: Implementation, arguments: Mapping[str, Any]) -> Any:
        """Inside the deadline, so that a TimeoutError of the plugin's own is not taken for it."""
        try:
            return await self._call(one, arguments)
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            self._ledger.error(one.owner, one.name, error)
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here and is charged
            self._ledger.error(one.owner, one.name, error)
        return None

    async def _call(self, one: Implementation, arguments: Mapping[str, Any]) -> Any:
        if one.blocking:
            return await self._run_blocking(one.call, arguments)
        started = stopwatch()
        answer = one.call(arguments)
        took = stopwatch() - started
        if took > SLOW_CALL_S:
            self._ledger.slow(one.owner, one.name, took)
        return await answer if inspect.isawaitable(answer) else answer
