"""Guarded hooks: who may answer what rights hang on, and that nobody is believed where two answer."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.plugin.guarded import Answerer
from linli.plugin.hooks import HookTable, hookimpl, hookspec

RECORDER, CENSUS, RIVAL = PluginDomain("recorder"), PluginDomain("census"), PluginDomain("rival")
NAMED = ("auth_tenancy_of", "recorder_may_purge")


@hookspec(firstresult=True, guarded=True)
def auth_tenancy_of(place: str) -> None:
    """Who lives there."""


@hookspec(guarded=True)
def recorder_may_purge(before: float) -> None:
    """Whether that may be forgotten."""


@hookspec
def recorder_purged(before: float) -> None:
    """It was forgotten."""


def module(*functions: Callable[..., Any]) -> ModuleType:
    made = ModuleType("made")
    vars(made).update({function.__name__: function for function in functions})
    return made


def answering() -> ModuleType:
    return module(
        hookimpl(_named("auth_tenancy_of", lambda place: "family 1")),
        hookimpl(_named("recorder_may_purge", lambda before: True)),
        hookimpl(_named("recorder_purged", lambda before: None)),
    )


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    return function


@pytest.fixture
def table(ledger: Ledger) -> HookTable:
    table = HookTable(ledger)
    table.declare(RECORDER, module(auth_tenancy_of, recorder_may_purge, recorder_purged))
    return table


def asked(table: HookTable, spec: Callable[..., Any]) -> list[str]:
    return [each.owner for each in table.implementations(spec)]


def take_up(table: HookTable, domain: PluginDomain, *, trusted: bool = True, answers: tuple[str, ...] = NAMED) -> None:
    table.implement(domain, answering(), answerer=Answerer(domain, trusted=trusted, answers=answers))


def charges(ledger: Ledger, domain: PluginDomain) -> list[str]:
    return [charge.what for charge in ledger.account(domain).recent]


def test_who_is_trusted_and_says_so_is_asked(table: HookTable, ledger: Ledger) -> None:
    take_up(table, CENSUS)
    assert asked(table, auth_tenancy_of) == asked(table, recorder_may_purge) == [CENSUS]
    assert charges(ledger, CENSUS) == []


def test_who_is_not_trusted_is_not_asked_whatever_its_manifest_says(table: HookTable, ledger: Ledger) -> None:
    take_up(table, CENSUS, trusted=False)
    assert asked(table, auth_tenancy_of) == asked(table, recorder_may_purge) == []
    assert asked(table, recorder_purged) == [CENSUS]
    assert ["only a plugin that is trusted may" in what for what in charges(ledger, CENSUS)] == [True, True]


def test_who_does_not_say_so_is_not_asked_and_is_told_the_line(table: HookTable, ledger: Ledger) -> None:
    take_up(table, CENSUS, answers=("recorder_may_purge",))
    assert asked(table, auth_tenancy_of) == []
    (what,) = charges(ledger, CENSUS)
    assert 'capabilities=Capabilities(answers=("auth_tenancy_of",))' in what


def test_it_is_refused_as_well_where_the_hook_is_declared_later(ledger: Ledger) -> None:
    table = HookTable(ledger)
    take_up(table, CENSUS, trusted=False)
    table.declare(RECORDER, module(auth_tenancy_of))
    assert asked(table, auth_tenancy_of) == []
    assert len(charges(ledger, CENSUS)) == 1


def test_of_two_who_say_who_lives_there_neither_is_believed(table: HookTable, ledger: Ledger) -> None:
    take_up(table, CENSUS)
    take_up(table, RIVAL)
    assert asked(table, auth_tenancy_of) == []
    assert asked(table, recorder_may_purge) == [CENSUS, RIVAL]
    assert "census, rival give one each" in charges(ledger, CENSUS)[0]
    table.withdraw(RIVAL)
    assert asked(table, auth_tenancy_of) == [CENSUS]


def test_who_declares_a_hook_may_answer_it(table: HookTable) -> None:
    take_up(table, RECORDER, answers=())
    assert asked(table, auth_tenancy_of) == [RECORDER]


def test_the_hooks_of_one_that_is_not_trusted_have_its_own_name(ledger: Ledger) -> None:
    table = HookTable(ledger)
    with pytest.raises(ContractError, match="begin with rival_"):
        table.declare(RIVAL, module(auth_tenancy_of), prefix="rival_")
    table.declare(RECORDER, module(auth_tenancy_of))
