"""Where in the YAML something of a rule stands."""

from collections.abc import Iterable
from typing import Any

from linli import PluginContext
from linli_automation.engine.book import Written


def place_of(ctx: PluginContext, written: Written, path: Iterable[Any]) -> str:
    """``file:line:column`` of what stands at ``path`` in a rule; of one that was saved by API, which it is."""
    if not written.path:
        return f"saved by API: {written.key}"
    steps = [step if isinstance(step, int) else str(step) for step in path]
    return ctx.written_at(*written.path, *steps)
