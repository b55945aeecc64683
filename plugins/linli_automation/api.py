"""What scripts and scenes, which are plugins of their own, take from here: the engine, and what all rules share."""

from typing import Any, Protocol

from linli import Context
from linli_automation.engine.book import NO_RULE, Book, Made, Written
from linli_automation.engine.checking import check_steps, check_templates
from linli_automation.engine.desk import Desk
from linli_automation.engine.durable import Wait, Waits
from linli_automation.engine.guard import guard_of
from linli_automation.engine.language import sequence_of
from linli_automation.engine.living import LiveRule, moment
from linli_automation.engine.principal import DEPLOYMENT, Author, Known, Principal, names_in
from linli_automation.engine.returning import Returning
from linli_automation.engine.rule_parts import Once, RuleCheck, shape_of
from linli_automation.engine.running import Run
from linli_automation.engine.script import Mode, Plan, Refused, Script
from linli_automation.engine.shelf import Shelf
from linli_automation.engine.sight import Sight
from linli_automation.engine.trace import Trace
from linli_automation.engine.words import COMMON, one_of_two, plan_of, stored_traces

__all__ = [
    "COMMON",
    "DEPLOYMENT",
    "NO_RULE",
    "Author",
    "Book",
    "Desk",
    "Known",
    "LifeApi",
    "LiveRule",
    "Made",
    "Mode",
    "Once",
    "Plan",
    "Principal",
    "Refused",
    "Returning",
    "RuleCheck",
    "RulesApi",
    "Run",
    "Script",
    "Shelf",
    "Sight",
    "Trace",
    "Wait",
    "Waits",
    "Written",
    "check_steps",
    "check_templates",
    "guard_of",
    "moment",
    "names_in",
    "one_of_two",
    "plan_of",
    "sequence_of",
    "shape_of",
    "stored_traces",
]


class LifeApi(Protocol):
    """Whether the hub has started, for rules that are set up later."""

    async def began(self) -> bool:
        """It has."""

    async def begin(self) -> None:
        """It does now."""


class RulesApi(Protocol):
    """What all rules share: what each names, the traces of their runs, blueprints."""

    async def tell(self, entity_id: str, names: frozenset[str]) -> None:
        """A rule names these one by one from now on."""

    async def forget(self, entity_id: str, item_id: str) -> None:
        """A rule is gone, and its traces with it."""

    async def closure(self, names: frozenset[str]) -> frozenset[str]:
        """``names`` with what the rules among them name, and so on."""

    async def keep_trace(self, entity_id: str, trace: dict[str, Any], most: int) -> None:
        """Keep the trace of a run of that rule as it is now, and no more than ``most`` of them."""

    async def kept_traces(self, item_id: str | None, run_id: str | None) -> list[tuple[str, dict[str, Any]]]:
        """What :meth:`keep_trace` was given: each trace with its rule's entity; None: of all items, of all runs."""

    async def filled(self, domain: str, written: Written) -> Written:
        """The same rule; where it fills a blueprint, with what that makes of it or why it makes nothing."""

    async def all_filled(self, domain: str, written: list[Written]) -> list[Written]:
        """The same for all rules of a domain: the blueprints that they name are in use, and no others."""

    async def problem(self, sequence: Any, reader: Context | None = None) -> str | None:
        """What is wrong with actions, as one sentence; None: nothing. ``reader``: of the user who wrote them."""

    async def forget_blueprints(self) -> None:
        """Read blueprints from the disk again when the next rule asks."""

    async def run_once(self, sequence: Any, variables: dict[str, Any], context: Context) -> Any:
        """Run actions that belong to no rule with the rights of whoever stands behind ``context``."""
