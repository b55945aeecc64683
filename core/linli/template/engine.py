"""Templates: compiled once for a text, rendered in a reader's view, within limits.

A render runs where it is called: in the hub for what the deployment says, in a process that can be killed for what
users wrote (:mod:`linli.template.crew`). It never waits, and its limits bound what it loops over and builds, but not
one long call into a C library (a regular expression that backtracks): only the process has limits of time and memory.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

import jinja2
from jinja2 import BaseLoader, Environment, TemplateNotFound, UndefinedError, nodes
from jinja2.exceptions import SecurityError

from linli.jsonbytes import loads
from linli.states import State
from linli.template.errors import LimitExceeded, TemplateError
from linli.template.info import RenderInfo
from linli.template.library import FILTERS, GLOBALS, TESTS
from linli.template.limits import DEFAULT, Limits, Meter
from linli.template.look_up import looked_up, path_of
from linli.template.missing import MISSING
from linli.template.native import parse_result
from linli.template.sandbox import Sandbox
from linli.template.scope import SCOPE, Report, Scope
from linli.template.state_objects import StateView
from linli.template.world import World

Variables = Mapping[str, Any]
_DEEPEST_VARIABLE: Final = 6
_SHARING: Final[tuple[type[nodes.Node], ...]] = (nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)
"""What shows the variables to another template."""


def is_template(text: str) -> bool:
    """Whether the text has anything to render in it."""
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


class _Sources(BaseLoader):
    """Templates that others import by name: a deployment's ``custom_templates``, read by whoever owns them."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = sources

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        if template not in self.sources:
            raise TemplateNotFound(template)
        return self.sources[template], template, None


class TemplateEngine:
    """Keeps the compiled templates (the least recently used go first) and the environments in which they run."""

    def __init__(self, *, sources: Mapping[str, str] | None = None, limits: Limits = DEFAULT, kept: int = 1000) -> None:
        self.limits = limits
        self._sources = _Sources(dict(sources or {}))
        self._kept = kept
        self._texts: dict[str, Template] = {}
        self._sandboxes: dict[bool, Sandbox] = {}
        self.edition = 0
        """Counts the replacements of what templates import; what was compiled for another edition is compiled anew."""

    def template(self, text: str) -> "Template":
        """The template of that text, compiled before or at its first render."""
        found = self._texts.pop(text, None)
        if found is None:
            found = Template(text, self)
            if len(self._texts) >= self._kept:
                del self._texts[next(iter(self._texts))]
        self._texts[text] = found
        return found

    def render(
        self, text: str, world: World | None, variables: Variables | None = None, *, limits: Limits | None = None
    ) -> str:
        """The text rendered with those values in that reader's view."""
        return self.template(text).render(world, variables, limits=limits)

    def set_sources(self, sources: Mapping[str, str]) -> None:
        """Replace the templates that others import; what imported the old ones is compiled anew."""
        self._sources.sources = dict(sources)
        self._sandboxes.clear()
        self.edition += 1

    def compile(self, text: str, strict: bool) -> jinja2.Template:
        """The text as code, or TemplateError with the line at which it stops making sense."""
        if len(text) > self.limits.template:
            raise LimitExceeded("limit_template", limit=self.limits.template)
        try:
            sandbox = self._sandbox(strict)
            # With the plain dict of globals: Jinja's own ChainMap costs 80 µs at every render.
            return jinja2.Template.from_code(sandbox, sandbox.compile(text), sandbox.globals)
        except TemplateError:
            raise
        except Exception as error:  # the guard around users' text: it can raise anything
            raise _fault(error, None) from error

    def names_in(self, text: str) -> frozenset[str] | None:
        """The variables that a well-formed text may look at; None: whichever, since another template sees them too."""
        tree = self._sandbox(strict=False).parse(text)
        if any(tree.find(kind) is not None for kind in _SHARING):
            return None
        return frozenset(node.name for node in tree.find_all(nodes.Name))

    def _sandbox(self, strict: bool) -> Sandbox:
        if strict not in self._sandboxes:
            self._sandboxes[strict] = Sandbox(GLOBALS, FILTERS, TESTS, strict=strict, loader=self._sources)
        return self._sandboxes[strict]


