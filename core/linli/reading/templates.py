"""Templates of the deployment: rendered in the hub, within the meter's limits."""

from collections.abc import Mapping
from typing import Any

from linli.auth.view import View
from linli.reading.world import ReaderWorld, Sources
from linli.template import Limits, RenderInfo, Report, TemplateEngine


class Templates:
    """Renders what the deployment itself says, in a reader's view; one compiled template serves all readers.

    What a user wrote goes to :class:`linli.reading.UserTemplates`: no limit here bounds one long call into C.
    """

    def __init__(self, engine: TemplateEngine, sources: Sources) -> None:
        self.engine = engine
        self._sources = sources

    def world(self, view: View) -> ReaderWorld:
        """The home as ``view`` shows it."""
        return ReaderWorld(self._sources, view)

    def render(
        self, text: str, variables: Mapping[str, Any], view: View, *, limits: Limits | None = None,
        strict: bool = False, report: Report | None = None,
    ) -> Any:  # fmt: skip
        """The native value (a number where the text is one). Raises TemplateError.

        ``report`` hears ``("warning" | "error", sentence)`` of each use of a variable that is not defined.
        """
        template = self.engine.template(text)
        return template.render_native(self.world(view), variables, limits=limits, strict=strict, report=report)

    def render_text(self, text: str, variables: Mapping[str, Any], view: View, *, limits: Limits | None = None) -> str:
        """The text as it is, without finding a number or a list in it. Raises TemplateError."""
        return self.engine.render(text, self.world(view), variables, limits=limits)

    def render_info(
        self, text: str, variables: Mapping[str, Any], view: View, *, limits: Limits | None = None,
        strict: bool = False, report: Report | None = None,
    ) -> RenderInfo:  # fmt: skip
        """The value with what was read to find it, so that whoever follows it knows when to render again."""
        template = self.engine.template(text)
        return template.render_info(self.world(view), variables, limits=limits, strict=strict, report=report)
