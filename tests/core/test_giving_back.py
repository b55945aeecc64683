"""What was freed between things still in use goes back to the machine."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from linli.clock import SimulatedClock
from linli.giving_back import ARENAS, EVERY_S, GivingBack, give_back
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


ARENAS_OF_MANY_THREADS = """
import ctypes, sys, threading
from linli.giving_back import keep_to_few_arenas
if sys.argv[1] == "few":
    keep_to_few_arenas()
here, held = threading.Barrier(12), []
def work():
    here.wait()
    held.append(bytes(50_000))
    here.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, stream)
libc.fflush(stream)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have their own ways")
def test_threads_share_few_arenas() -> None:
    found = {}
    for which in ("few", "many"):
        command = [sys.executable, "-c", ARENAS_OF_MANY_THREADS, which]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found[which] = told.count("<heap nr=")
    assert found["few"] <= ARENAS < found["many"]
