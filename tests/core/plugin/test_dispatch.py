"""Asking hooks: awaited, limited, charged; a plugin that fails, hangs or has no opinion stops no other."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from core.plugin.test_hooks import CHANNELS, HOOKS, SMS, VOICE, channels_deliver, deliverer, module
from linli.cancelling import EndedItself
from linli.clock import SimulatedClock
from linli.errors import ContractError, Forbidden
from linli.ids import PluginDomain
from linli.ledger import SLOW_CALL_S, Ledger
from linli.plugin.bounded import GRACE_S
from linli.plugin.dispatch import Dispatcher
from linli.plugin.hooks import Answer, HookTable, blocking, hookspec
from linli.pool import BlockingPool

FAX = PluginDomain("fax")
Implement = Callable[..., None]


@pytest.fixture
def table(ledger: Ledger) -> HookTable:
    table = HookTable(ledger)
    table.declare(CHANNELS, HOOKS)
    return table


@pytest.fixture
async def hooks(table: HookTable, clock: SimulatedClock, ledger: Ledger) -> AsyncIterator[Dispatcher]:
    pool = BlockingPool(clock)
    yield Dispatcher(table, clock, ledger, pool.run)
    pool.close()


@pytest.fixture
def implement(table: HookTable) -> Implement:
    def implement(**by_plugin: Callable[..., Any]) -> None:
        for owner, function in by_plugin.items():
            table.implement(PluginDomain(owner), module(deliverer(function)))

    return implement


async def no_opinion() -> None:
    await asyncio.sleep(0)


async def delivered() -> str:
    await asyncio.sleep(0)
    return "delivered"


async def hang() -> None:
    await asyncio.Event().wait()


async def await_something_cancelled() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def await_a_task_that_it_cancelled() -> None:
    task = asyncio.create_task(hang())
    task.cancel()
    await task


async def ask_for_the_end() -> None:
    sys.exit("needs libfoo")


async def will_not_be_cancelled(until: asyncio.Event) -> None:
    while not until.is_set():
        with contextlib.suppress(asyncio.CancelledError):
            await until.wait()


async def own_timeout() -> None:
    raise TimeoutError("its own")


ASKED: dict[str, Any] = {"attempt": "a", "urgent": True}


async def test_an_awaited_no_opinion_does_not_end_the_asking(hooks: Dispatcher, implement: Implement) -> None:
    asked: list[str] = []
    implement(sms=no_opinion, voice=delivered, fax=lambda: asked.append("fax"))
    assert await hooks.first(channels_deliver, **ASKED) == "delivered"
    assert asked == []


async def test_nobody_answers_where_nobody_has_an_opinion(hooks: Dispatcher, implement: Implement) -> None:
    assert await hooks.first(channels_deliver, **ASKED) is None
    assert await hooks.gather(channels_deliver, **ASKED) == {}
    implement(sms=no_opinion)
    assert await hooks.first(channels_deliver, **ASKED) is None
    assert await hooks.gather(channels_deliver, **ASKED) == {}


async def test_what_one_plugin_is_asked_is_no_others_business(hooks: Dispatcher, implement: Implement) -> None:
    implement(sms=lambda: "sms", voice=delivered)
    assert await hooks.first(channels_deliver, of="voice", **ASKED) == "delivered"
    assert await hooks.first(channels_deliver, of="fax", **ASKED) is None


async def test_who_is_asked_alone_refuses_without_a_failure_of_its_own(
    hooks: Dispatcher, implement: Implement, ledger: Ledger
) -> None:
    def refuse() -> None:
        raise Forbidden("not for you")

    implement(sms=refuse, voice=lambda: 1 / 0)
    with pytest.raises(Forbidden):
        await hooks.first(channels_deliver, of="sms", **ASKED)
    assert ledger.account(SMS).counts == {}
    assert await hooks.first(channels_deliver, of="voice", **ASKED) is None
    assert await hooks.first(channels_deliver, **ASKED) is None
    assert ledger.account(SMS).counts == {"error": 1}


async def test_each_gets_its_own_door_by_the_argument_ctx(hooks: Dispatcher, table: HookTable) -> None:
    @hookspec
    def channels_open(ctx: str, urgent: bool) -> Answer[str]:
        """Open."""

    def opened(ctx: str) -> str:
        return ctx

    table.declare(FAX, module(channels_open))
    for owner in (SMS, VOICE):
        table.implement(owner, module(deliverer(opened, "channels_open")))
    hooks.door_of = "the door of {}".format
    assert await hooks.gather(channels_open, urgent=True) == {SMS: "the door of sms", VOICE: "the door of voice"}
    with pytest.raises(ContractError):
        await hooks.gather(channels_open, ctx="another")


async def test_an_answer_that_is_false_or_zero_is_an_answer(hooks: Dispatcher, implement: Implement) -> None:
    implement(sms=lambda: False, voice=lambda: 0)
    assert await hooks.first(channels_deliver, **ASKED) is False
    assert await hooks.gather(channels_deliver, **ASKED) == {SMS: False, VOICE: 0}


@pytest.mark.parametrize(
    "broken",
    [
        lambda: 1 / 0, own_timeout, await_something_cancelled, ask_for_the_end, lambda: sys.exit(1),
        lambda: (_ for _ in ()).throw(asyncio.CancelledError()).__next__(),
    ],
    ids=["error", "its own time-out", "cancelled", "exit", "exit at once", "raises a cancellation"],
)  # fmt: skip
async def test_a_plugin_that_fails_stops_no_other_and_is_charged(
    hooks: Dispatcher, implement: Implement, ledger: Ledger, broken: Callable[[], Any]
) -> None:
    implement(sms=broken, voice=delivered)
    assert await hooks.gather(channels_deliver, **ASKED) == {VOICE: "delivered"}
    assert await hooks.first(channels_deliver, **ASKED) == "delivered"
    assert ledger.account(SMS).counts == {"error": 2}
    assert ledger.account(VOICE).counts == {}


async def test_a_plugin_that_hangs_ends_at_the_deadline_and_is_charged(
    hooks: Dispatcher, implement: Implement, ledger: Ledger, clock: SimulatedClock
) -> None:
    implement(sms=hang, voice=delivered)
    asking = asyncio.create_task(hooks.gather(channels_deliver, within=2, **ASKED))
    await clock.forward(1.9)
    assert not asking.done()
    await clock.forward(0.1)
    assert await asking == {VOICE: "delivered"}
    assert ledger.account(SMS).counts == {"timeout": 1}


async def test_all_are_asked_at_once_and_each_has_the_whole_deadline(
    hooks: Dispatcher, implement: Implement, clock: SimulatedClock
) -> None:
    async def slowly() -> float:
        await clock.sleep(2)
        return clock.monotonic()

    implement(sms=slowly, voice=slowly, fax=slowly)
    asking = asyncio.create_task(hooks.gather(channels_deliver, within=3, **ASKED))
    await clock.forward(2)
    assert await asking == {SMS: 2, VOICE: 2, FAX: 2}


@pytest.mark.parametrize("how", ["gather", "first"])
async def test_who_stops_asking_stops_those_who_were_asked(
    hooks: Dispatcher, implement: Implement, ledger: Ledger, clock: SimulatedClock, how: str
) -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("sms")

    implement(sms=wait)
    asking = asyncio.create_task(getattr(hooks, how)(channels_deliver, **ASKED))
    await clock.settle()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await clock.settle()
    assert ended == ["sms"]
    assert ledger.account(SMS).counts == {}


async def test_a_blocking_implementation_leaves_the_loop(hooks: Dispatcher, implement: Implement) -> None:
    implement(sms=blocking(lambda: threading.current_thread().name))
    assert (await hooks.gather(channels_deliver, **ASKED))[SMS].startswith("linli-blocking")


async def test_an_implementation_that_holds_the_loop_is_charged(
    hooks: Dispatcher, implement: Implement, ledger: Ledger
) -> None:
    implement(sms=lambda: __import__("time").sleep(SLOW_CALL_S + 0.005))
    await hooks.first(channels_deliver, **ASKED)
    assert ledger.account(SMS).counts == {"slow": 1}


async def test_asking_one_plugin_lets_its_failure_through(
    hooks: Dispatcher, implement: Implement, clock: SimulatedClock, ledger: Ledger
) -> None:
    implement(sms=lambda: 1 / 0, voice=delivered, fax=hang)
    assert await hooks.ask(VOICE, channels_deliver, **ASKED) == "delivered"
    assert await hooks.ask(PluginDomain("nobody"), channels_deliver, **ASKED) is None
    with pytest.raises(ZeroDivisionError):
        await hooks.ask(SMS, channels_deliver, **ASKED)
    asking = asyncio.create_task(hooks.ask(FAX, channels_deliver, within=1, **ASKED))
    await clock.forward(1)
    with pytest.raises(TimeoutError):
        await asking
    assert ledger.account(SMS).counts == {}


async def test_asking_wrongly_charges_nobody_who_answers(
    hooks: Dispatcher, implement: Implement, ledger: Ledger
) -> None:
    implement(sms=delivered)
    for how in (hooks.gather, hooks.first):
        with pytest.raises(ContractError, match="it was asked with attempt"):
            await how(channels_deliver, attempt="a")
    assert ledger.account(SMS).counts == {}


async def test_calls_and_their_time_are_on_the_account(hooks: Dispatcher, implement: Implement, ledger: Ledger) -> None:
    implement(sms=delivered)
    await hooks.gather(channels_deliver, **ASKED)
    await hooks.first(channels_deliver, **ASKED)
    account = ledger.account(SMS)
    assert account.hook_calls == 2
    assert 0 < account.hook_seconds < 1


@pytest.mark.parametrize(
    "broken", [await_something_cancelled, await_a_task_that_it_cancelled, ask_for_the_end, lambda: sys.exit(1)]
)
async def test_what_would_end_the_asker_comes_through_as_an_ordinary_exception(
    hooks: Dispatcher, implement: Implement, broken: Callable[[], Any]
) -> None:
    implement(sms=broken)
    with pytest.raises(EndedItself):
        await hooks.ask(SMS, channels_deliver, **ASKED)


async def test_one_that_does_not_let_itself_be_cancelled_is_left_behind_and_holds_nobody(
    hooks: Dispatcher, implement: Implement, ledger: Ledger, clock: SimulatedClock
) -> None:
    until = asyncio.Event()
    implement(sms=lambda: will_not_be_cancelled(until), voice=delivered)
    asking = asyncio.create_task(hooks.gather(channels_deliver, within=2, **ASKED))
    await clock.forward(2 + GRACE_S)
    assert asking.done()
    assert await asking == {VOICE: "delivered"}
    assert ledger.account(SMS).counts == {"timeout": 1, "leaked": 1}
    until.set()


async def test_who_stops_asking_is_not_held_by_one_that_does_not_let_itself_be_cancelled(
    hooks: Dispatcher, implement: Implement, ledger: Ledger, clock: SimulatedClock
) -> None:
    until = asyncio.Event()
    implement(sms=lambda: will_not_be_cancelled(until))
    asking = asyncio.create_task(hooks.ask(SMS, channels_deliver, **ASKED))
    await clock.settle()
    asking.cancel()
    await clock.forward(GRACE_S)
    assert asking.cancelled()
    assert ledger.account(SMS).counts == {"leaked": 1}
    until.set()


async def test_only_its_own_life_is_asked_of_a_plugin_that_is_not_set_up(hooks: Dispatcher, table: HookTable) -> None:
    table.implement(SMS, module(deliverer(lambda: "sms")), waits=True)
    assert await hooks.gather(channels_deliver, **ASKED) == {}
    assert await hooks.ask(SMS, channels_deliver, **ASKED) == "sms"
    table.admit(SMS)
    assert await hooks.gather(channels_deliver, **ASKED) == {SMS: "sms"}
    table.suspend(SMS)
    assert await hooks.first(channels_deliver, **ASKED) is None


@pytest.mark.parametrize("marked", [True, False])
async def test_a_hook_that_waits_on_a_real_socket_keeps_simulated_time_waiting_where_it_says_so(
    hooks: Dispatcher, implement: Implement, clock: SimulatedClock, ledger: Ledger, marked: bool
) -> None:
    answered = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        await asyncio.sleep(0.05)  # real: the network takes its time
        writer.write(b"delivered\n")
        writer.close()
        with contextlib.suppress(ConnectionError):  # who asked has gone where nothing kept time waiting
            await writer.wait_closed()
        answered.set()

    async def ask() -> str:
        with clock.busy() if marked else contextlib.nullcontext():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"deliver\n")
                return (await reader.readline()).decode().strip()
            finally:
                writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        implement(sms=ask)
        asking = asyncio.ensure_future(hooks.first(channels_deliver, **ASKED))
        await clock.forward(minutes=1)
        assert await asking == ("delivered" if marked else None)
        await answered.wait()
    assert ledger.account(SMS).counts == ({} if marked else {"timeout": 1})
