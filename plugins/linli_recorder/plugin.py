"""The recorder comes to life: its database, what it hears, and what others may ask."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_recorder import commands, gauges, services
from linli_recorder.api import RecorderApi, StatisticsApi
from linli_recorder.doubt import ClockDoubt
from linli_recorder.past import Past
from linli_recorder.permission import Permission
from linli_recorder.purging import Purger
from linli_recorder.recorder import Recorder
from linli_recorder.statistics import commands as statistics_commands
from linli_recorder.statistics.catalog import Catalog
from linli_recorder.statistics.changing import Changing
from linli_recorder.statistics.compiling import Compiler
from linli_recorder.statistics.keeper import Statistics
from linli_recorder.statistics.trouble import Trouble
from linli_recorder.turns import Turns


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Open the database, record from now on, and answer."""
    recorder = Recorder(ctx, entry.data)
    await recorder.open()
    recorder.follow()
    turns = Turns(ctx)
    past = Past(ctx, recorder, turns)
    ctx.provide(RecorderApi, past)  # type: ignore[type-abstract]  # a protocol stands for itself here
    permission = Permission(ctx)
    purger = Purger(ctx, recorder, permission)
    keep_days: int = entry.data["purge_keep_days"]
    _keep_statistics(ctx, recorder, past, permission, keep_days, turns)
    commands.register(ctx, recorder)
    services.register(ctx, recorder, purger, keep_days)
    gauges.offer(ctx, recorder)
    if entry.data["auto_purge"]:
        clock = ClockDoubt(ctx, recorder)
        await clock.begin()
        purger.each_night(keep_days, clock, repack=entry.data["auto_repack"])


def _keep_statistics(
    ctx: PluginContext, recorder: Recorder, past: Past, permission: Permission, keep_days: int, turns: Turns
) -> None:  # fmt: skip
    catalog = Catalog(ctx, recorder, past.rights)
    trouble = Trouble(ctx, recorder, catalog)
    compiler = Compiler(ctx, recorder, trouble, keep_days)
    changing = Changing(ctx, recorder, catalog, compiler, permission)
    statistics = Statistics(ctx, recorder, catalog, changing, turns)
    ctx.provide(StatisticsApi, statistics)  # type: ignore[type-abstract]  # a protocol stands for itself here
    statistics_commands.register(
        ctx, statistics_commands.StatisticsCommands(ctx, recorder, catalog, changing, statistics, trouble)
    )
    compiler.start()
