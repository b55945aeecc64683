"""Templates that users wrote: rendered in a process that can be killed, in their own view, never in the hub.

What computes nothing is written out here (docs/decisions/0081-look-ups.md): rules that people save by API are mostly
made of it, and a queue before two processes lost their runs when many came at once.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from linli.auth.view import View
from linli.clock import stopwatch
from linli.context import Context
from linli.reading.world import ReaderWorld, Sources
from linli.states import State
from linli.template import (
    LimitExceeded,
    Limits,
    NotNow,
    RenderInfo,
    Report,
    TemplateEngine,
    TemplateError,
    is_template,
)
from linli.template.crew import Answer, Crew
from linli.template.frames import state_row
from linli.template.limits import DEFAULT
from linli.template.look_up import Path, looked_up, path_of
from linli.template.native import parse_result
from linli.template.worker import job_frame

ONCE_S: Final = 3.0
"""What a template may take that is rendered once, in real time."""
AGAIN_S: Final = 1.0
"""What one may take that is rendered again with every change."""
LARGEST_JOB: Final = 4 * 1024 * 1024
"""Bytes of a template with its variables."""
TRIES: Final = 3
MOST_EXPECTED: Final = 100
LEAST_S: Final = 0.05
LONGEST_LOOKUP: Final = 256
LONGEST_FOUND: Final = 256
"""Characters of all that is written out: a text is parsed for what it stands for, which takes 0.2 s for 64 KB of it."""
_LOOKUP: Final = re.compile(r"\{\{\s{0,4}[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){0,8}\s{0,4}\}\}")
_BRACE: Final = re.compile(r"[{}]")


def only_looks_up(text: str, variables: Mapping[str, Any]) -> bool:
    """Whether all that it does is to name given variables and what is in them (``{{ trigger.to_state.state }}``), and
    what it finds is numbers and short texts.

    There is nothing in it to compute, to loop over or to call, and what it comes to is no longer than a state.
    """
    paths = None if len(text) > LONGEST_LOOKUP else _paths_in(text)
    if paths is None:
        return False
    length = 0
    for path in paths:
        found = looked_up(path, variables)
        if found is None:
            return False
        length += len(found)
    return length <= LONGEST_FOUND


@lru_cache(maxsize=1024)
def _paths_in(text: str) -> tuple[Path, ...] | None:
    """What a text looks up; None: it does more than that."""
    if _BRACE.search(_LOOKUP.sub("", text)) is not None:
        return None
    paths = tuple(path_of(found.group()) for found in _LOOKUP.finditer(text))
    known = tuple(path for path in paths if path is not None)
    return known if len(known) == len(paths) else None


class UserTemplates:
    """The coroutines by which the API renders; ``context`` says whose template it is, and in whose view.

    A result is of the rights that the reader has when it comes: where they changed meanwhile it is rendered anew. What
    could not be rendered at all is an error too (NotNow).
    """

    def __init__(self, crew: Crew, sources: Sources, view_of: Callable[[Context], View]) -> None:
        self.crew = crew
        self._sources = sources
        self._view_of = view_of
        self._lookups = TemplateEngine()
        """For texts that only look something up, see :func:`only_looks_up`."""

    async def render(
        self, text: str, variables: Mapping[str, Any], context: Context, *, within_s: float = ONCE_S
    ) -> Any:
        """The native value. Raises TemplateError."""
        if only_looks_up(text, variables):
            found = self._lookups.template(text).looked_up(variables)
            if found is not None:  # most of what rules render: nothing of the home is looked at
                return parse_result(found)
        return _result(await self.render_info(text, variables, context, within_s=within_s))

    async def render_text(
        self, text: str, variables: Mapping[str, Any], context: Context, *, within_s: float = ONCE_S
    ) -> str:
        """The text as it is. Raises TemplateError."""
        info = await self.render_info(text, variables, context, within_s=within_s, native=False)
        return str(_result(info))

    async def render_info(
        self, text: str, variables: Mapping[str, Any], context: Context, *, within_s: float = ONCE_S,
        strict: bool = False, report: Report | None = None, native: bool = True, limits: Limits | None = None,
        expected: Collection[str] = (), connection: str = "",
    ) -> RenderInfo:  # fmt: skip
        """The value or the error with what was read; ``report`` hears the warnings, afterwards.

        ``connection``: which of the user's asks; they take turns, and what is asked without one takes its turn too.
        """
        if not is_template(text):
            return RenderInfo(text.strip(), is_static=True)
        if only_looks_up(text, variables):
            world = ReaderWorld(self._sources, self._view_of(context))
            return self._lookups.template(text).render_info(
                world, variables, limits=limits, strict=strict, report=report, native=native
            )
        answer = await self._asked(
            text, variables, context, within_s, expected, connection, strict=strict, native=native, limits=limits
        )
        if report is not None:
            for level, sentence in answer.warnings:
                report(level, sentence)
        return answer.info

    async def read(
        self, text: str, variables: Mapping[str, Any], context: Context, *, strict: bool = False,
        report: Report | None = None, expected: Collection[str] = (), connection: str = "",
    ) -> RenderInfo:  # fmt: skip
        """The same for a template that is rendered again and again, which may take less.

        ``expected``: entities that it read the last time; their states go along, and need not be asked for.
        """
        return await self.render_info(
            text, variables, context, within_s=AGAIN_S, strict=strict, report=report, expected=expected,
            connection=connection,
        )  # fmt: skip

    async def check(self, text: str, context: Context) -> None:
        """Raise TemplateError unless the text is a well-formed template."""
        if is_template(text):
            answer = await self._asked(text, {}, context, ONCE_S, (), "", check=True)
            _result(answer.info)

    async def close(self) -> None:
        """End the processes."""
        await self.crew.close()

    async def _asked(
        self, text: str, variables: Mapping[str, Any], context: Context, within_s: float, expected: Collection[str],
        connection: str, **how: Any,
    ) -> Answer:  # fmt: skip
        if len(text) > DEFAULT.template:
            return _refused(LimitExceeded("limit_template", limit=DEFAULT.template))
        user = context.user_id or ""
        began = stopwatch()
        for _ in range(TRIES):
            left_s = max(within_s - (stopwatch() - began), LEAST_S)
            view = self._view_of(context)
            generation = view.generation
            world = ReaderWorld(self._sources, view)
            states = {key: _row(world.get(key)) for key in islice(expected, MOST_EXPECTED)}
            frame = job_frame(user, text, variables, now=world.now(), home=world.home, states=states, **how)
            if len(frame) > LARGEST_JOB:
                return _refused(LimitExceeded("limit_variables", limit=LARGEST_JOB))
            try:
                answer = await self.crew.render(user, frame, world, left_s, connection, view.flat)
            except NotNow as error:
                return _refused(error)
            if self._view_of(context) is view and view.generation == generation:
                return answer
        return _refused(NotNow("too_many"))  # the reader's rights change faster than it renders


def _row(state: State | None) -> Any:
    return None if state is None else state_row(state)


def _refused(error: TemplateError) -> Answer:
    return Answer(RenderInfo(error=error), ())


def _result(info: RenderInfo) -> Any:
    if info.error is not None:
        raise info.error
    return info.result
