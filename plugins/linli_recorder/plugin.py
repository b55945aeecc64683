"""The recorder comes to life: its database, what it hears, and what others may ask."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_recorder import gauges, services
from linli_recorder.api import RecorderApi
from linli_recorder.past import Past
from linli_recorder.permission import Permission
from linli_recorder.purging import Purger
from linli_recorder.recorder import Recorder


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Open the database, record from now on, and answer."""
    recorder = Recorder(ctx, entry.data)
    await recorder.open()
    recorder.follow()
    ctx.provide(RecorderApi, Past(ctx, recorder))  # type: ignore[type-abstract]  # a protocol stands for itself here
    purger = Purger(ctx, recorder, Permission(ctx))
    keep_days: int = entry.data["purge_keep_days"]
    services.register(ctx, recorder, purger, keep_days)
    gauges.offer(ctx, recorder)
    if entry.data["auto_purge"]:
        purger.each_night(keep_days, repack=entry.data["auto_repack"])
