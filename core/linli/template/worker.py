"""The process that renders and reads what users wrote: one job after the other, until its pipe closes.

It holds nothing but the job at hand: what a template reads is asked of the hub (:mod:`linli.template.asking`), compiled
templates are kept apart for each user. It may be killed at any moment, and counts on it.
"""

import gc
import os
import resource
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Final

import orjson

from linli.process.pipe import BlockingPipe, PipeClosed
from linli.template.asking import AskingWorld
from linli.template.engine import TemplateEngine
from linli.template.errors import LimitExceeded, TemplateError
from linli.template.frames import from_hub, moment_of, moment_row, outward, to_child
from linli.template.info import RenderInfo
from linli.template.limits import Limits
from linli.template.world import Home

LARGEST_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of the answer to a job, and of any other frame to the hub."""
LARGEST_SAID: Final = 1024 * 1024
"""Bytes of what a text says: the hub builds values of it on its loop."""
MOST_WARNINGS: Final = 20
"""Different ones that one render may say; a loop can name a thousand undefined variables."""
LONGEST_SENTENCE: Final = 1000
USERS_KEPT: Final = 8
TEMPLATES_KEPT: Final = 100
"""Compiled templates of each of these users."""
SPENT_MB: Final = 160
"""A process that holds so much after a job is replaced."""
LEFT_OVER: Final = 10_000
"""Objects that a job may leave before they are collected: between jobs, where nobody waits for it."""
NICENESS: Final = 5
"""The hub goes first where there are fewer processors than work."""


def job_frame(
    user: str, text: str, variables: Mapping[str, Any], *, now: datetime, home: Home, native: bool = True,
    strict: bool = False, check: bool = False, limits: Limits | None = None, states: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """What the hub sends to have a template rendered, or only compiled (``check``).

    ``states``: rows (None: there is no such state) that it need not ask for, by entity id.
    """
    bounds = None if limits is None else [getattr(limits, name) for name in Limits.__slots__]
    return to_child(
        {
            "user": user, "text": text, "variables": variables, "now": moment_row(now), "native": native,
            "strict": strict, "check": check, "limits": bounds, "states": states or {},
            "home": (home.latitude, home.longitude, home.metric),
        }
    )  # fmt: skip


def reading_frame(function: str, given: Sequence[Any]) -> bytes:
    """What the hub sends to have ``function`` (``module:name``) read a text; ``given`` are plain values."""
    return to_child({"function": function, "given": tuple(given)})


def serve(sock: socket.socket) -> None:
    """Answer jobs; the entry of the process."""
    os.nice(NICENESS)
    gc.freeze()
    gc.disable()
    pipe = BlockingPipe(sock)
    desk = Desk(pipe)
    pipe.send(orjson.dumps(["ready"]))
    try:
        while True:
            pipe.send(desk.answer(from_hub(pipe.receive())))
            if gc.get_count()[0] > LEFT_OVER:
                gc.collect()
    except PipeClosed:
        return


class Desk:
    """Renders one job after the other."""

    def __init__(self, pipe: BlockingPipe) -> None:
        self._pipe = pipe
        self._engines: dict[str, TemplateEngine] = {}

    def answer(self, job: Mapping[str, Any]) -> bytes:
        """The frame that answers a job."""
        if "function" in job:
            return read(job["function"], job["given"])
        warnings: dict[tuple[str, str], None] = {}

        def report(level: str, sentence: str) -> None:
            if len(warnings) < MOST_WARNINGS:
                warnings[level, _clean(sentence[:LONGEST_SENTENCE])] = None

        info, spent = self._rendered(job, report)
        said = {**_said(info), "warnings": list(warnings), "spent": spent or _megabytes() > SPENT_MB}
        try:
            frame = orjson.dumps(["done", said])
        except (TypeError, RecursionError):
            frame = b""
        if 0 < len(frame) <= LARGEST_ANSWER:
            return frame
        limits = job_limits(job)
        error = LimitExceeded("limit_output", limit=limits.output) if frame else deep(limits)
        return orjson.dumps(["done", {**_said(_failed(error)), "warnings": [], "spent": True}])

    def _rendered(self, job: Mapping[str, Any], report: Any) -> tuple[RenderInfo, bool]:
        """What came of it, and whether this process should be replaced afterwards."""
        template = self._engine(job["user"]).template(job["text"])
        latitude, longitude, metric = job["home"]
        try:
            if job["check"]:
                template.check()
                return RenderInfo(), False
            world = AskingWorld(self._ask, moment_of(*job["now"]), Home(latitude, longitude, metric), job["states"])
            info = template.render_info(
                world, job["variables"],
                limits=job_limits(job), strict=job["strict"], report=report, native=job["native"],
            )  # fmt: skip
        except TemplateError as error:
            return _failed(error), False
        if info.error is not None and info.error.parameters.get("kind") == "MemoryError":
            return _failed(LimitExceeded("limit_memory")), True
        return info, False

    def _ask(self, kind: str, key: str | None) -> list[Any]:
        """The rows that the hub has for the reader."""
        try:
            question = orjson.dumps(["ask", kind, key])
        except TypeError:  # half a surrogate pair: no name of anything
            return []
        self._pipe.send(question)
        found: list[Any] = []
        more = True
        while more:
            rows, more = from_hub(self._pipe.receive())
            found.extend(rows)
        return found

    def _engine(self, user: str) -> TemplateEngine:
        engine = self._engines.pop(user, None)
        if engine is None:
            engine = TemplateEngine(kept=TEMPLATES_KEPT)
            if len(self._engines) >= USERS_KEPT:
                del self._engines[next(iter(self._engines))]
        self._engines[user] = engine
        return engine


def read(function: str, given: Sequence[Any]) -> bytes:
    """The frame that says what a plugin's function makes of a text; with a ValueError it says what is wrong there."""
    module, _, name = function.partition(":")
    info, spent = RenderInfo(), False
    try:
        info.result = getattr(import_module(module), name)(*given)
        said = _said(info)
    except ValueError as error:
        said = _said(_failed(TemplateError("unreadable", detail=str(error)[:LONGEST_SENTENCE])))
    except MemoryError:
        said, spent = _said(_failed(LimitExceeded("limit_reading_memory"))), True
    except RecursionError:
        said = _said(_failed(_too_much()))
    frame = orjson.dumps(["done", {**said, "warnings": [], "spent": spent or _megabytes() > SPENT_MB}])
    if len(frame) <= LARGEST_SAID:
        return frame
    return orjson.dumps(["done", {**_said(_failed(_too_much())), "warnings": [], "spent": True}])


