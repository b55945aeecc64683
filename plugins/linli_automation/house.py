"""What the automations of one plugin share."""

from linli import PluginContext
from linli_automation.api import RulesApi
from linli_automation.engine.desk import Desk
from linli_automation.engine.durable import Waits
from linli_automation.engine.guard import guard_of
from linli_automation.engine.sight import Sight
from linli_automation.engine.traces import Traces


class House:
    """One plugin's."""

    def __init__(self, ctx: PluginContext) -> None:
        self.ctx = ctx
        self.desk = Desk(ctx)
        self.waits = Waits(ctx)
        self.guard = guard_of(ctx, "script_started")
        self.rules = ctx.use(RulesApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self.sight = Sight(ctx)
        self.traces = Traces()
        self.began = False
