"""Home Assistant's message command about the recorder itself."""

from typing import Any

from linli import CommandCall, PluginContext
from linli_recorder.recorder import Recorder


def register(ctx: PluginContext, recorder: Recorder) -> None:
    """Offer it."""

    def info(call: CommandCall) -> dict[str, Any]:
        """How recording goes."""
        return {
            "backlog": recorder.waiting,
            "db_in_default_location": recorder.in_default_place,
            "max_backlog": recorder.most_waiting,
            "migration_in_progress": False,
            "migration_is_live": False,
            "recording": recorder.recording,
            "thread_running": True,
        }

    ctx.commands.add("recorder/info", info)
