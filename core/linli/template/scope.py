"""What belongs to one render: whose view, how much is left of the limits, what was read, who hears warnings.

Functions and state objects are shared by all templates; they find the render that they serve here. A context variable
and not an argument, because a macro that is imported from another file has no way to hand one on.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from linli.template.errors import TemplateError
from linli.template.info import RenderInfo
from linli.template.limits import Meter
from linli.template.world import World

Report = Callable[[str, str], None]
"""Hears ``("warning" | "error", sentence)`` about undefined variables."""


class Scope:
    """One render."""

    __slots__ = ("info", "meter", "report", "world_or_none")

    def __init__(self, world: World | None, meter: Meter, info: RenderInfo | None, report: Report | None) -> None:
        self.world_or_none = world
        self.meter = meter
        self.info = info
        self.report = report

    def world(self, function: str) -> World:
        """The reader's home, for ``function``; a template that sees no home is refused in its name."""
        if self.world_or_none is None:
            raise TemplateError("no_world", function=function)
        return self.world_or_none

    def time(self, function: str) -> World:
        """The same, for a function that asks for the time."""
        if self.info is not None:
            self.info.has_time = True
        return self.world(function)

    def read(self, entity_id: str) -> None:
        """Note that this entity's state (or absence) was looked at."""
        if self.info is not None:
            self.info.entities.add(entity_id)

    def warn(self, level: str, message: str) -> None:
        """Tell whoever wants to hear about undefined variables."""
        if self.report is not None:
            self.report(level, message)


SCOPE: Final[ContextVar[Scope]] = ContextVar("template_scope")
"""Unset outside a render: while a template compiles, nothing can be evaluated for it in anybody's view."""
