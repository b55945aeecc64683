"""The kinds of condition that other plugins test: each is asked for its own only; its failure costs no other kind."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from linli import Message, PluginContext, RequestError, Severity
from linli_triggers.conditions.kinds import KINDS
from linli_triggers.conditions.language import GROUPS
from linli_triggers.conditions.reading import Unanswerable
from linli_triggers.hooks import triggers_condition_kinds, triggers_test_condition
from linli_triggers.kinds_of_others import owners

HAS_S: Final = 10.0
"""How long a plugin has for each answer."""
GONE_AFTER_S: Final = 1.0
"""A plugin that is reloaded is away for a moment; that is not told as if it had gone."""
MOST_REMEMBERED: Final = 1_000
OURS: Final = frozenset((*KINDS, *GROUPS))


class Others:
    """Who tests what. A kind whose plugin has gone stays one: what names it cannot be answered, and says so."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._owners: dict[str, str] = {}
        """Of each kind that was ever named, whose it was last."""
        self._used: dict[str, bool] = {}
        """Kinds that were tested, and whether an issue tells that nobody answers them now."""
        self._timer: Callable[[], None] | None = None
        ctx.on_unload(ctx.entries.watch(self._entry_turned))

    @property
    def remembered(self) -> frozenset[str]:
        """Kinds that are or were there."""
        return frozenset(self._owners)

    async def kinds(self) -> dict[str, str]:
        """Who tests which kind now."""
        found = owners(await self._ctx.hooks.gather(triggers_condition_kinds, within=HAS_S), OURS)
        for kind, owner in found.items():
            if kind in self._owners or len(self._owners) < MOST_REMEMBERED:
                self._owners[kind] = owner
        return found

    async def test(self, kind: str, config: Mapping[str, Any], variables: Mapping[str, Any]) -> bool:
        """Whether it holds. Raises Unanswerable, and then tells it by an issue until somebody answers again.

        Whoever had the kind last is asked at once: only where that says nothing are all asked whose it is now.
        """
        last = self._owners.get(kind)
        answer = None if last is None else await self._ask(last, kind, config, variables)
        if answer is None:
            owner = (await self.kinds()).get(kind)
            if owner is not None and owner != last:
                answer = await self._ask(owner, kind, config, variables)
        self._show(kind, answered=answer is not None)
        if answer is None:
            raise Unanswerable(f"no plugin answers the condition '{kind}' now")
        return answer

    def _show(self, kind: str, *, answered: bool) -> None:
        told = self._used.get(kind, False)
        self._used[kind] = not answered
        if answered and told:
            self._ctx.issues.clear(f"unanswered_{kind}")
        elif not answered and not told:
            message = Message("unanswered", {"kind": kind})
            self._ctx.issues.raise_issue(f"unanswered_{kind}", message, severity=Severity.WARNING)

    def _entry_turned(self, change: Any) -> None:
        """An entry of some plugin was set up or unloaded (a :class:`linli.entries.EntryChange`)."""
        now, before = (entry is not None and entry.state == "loaded" for entry in (change.entry, change.old))
        if now == before or not self._used:
            return
        if self._timer is not None:
            self._timer()
        self._timer = self._ctx.call_later(GONE_AFTER_S, self._look)

    def _look(self) -> None:
        self._timer = None
        self._ctx.spawn(self._look_once(), name="look after the conditions of others")

    async def _look_once(self) -> None:
        """Rules count on kinds that were tested once: whoever has gone is told of before they ask."""
        there = await self.kinds()
        for kind in list(self._used):
            self._show(kind, answered=kind in there)

    async def _ask(
        self, owner: str, kind: str, config: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> bool | None:  # fmt: skip
        try:
            answer: Any = await self._ctx.hooks.first(
                triggers_test_condition, of=owner, within=HAS_S, kind=kind, config=config, variables=dict(variables)
            )
        except RequestError as error:
            raise Unanswerable(str(error)) from error
        return answer if isinstance(answer, bool) else None
