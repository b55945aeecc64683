"""Whether the past may be touched: other plugins are asked, and what is done is journaled before and after."""

from collections.abc import Mapping
from typing import Any

from linli import Context, Forbidden, PluginContext, StorageError
from linli_recorder import hooks
from linli_recorder.api import Intent

JOURNAL_IDS = 50
"""How many names one row of the journal lists."""


class Permission:
    """Asks and journals (SAFETY 18)."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx

    async def ask(self, intent: Intent) -> None:
        """Raise Forbidden unless every plugin that has a say lets it be done."""
        asked = self._ctx.hooks.implementers(hooks.recorder_may_purge)
        if not asked:
            return
        answers = await self._ctx.hooks.gather(hooks.recorder_may_purge, intent=intent)
        refusing = [owner for owner in asked if answers.get(owner) is not True]
        if refusing:
            names = ", ".join(refusing)
            raise Forbidden(
                f"what was recorded may not be changed now ({names})",
                key="recorder.refused",
                parameters={"plugins": names},
            )

    async def note(self, intent: Intent, stage: str, context: Context | None, **more: Any) -> None:
        """A row of the journal: ``recorder.purge`` with its stage (``intended``, ``done``, ``failed``)."""
        details: Mapping[str, Any] = {
            "stage": stage, "before": intent.before, "ids": list(intent.ids[:JOURNAL_IDS]), "count": len(intent.ids),
            **more,
        }  # fmt: skip
        await self._ctx.journal.record(f"recorder.{intent.action}", details=details, context=context)

    async def note_end(self, intent: Intent, context: Context | None, error: StorageError | None, **more: Any) -> None:
        """How it ended."""
        stage = "done" if error is None else "failed"
        await self.note(intent, stage, context, **({} if error is None else {"error": str(error)}), **more)