def _too_much() -> LimitExceeded:
    return LimitExceeded("limit_reading_result", limit=LARGEST_SAID)


def job_limits(job: Mapping[str, Any]) -> Limits:
    """The limits of the meter, which holds beside the clock."""
    bounds = job["limits"]
    return Limits() if bounds is None else Limits(*bounds)


def deep(limits: Limits) -> LimitExceeded:
    """A result that is nested too deep to be written."""
    return LimitExceeded("limit_depth", limit=limits.depth)


def _failed(error: TemplateError) -> RenderInfo:
    return RenderInfo(error=error)


def _clean(value: Any) -> Any:
    """A text without halves of surrogate pairs, which JSON cannot write."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _said(info: RenderInfo) -> dict[str, Any]:
    error = info.error
    parameters = {} if error is None else {name: _clean(value) for name, value in error.parameters.items()}
    return {
        "result": None if error is not None else outward(info.result),
        "error": None if error is None else [error.kind, error.line, parameters],
        "entities": list(map(_clean, info.entities)), "domains": list(info.domains),
        "domains_lifecycle": list(info.domains_lifecycle), "all_states": info.all_states,
        "all_states_lifecycle": info.all_states_lifecycle, "has_time": info.has_time, "is_static": info.is_static,
    }  # fmt: skip


def _megabytes() -> int:
    """What this process holds now. Not ``ru_maxrss``: on Linux that begins with what the hub held at the start."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as statm:
            return int(statm.read().split()[1]) * resource.getpagesize() >> 20
    except FileNotFoundError:  # no Linux: then it counts bytes, and from its own beginning
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
