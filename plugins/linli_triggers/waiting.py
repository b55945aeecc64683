"""What people see of triggers that nobody follows now: an issue for each kind, with the names of the rules."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from linli import Message, PluginContext, Severity
from linli_triggers.foreign import Foreign


class Waiting:
    """Shows what has changed since the last time."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._shown: Mapping[str, Mapping[str, Any]] = {}

    def show(self, waiting: Iterable[Foreign]) -> None:
        """These wait, and no others."""
        by_kind: dict[str, list[Foreign]] = {}
        for each in waiting:
            by_kind.setdefault(each.kind, []).append(each)
        wanted = {kind: _words(kind, those) for kind, those in by_kind.items()}
        for kind in self._shown.keys() - wanted.keys():
            self._ctx.log.info("the triggers of the kind %s are followed again, or nobody waits for them", kind)
            self._ctx.issues.clear(_issue(kind))
        for kind, words in wanted.items():
            if self._shown.get(kind) != words:
                self._ctx.log.warning("%d triggers of the kind %s are not followed now", words["count"], kind)
                message = Message("refused" if words["why"] else "waiting", words)
                self._ctx.issues.raise_issue(_issue(kind), message, severity=Severity.WARNING)
        self._shown = wanted


def _issue(kind: str) -> str:
    return f"waiting_{kind}"


def _words(kind: str, waiting: Sequence[Foreign]) -> dict[str, Any]:
    names = sorted({each.name for each in waiting if each.name})
    why = next((each.refusal for each in waiting if each.refusal), "")
    return {"kind": kind, "count": len(waiting), "names": ", ".join(names) or "–", "why": why}