class Template:
    """One text. What it renders to is stripped of the space around it, as Home Assistant does."""

    __slots__ = ("_compiled", "_edition", "_engine", "_names", "_path", "is_static", "text")

    def __init__(self, text: str, engine: TemplateEngine) -> None:
        self.text = text.strip()
        self.is_static = not is_template(text)
        self._engine = engine
        self._edition = engine.edition
        self._compiled: dict[bool, jinja2.Template] = {}
        self._names: frozenset[str] | None = None
        """What it may look at among the variables; None: it may be any of them."""
        self._path = path_of(self.text)
        """Where among the variables what it says is found; None: it is to be rendered."""

    def looked_up(self, variables: Variables | None) -> str | None:
        """What it renders to, where that is no more than to find it among the variables."""
        return None if self._path is None or not variables else looked_up(self._path, variables)

    def check(self, *, strict: bool = False) -> None:
        """Compile it; raises TemplateError if it is not well formed."""
        if not self.is_static:
            self._code(strict)

    def render(
        self, world: World | None, variables: Variables | None = None, *, limits: Limits | None = None,
        strict: bool = False, report: Report | None = None,
    ) -> str:  # fmt: skip
        """The text. ``world`` None: it sees no home. ``strict``: an undefined name is an error."""
        if self.is_static:
            return self.text
        return self._run(world, variables, limits, strict, report, None)

    def render_native(
        self, world: World | None, variables: Variables | None = None, *, limits: Limits | None = None,
        strict: bool = False, report: Report | None = None,
    ) -> Any:  # fmt: skip
        """The value that the rendered text stands for (see ``parse_result``)."""
        return parse_result(self.render(world, variables, limits=limits, strict=strict, report=report))

    def render_info(
        self, world: World | None, variables: Variables | None = None, *, limits: Limits | None = None,
        strict: bool = False, report: Report | None = None, native: bool = True,
    ) -> RenderInfo:  # fmt: skip
        """The result or the error, with what was read on the way. Text with nothing to render remains text."""
        info = RenderInfo(is_static=self.is_static)
        try:
            text = self.text if self.is_static else self._run(world, variables, limits, strict, report, info)
        except TemplateError as error:
            info.error = error
        else:
            info.result = parse_result(text) if native and not self.is_static else text
        return info

    def render_value(
        self, world: World | None, value: Any, *, default: Any = MISSING, variables: Variables | None = None,
        limits: Limits | None = None,
    ) -> Any:  # fmt: skip
        """The text for a device's payload: ``value``, and as ``value_json`` what it holds if it is JSON.

        An error gives ``default``, or is raised if there is none. The world of a payload is an ``EmptyWorld``.
        """
        given: dict[str, Any] = {**(variables or {}), "value": value}
        if isinstance(value, (str, bytes)) and not self.is_static and "value_json" in self.text:
            try:
                given["value_json"] = loads(value)
            except ValueError:
                pass
        try:
            return self.render(world, given, limits=limits)
        except TemplateError:
            if default is MISSING:
                raise
            return default

    def _code(self, strict: bool) -> jinja2.Template:
        if self._edition != self._engine.edition:
            self._compiled.clear()
            self._edition = self._engine.edition
        code = self._compiled.get(strict)
        if code is None:
            code = self._compiled[strict] = self._engine.compile(self.text, strict)
            self._names = self._engine.names_in(self.text)
        return code

    def _run(
        self, world: World | None, variables: Variables | None, limits: Limits | None, strict: bool,
        report: Report | None, info: RenderInfo | None,
    ) -> str:  # fmt: skip
        found = self.looked_up(variables)
        if found is not None:
            return found
        code = self._code(strict)
        limits = limits or self._engine.limits
        token = SCOPE.set(Scope(world, Meter(limits), info, report))
        try:
            given = self._given(variables) if variables else None
            text = code.environment.concat(code.root_render_func(code.new_context(given)))
        except TemplateError as error:
            error.line = error.line or _line(code, error.__traceback__)
            raise
        except Exception as error:  # the guard around users' text: it can raise anything
            raise _fault(error, code) from error
        finally:
            SCOPE.reset(token)
        if len(text) > limits.output:
            raise LimitExceeded("limit_output", limit=limits.output)
        return text.strip()

    def _given(self, variables: Variables) -> dict[str, Any]:
        """Of the variables those that it may look at: a rule has many, and most templates name one."""
        if self._names is None:
            return {name: _seen(value) for name, value in variables.items()}
        return {name: _seen(variables[name]) for name in self._names if name in variables}

    def __repr__(self) -> str:
        return f"Template({self.text!r})"


def _seen(value: Any, depth: int = 0) -> Any:
    """A variable as the template sees it: states in it become state objects of the template."""
    if isinstance(value, State):
        return StateView(value, None)
    if depth < _DEEPEST_VARIABLE:
        if type(value) is dict:
            return {key: _seen(each, depth + 1) for key, each in value.items()}
        if type(value) is list:
            return [_seen(each, depth + 1) for each in value]
    return value


def _fault(error: Exception, code: jinja2.Template | None) -> TemplateError:
    """Whatever a user's text raised, as a TemplateError with its line."""
    line = _line(code, error.__traceback__)
    if isinstance(error, jinja2.TemplateSyntaxError):
        return TemplateError("syntax", detail=error.message or "", line=error.lineno)
    if isinstance(error, UndefinedError):
        return TemplateError("undefined", detail=str(error), line=line)
    if isinstance(error, SecurityError):
        return TemplateError("forbidden", detail=str(error), line=line)
    return TemplateError("failed", kind=type(error).__name__, detail=_sentence(error), line=line)


def _sentence(error: Exception) -> str:
    return str(error)[:200] or "no further word on it"


def _line(code: jinja2.Template | None, trace: TracebackType | None) -> int | None:
    """The line of the template at which something was raised."""
    line = None
    while code is not None and trace is not None:
        own: object = trace.tb_frame.f_globals.get("__jinja_template__")
        if own is code:
            line = code.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line
