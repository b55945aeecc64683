"""What was freed between things still in use goes back to the machine."""

import platform
from pathlib import Path

import pytest

from linli.clock import SimulatedClock
from linli.giving_back import EVERY_S, GivingBack, give_back
from linli.pool import BlockingPool


def resident_mb() -> float:
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have their own ways")
def test_holes_between_what_is_in_use_are_given_back() -> None:
    held = [bytes(20_000) for _ in range(2_000)]
    kept = held[::20]
    del held
    before = resident_mb()
    give_back()
    assert resident_mb() < before - 10
    assert len(kept) == 100


async def test_it_comes_once_a_minute_until_it_is_stopped() -> None:
    times: list[float] = []
    clock = SimulatedClock()
    blocking = BlockingPool(clock)
    giving = GivingBack(clock, blocking, lambda: times.append(clock.monotonic()))
    giving.start()
    await clock.forward(seconds=2.5 * EVERY_S)
    giving.stop()
    await clock.forward(seconds=5 * EVERY_S)
    assert times == [EVERY_S, 2 * EVERY_S]
    blocking.close()
