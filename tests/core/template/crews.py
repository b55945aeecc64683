"""The processes that render users' templates, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from linli.clock import Clock, RealClock
from linli.ledger import Ledger
from linli.metrics import Metrics
from linli.template.crew import IDLE_S, Crew, Start, start_child


@asynccontextmanager
async def crew(clock: Clock | None = None, start: Start = start_child, idle_s: float = IDLE_S) -> AsyncIterator[Crew]:
    """A crew that is closed afterwards."""
    clock = clock or RealClock()
    ledger = Ledger(clock)
    rendering = Crew(clock, ledger, Metrics(ledger), start=start, idle_s=idle_s)
    try:
        yield rendering
    finally:
        await rendering.close()
