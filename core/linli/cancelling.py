"""Cancellation and ending: telling one that is meant for us from one that some code below merely raised."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any, Final, TypeVar

T = TypeVar("T")

_ASKING: Final[ContextVar[tuple["asyncio.Task[Any]", ...]]] = ContextVar("asking", default=())


class EndedItself(RuntimeError):
    """Code below ended rather than answered: something it awaited was cancelled, or it called ``sys.exit``.

    Passed on as what it was, it would end callers and neighbours that nobody asked to end; this is a failure like any
    other. The cause is what was raised.
    """


def cancelled_from_outside() -> bool:
    """In ``except CancelledError``: whether the running task was asked to end, so that the error must pass through.

    Otherwise it came out of what was awaited (a future that somebody else cancelled) and is a failure like any other:
    passed on, it would end callers and neighbours that nobody asked to end.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def ordinary(work: Awaitable[T]) -> T:
    """Await ``work``; a cancellation that nobody asked for, or a SystemExit, comes out as :class:`EndedItself`."""
    try:
        return await work
    except asyncio.CancelledError as error:
        if cancelled_from_outside():
            raise
        raise EndedItself("something that it awaited was cancelled") from error
    except SystemExit as error:
        raise EndedItself(f"it called for the end of the process: {error}") from error


def undisturbed(work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
    """Begin ``work`` as a task that outlives whoever awaits ``asyncio.shield`` of it, and knows who asked for it."""
    asking = tuple(task for task in (*_ASKING.get(), asyncio.current_task()) if task is not None and not task.done())
    context = copy_context()
    context.run(_ASKING.set, asking)
    return asyncio.get_running_loop().create_task(work, name=name, context=context)


async def to_its_end(work: Coroutine[Any, Any, T], name: str, running: "set[asyncio.Task[Any]]") -> T:
    """The result of ``work``, which goes on where its caller is cancelled; it is among ``running`` until it ends."""
    task = undisturbed(work, name)
    running.add(task)
    task.add_done_callback(running.discard)
    return await asyncio.shield(task)


def asking_tasks() -> "frozenset[asyncio.Task[Any]]":
    """The running task and those that wait for what it does: to end one of them would end this work's own asker."""
    return frozenset(task for task in (*_ASKING.get(), asyncio.current_task()) if task is not None)
