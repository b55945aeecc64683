"""Telling a cancellation that is meant for us from one that some code below merely raised."""

import asyncio


def cancelled_from_outside() -> bool:
    """In ``except CancelledError``: whether the running task was asked to end, so that the error must pass through.

    Otherwise it came out of what was awaited (a future that somebody else cancelled) and is a failure like any other:
    passed on, it would end callers and neighbours that nobody asked to end.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
