"""What a deployment says about its journal's heads and its backups, and what a person is told about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from linli.errors import LinliError
from linli.ids import CORE
from linli.issues import Severity
from linli.messages import Message

if TYPE_CHECKING:
    from linli.clock import Clock
    from linli.issues import Issues
    from linli.ledger import Ledger
    from linli.storage.heads import Trouble
    from linli.storage.storage import Storage
    from linli.translations import Translator

TROUBLES: Final = ("unreachable", "rolled_back", "changed", "second_hub", "refused")


async def keep_heads(storage: Storage, clock: Clock, section: Mapping[str, Any], issues: Issues) -> None:
    """Seal the journal to the places of ``linli: {journal: …}``; raises StorageRefused where a second hub has this
    identity."""
    named, hubs = section.get("heads", ()), section.get("hubs", ())
    if not named and not hubs:
        return
    # here, so that a hub whose deployment names no place does without the libraries for it
    from linli.storage.heads import Heads, places_of

    heads = Heads(storage, clock, places_of(named, hubs, clock))
    heads.on_trouble(partial(_report, issues))
    await storage.keep_heads(heads)


async def keep_backups(
    storage: Storage, clock: Clock, ledger: Ledger, section: Mapping[str, Any] | None, zone: tzinfo, issues: Issues,
    translator: Translator, language: str,
) -> None:  # fmt: skip
    """Make backups and try them as ``linli: {backup: …}`` says; a schedule and the drill are each for themselves.

    ``language``: of the hub, for why something failed.
    """
    if section is None or not ("schedule" in section or "drill" in section):
        return

    def explain(error: object) -> str:
        if isinstance(error, LinliError) and error.key is not None and translator.find(CORE, error.key, language):
            return translator.say(CORE, error.key, error.parameters, language)
        return str(error)

    # here, as above
    from linli.storage.backup_plan import Backups, Plan

    await storage.keep_backups(
        Backups(storage, clock, ledger, zone, Plan.of(section), partial(_report_plan, issues, explain))
    )


def _report_plan(
    issues: Issues, explain: Callable[[object], str], key: str, parameters: Mapping[str, Any] | None
) -> None:
    if parameters is None:
        issues.clear(CORE, key)
    else:
        if "reason" in parameters:
            parameters = {**parameters, "reason": explain(parameters["reason"])}
        issues.raise_issue(CORE, key, severity=Severity.ERROR, message=Message(key, parameters))


def _report(issues: Issues, place: str, trouble: Trouble | None) -> None:
    for what in TROUBLES:
        issue_id = f"journal_heads_{what}_{place}"
        if trouble is not None and trouble.what == what:
            message = Message(f"journal_heads_{what}", {"place": place, "reason": trouble.reason})
            severity = Severity.ERROR if what == "unreachable" else Severity.CRITICAL
            issues.raise_issue(CORE, issue_id, severity=severity, message=message)
        else:
            issues.clear(CORE, issue_id)
