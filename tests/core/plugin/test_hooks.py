"""Hooks: declared, implemented, matched when both sides are there, withdrawn; mistakes cost only themselves."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.plugin.hooks import HookTable, blocking, hookimpl, hookspec

HERE = Path(__file__)
CHANNELS, SMS, VOICE = PluginDomain("channels"), PluginDomain("sms"), PluginDomain("voice")


@hookspec
def channels_deliver(attempt: str, urgent: bool) -> None:
    """Bring one message to one person."""


@hookspec
def channels_cost(attempt: str) -> None:
    """Say what it costs."""


def module(*functions: Callable[..., Any]) -> ModuleType:
    made = ModuleType("made")
    vars(made).update({function.__name__: function for function in functions})
    return made


def deliverer(function: Callable[..., Any], name: str = "channels_deliver") -> Callable[..., Any]:
    function.__name__ = name
    return hookimpl(function)


HOOKS = module(channels_deliver, channels_cost)


@pytest.fixture
def table(ledger: Ledger) -> HookTable:
    table = HookTable(ledger)
    table.declare(CHANNELS, HOOKS)
    return table


def answers(table: HookTable, spec: Callable[..., Any] = channels_deliver) -> list[tuple[str, Any]]:
    given = {"attempt": "a", "urgent": True}
    return [(each.owner, each.call(given)) for each in table.implementations(spec)]


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        (lambda: "nothing", "nothing"),
        (lambda attempt: attempt, "a"),
        (lambda urgent, attempt: (attempt, urgent), ("a", True)),
        (lambda *, urgent: urgent, True),
        (lambda attempt, urgent=None: (attempt, urgent), ("a", True)),
        (lambda attempt, own=5: (attempt, own), ("a", 5)),
    ],
    ids=["none", "one", "both in its own order", "by keyword only", "with a default", "with one of its own"],
)
def test_an_implementation_gets_what_it_names(table: HookTable, function: Callable[..., Any], answer: object) -> None:
    table.implement(SMS, module(deliverer(function)))
    assert answers(table) == [(SMS, answer)]


def test_those_set_up_first_are_asked_first_whichever_side_came_first(ledger: Ledger) -> None:
    table = HookTable(ledger)
    table.implement(VOICE, module(deliverer(lambda: "voice")))
    table.declare(CHANNELS, HOOKS)
    table.implement(SMS, module(deliverer(lambda: "sms")))
    assert answers(table) == [(VOICE, "voice"), (SMS, "sms")]


def test_an_object_with_methods_is_a_plugin_too(table: HookTable) -> None:
    class Sms:
        @hookimpl
        def channels_deliver(self, attempt: str) -> str:
            return attempt

    table.implement(SMS, Sms())
    assert answers(table) == [(SMS, "a")]


def test_a_hook_whose_declarer_is_absent_has_no_answers(table: HookTable) -> None:
    table.implement(SMS, module(deliverer(lambda: "sms")))
    table.withdraw(CHANNELS)
    assert answers(table) == []
    assert table.list() == []
    table.declare(CHANNELS, HOOKS)
    assert answers(table) == [(SMS, "sms")]


def test_a_withdrawn_plugin_is_not_asked_any_more_and_may_come_again(table: HookTable) -> None:
    table.implement(SMS, module(deliverer(lambda: "old")))
    table.withdraw(SMS)
    assert answers(table) == []
    table.implement(SMS, module(deliverer(lambda: "new")))
    assert answers(table) == [(SMS, "new")]


def test_a_mismatch_names_its_line_and_what_is_offered_and_costs_only_itself(table: HookTable, ledger: Ledger) -> None:
    def wrong(resident: str) -> None: ...

    line = wrong.__code__.co_firstlineno
    table.implement(SMS, module(deliverer(wrong), deliverer(lambda attempt: 5, "channels_cost")))
    table.implement(VOICE, module(deliverer(lambda attempt: attempt)))
    (charge,) = ledger.account(SMS).recent
    assert charge.what == (
        f"ContractError: {HERE}:{line}: channels_deliver takes 'resident', which the hook does not offer; "
        "it offers attempt, urgent"
    )
    assert answers(table) == [(VOICE, "a")]
    assert answers(table, channels_cost) == [(SMS, 5)]
    table.withdraw(SMS)
    assert answers(table, channels_cost) == []


def test_a_mismatch_is_found_also_when_the_declarer_comes_later(ledger: Ledger) -> None:
    table = HookTable(ledger)
    table.implement(SMS, module(deliverer(lambda resident: None), deliverer(lambda attempt: 5, "channels_cost")))
    assert ledger.account(SMS).counts == {}
    table.declare(CHANNELS, HOOKS)
    assert ledger.account(SMS).counts == {"error": 1}
    assert answers(table, channels_cost) == [(SMS, 5)]


def test_a_name_nearly_right_is_charged_with_what_was_meant(table: HookTable, ledger: Ledger) -> None:
    table.implement(SMS, module(deliverer(lambda: "sms", "channels_delivr"), deliverer(lambda: "x", "lift_stuck")))
    (charge,) = ledger.account(SMS).recent
    assert charge.what.startswith(f"ContractError: {HERE}:")
    assert charge.what.endswith("no hook is called channels_delivr (did you mean channels_deliver?)")


def test_a_hook_declared_twice_is_refused_and_the_first_stays(table: HookTable) -> None:
    with pytest.raises(ContractError, match="sms declares the hook channels_cost, which channels declares already"):
        table.declare(SMS, module(channels_cost))
    table.withdraw(SMS)
    assert [info.declared_by for info in table.list()] == [CHANNELS, CHANNELS]


def test_a_module_that_declares_no_hook_is_a_sentence(table: HookTable) -> None:
    with pytest.raises(ContractError, match="sms: made declares no hook"):
        table.declare(SMS, module(lambda: None))


def test_asking_with_other_arguments_than_the_hook_takes_is_the_askers_mistake(table: HookTable) -> None:
    table.check_arguments(channels_deliver, {"urgent": 1, "attempt": 2})
    with pytest.raises(ContractError, match="channels_deliver takes attempt, urgent; it was asked with attempt"):
        table.check_arguments(channels_deliver, {"attempt": 2})


def test_every_hook_is_listed_with_its_doc_and_who_answers(table: HookTable) -> None:
    table.implement(SMS, module(deliverer(lambda: None)))
    listed = {info.name: info for info in table.list()}
    assert list(listed) == ["channels_cost", "channels_deliver"]
    info = listed["channels_deliver"]
    assert (info.declared_by, info.implementers, info.doc) == (CHANNELS, (SMS,), "Bring one message to one person.")
    assert info.signature == "channels_deliver(attempt: str, urgent: bool) -> None"


def test_a_blocking_implementation_is_known_as_one(table: HookTable) -> None:
    table.implement(SMS, module(deliverer(blocking(lambda: None)), deliverer(lambda: None, "channels_cost")))
    assert [each.blocking for each in table.implementations(channels_deliver)] == [True]
    assert [each.blocking for each in table.implementations(channels_cost)] == [False]


async def never_awaited() -> str:
    return "x"


def yields(attempt: str) -> Any:
    yield attempt


async def yields_later(attempt: str) -> Any:
    yield attempt


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: deliverer(blocking(never_awaited)), "is async and @blocking; a blocking implementation is a plain"),
        (lambda: deliverer(yields), "yields; an answer is returned"),
        (lambda: deliverer(yields_later), "yields; an answer is returned"),
        (lambda: hookimpl(wrapper=True)(renamed(yields)), "is a wrapper; wrappers are the core's"),
        (lambda: hookimpl(hookwrapper=True)(renamed(yields)), "is a wrapper; wrappers are the core's"),
        (lambda: hookimpl(specname="channels_cost")(renamed(lambda: 5)), "says specname='channels_cost'; call the"),
    ],
    ids=["async and blocking", "a generator", "an async generator", "a wrapper", "an old wrapper", "another name"],
)
def test_an_answer_that_is_none_is_refused_with_its_line_and_costs_only_itself(
    table: HookTable, ledger: Ledger, made: Callable[[], Callable[..., Any]], why: str
) -> None:
    table.implement(SMS, module(made(), deliverer(lambda attempt: 5, "channels_cost")))
    (charge,) = ledger.account(SMS).recent
    assert charge.what.startswith(f"ContractError: {HERE}:")
    assert f": channels_deliver {why}" in charge.what
    assert answers(table) == []
    assert answers(table, channels_cost) == [(SMS, 5)]


def renamed(function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = "channels_deliver"
    return function
