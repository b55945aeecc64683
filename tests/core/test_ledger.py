"""Charges: counted per plugin, kept short, logged when they begin and by powers of ten."""

import logging

import pytest

from linli.clock import SimulatedClock
from linli.ids import PluginDomain
from linli.ledger import KEPT_CHARGES, LONGEST, Charge, Ledger

LIFT, BELL = PluginDomain("lift"), PluginDomain("bell")


def test_every_charge_is_counted_by_kind_and_only_the_last_are_kept(ledger: Ledger) -> None:
    for number in range(KEPT_CHARGES + 5):
        ledger.note(LIFT, "dropped", "queue", str(number))
    ledger.error(LIFT, "hook", ValueError("mine"))
    account = ledger.account(LIFT)
    assert account.counts == {"dropped": KEPT_CHARGES + 5, "error": 1}
    assert len(account.recent) == KEPT_CHARGES
    assert account.recent[-1].what == "ValueError: mine"
    assert ledger.account(BELL).counts == {}


async def test_a_charge_says_when_where_and_what_and_watchers_hear_it(ledger: Ledger, clock: SimulatedClock) -> None:
    heard: list[tuple[str, Charge]] = []
    ledger.watch(lambda owner, charge: heard.append((owner, charge)))
    await clock.forward(5)
    ledger.slow(LIFT, "listener", 0.25)
    assert heard == [(LIFT, Charge(clock.timestamp(), "slow", "listener", "held the loop for 250 ms"))]


def test_a_repeated_failure_is_logged_when_it_begins_and_then_as_a_count(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(250):
        ledger.error(LIFT, "hook", ValueError("mine"))
    ledger.error(LIFT, "other hook", ValueError("mine"))
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "plugin lift raised in hook",
        "plugin lift raised in hook for the 10th time, now ValueError: mine",
        "plugin lift raised in hook for the 100th time, now ValueError: mine",
        "plugin lift raised in other hook",
    ]
    assert [record.exc_info is not None for record in caplog.records] == [True, False, False, True]


def test_places_without_end_do_not_fill_the_memory(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.ledger.KEPT_PLACES", 10)
    for number in range(100):
        ledger.note(LIFT, "refused", f"place {number}", "no")
    assert len(ledger._times) <= 10
    assert ledger.account(LIFT).counts == {"refused": 100}


def test_what_an_error_quotes_is_kept_in_its_first_words_only(ledger: Ledger) -> None:
    for number in range(3):
        ledger.error(BELL, f"{number}{'x' * 1_000_000}", ValueError("y" * 1_000_000))
    (*_, charge) = ledger.account(BELL).recent
    assert charge.where.startswith("2xxx")
    assert charge.what.startswith("ValueError: yyy")
    assert len(charge.where) == len(charge.what) == LONGEST
