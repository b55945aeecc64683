"""What the automations of one plugin share."""

from typing import Any

from linli import Message, PluginContext, Severity
from linli_automation.api import RulesApi
from linli_automation.engine.desk import Desk
from linli_automation.engine.durable import Waits
from linli_automation.engine.guard import Guard
from linli_automation.engine.sight import Sight
from linli_automation.engine.traces import Traces


class House:
    """One plugin's."""

    def __init__(self, ctx: PluginContext) -> None:
        self.ctx = ctx
        self.desk = Desk(ctx)
        self.waits = Waits(ctx)
        self.guard = Guard(ctx.clock.monotonic, self._slowed)
        self.rules = ctx.use(RulesApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self.sight = Sight(ctx)
        self.traces = Traces()
        self.began = False

    def _slowed(self, rule: str, before: str | None, begins: bool) -> None:
        issue = f"loop_{rule}"
        if not begins:
            self.ctx.issues.clear(issue)
            return
        words: dict[str, Any] = {"rule": rule, "before": before or rule}
        self.ctx.log.error("%s and %s set each other going without end; they are slowed", rule, before or rule)
        self.ctx.issues.raise_issue(issue, Message("loop", words), severity=Severity.WARNING)
