"""The smallest rooms, real and on simulated time, for tests of the core."""

import pytest

from linli.bus import EventBus
from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.states import StateStore


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def ledger(clock: SimulatedClock) -> Ledger:
    return Ledger(clock)


@pytest.fixture
def bus(clock: SimulatedClock, ledger: Ledger) -> EventBus:
    return EventBus(clock, ledger)


@pytest.fixture
def states(clock: SimulatedClock, bus: EventBus, ledger: Ledger) -> StateStore:
    return StateStore(clock, bus, ledger)
