"""Who acts: what the journal, and whatever is changed by somebody, is told."""

from dataclasses import dataclass
from typing import Final, Self

from linli.context import Context, Purpose
from linli.ids import CORE, PluginDomain


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: ``kind`` is user, plugin, system or command; for which purpose, through which plugin."""

    kind: str
    id: str | None = None
    plugin: PluginDomain = CORE
    purpose: Purpose = Purpose.ROUTINE

    @classmethod
    def of(cls, context: Context) -> Self:
        """The user of a context, or else its plugin, or else the hub itself."""
        plugin = context.plugin or CORE
        if context.user_id is not None:
            return cls("user", context.user_id, plugin, context.purpose)
        if context.plugin is not None:
            return cls("plugin", context.plugin, plugin, context.purpose)
        return cls("system", None, plugin, context.purpose)


SYSTEM: Final = Actor("system")
