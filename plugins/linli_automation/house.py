"""What the automations of one plugin share."""

import asyncio
from typing import Any

from linli import Message, PluginContext, Severity
from linli_automation.api import RulesApi
from linli_automation.engine.desk import Desk
from linli_automation.engine.durable import Waits
from linli_automation.engine.guard import Guard
from linli_automation.engine.trace import Trace


class House:
    """One plugin's."""

    def __init__(self, ctx: PluginContext) -> None:
        self.ctx = ctx
        self.desk = Desk(ctx)
        self.waits = Waits(ctx)
        self.guard = Guard(ctx.clock.monotonic, self._slowed)
        self.rules = ctx.use(RulesApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self.began = False
        self.lock = asyncio.Lock()

    async def keep(self, trace: Trace, most: int) -> None:
        """Keep a trace as it is now."""
        await self.rules.keep_trace(trace.full(), most)

    def _slowed(self, rule: str, before: str | None, begins: bool) -> None:
        issue = f"loop_{rule}"
        if not begins:
            self.ctx.issues.clear(issue)
            return
        words: dict[str, Any] = {"rule": rule, "before": before or rule}
        self.ctx.log.error("%s and %s set each other going without end; they are slowed", rule, before or rule)
        self.ctx.issues.raise_issue(issue, Message("loop", words), severity=Severity.WARNING)
