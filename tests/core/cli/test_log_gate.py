"""A plugin or a library that floods the terminal with a logger of its own is cut short, and it is said by how much."""

import io
import logging

import pytest

from linli.cli.log_gate import LineGate
from linli.cli.running import _log_to_terminal
from linli.clock import SimulatedClock
from linli.plugin.flood import LOG_LINES


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


def logger_of(name: str, handler: logging.Handler) -> logging.Logger:
    logger = logging.Logger(name)
    logger.addHandler(handler)
    return logger


async def test_lines_beyond_the_limit_are_dropped_and_the_next_says_how_many(clock: SimulatedClock) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(LineGate(clock))
    noisy, calm = logger_of("linli_noisy.client", handler), logger_of("linli_calm", handler)
    core = logger_of("linli.ledger", handler)
    for number in range(2_000):
        noisy.warning("line %d", number)
    assert out.getvalue().count("\n") == LOG_LINES.burst
    calm.warning("one")
    for _ in range(700):
        core.warning("core")
    assert out.getvalue().count("\n") == LOG_LINES.burst + 1 + 700
    await clock.forward(seconds=10)
    noisy.warning("at last")
    assert out.getvalue().endswith("at last (before it 1500 lines of linli_noisy were dropped: too many at once)\n")


def test_the_terminal_of_a_hub_has_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "basicConfig", lambda **said: found.extend(said["handlers"]))
    found: list[logging.Handler] = []
    _log_to_terminal()
    assert [type(each) for handler in found for each in handler.filters] == [LineGate]
