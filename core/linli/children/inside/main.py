"""Where a plugin's own process begins: it is told what it is, imports the plugin, and answers until the pipe closes."""

import asyncio
import inspect
import logging
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from linli.children.inside.context import ChildContext
from linli.children.inside.line import Line
from linli.children.inside.process import Process
from linli.clock import Clock, RealClock, SimulatedClock
from linli.entries import ConfigEntry, Source
from linli.errors import NotFound
from linli.ids import EntityId, PluginDomain
from linli.ledger import Ledger
from linli.plugin.capabilities import Allowed  # noqa: F401 - read before another user runs this process
from linli.plugin.discovery import Found
from linli.plugin.guarded import PROJECT, has_one_answer, is_guarded
from linli.plugin.hooks import HookTable
from linli.plugin.importing import import_module, import_package
from linli.plugin.manifest import Manifest, Privilege
from linli.settings import CoreSettings
from linli.translations import Translator, read_texts

log = logging.getLogger(__name__)


def serve(sock: socket.socket) -> None:
    """The target of :meth:`linli.process.Child.start`."""
    asyncio.run(_serve(sock))


async def _serve(sock: socket.socket) -> None:
    line = Line(sock)
    _Life(line)
    line.open()
    await line.ended


class _Life:
    """The plugin in its process."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._process: Process | None = None
        self._module: ModuleType | None = None
        self._package: ModuleType | None = None
        self._contexts: dict[int, ChildContext] = {}
        self._trusted = False
        line.calls = {"birth": self._birth, "hook": self._hook, "close": self._close, "handler": self._handler}
        line.tells = {
            "beat": lambda: line.post("beat"), "state": self._state, "states": self._states, "row": self._row,
            "entry": self._entry, "services": self._services, "handler": self._tell,
        }  # fmt: skip

    @property
    def process(self) -> Process:
        assert self._process is not None, "the birth comes first"
        return self._process

    # birth -----------------------------------------------------------------------------------------------------------

    async def _birth(self, told: Mapping[str, Any]) -> dict[str, Any]:
        clock = self._clock(told["time"])
        found = Found(**{**told["found"], "dropped_in": _path(told["found"]["dropped_in"])})
        self._trusted = told["trusted"]
        package = self._package = import_package(found)
        manifest = vars(package)["MANIFEST"]
        assert isinstance(manifest, Manifest)
        settings = CoreSettings(**told["settings"])
        translator = Translator(settings.zone)
        granted = frozenset(map(Privilege, told["granted"]))
        process = self._process = Process(self._line, clock, manifest, granted, settings, translator)
        self._line.charge = lambda where, error: process.ledger.error(process.domain, where, error)
        logging.getLogger().addHandler(_ToTheHub(self._line))
        for required in manifest.requires:
            _import_quietly(f"linli_{required}.api")
        module = self._module = import_module(package, "plugin")
        assert module is not None
        hooks = import_module(package, "hooks", optional=True)
        translator.take(process.domain, read_texts(_folder(package)))
        return {
            "hooks": _implemented(process.domain, process.ledger, module),
            "specs": [] if hooks is None else _declared(hooks),
        }

    def _clock(self, time: tuple[float, float] | None) -> Clock:
        if time is None:
            return RealClock()
        monotonic, timestamp = time
        clock = SimulatedClock(datetime.fromtimestamp(timestamp - monotonic, UTC))
        clock.follow(monotonic, timestamp)
        self._line.clock = clock
        return clock

    # mirrors ---------------------------------------------------------------------------------------------------------

    def _states(self, told: list[Any]) -> None:
        for entity_id, owner, state in told:
            self.process.states.take(EntityId(entity_id), owner, state)

    def _state(self, entity_id: str, owner: PluginDomain | None, state: Any, context: Any, at: float) -> None:
        self.process.states.change(EntityId(entity_id), owner, state, context, at)

    def _row(self, kind: str, row_id: str, row: Any) -> None:
        self.process.registries.take(kind, row_id, row)

    def _entry(self, entry_id: str, entry: ConfigEntry | None) -> None:
        self.process.entries.take(entry_id, None if entry is None else self._checked(entry))

    def _services(self, told: list[Any]) -> None:
        for domain, name, there in told:
            self.process.services.take(domain, name, there)

    # calls -----------------------------------------------------------------------------------------------------------

    async def _hook(self, name: str, number: int | None, arguments: dict[str, Any]) -> Any:
        function = getattr(self._module, name, None)
        if function is None:
            raise NotFound(f"the plugin does not answer {name}")
        entry = arguments.get("entry")
        if isinstance(entry, ConfigEntry):
            entry = arguments["entry"] = self._checked(entry)
        if number is not None:
            arguments["ctx"] = self._context(number, entry)
        if getattr(function, "__linli_blocking__", False):
            return await self.process.blocking.run(lambda: function(**arguments))
        answer = function(**arguments)
        return await answer if inspect.isawaitable(answer) else answer

    def _context(self, number: int, entry: ConfigEntry | None) -> ChildContext:
        ctx = self._contexts.get(number)
        if ctx is None:
            ctx = self._contexts[number] = ChildContext(self.process, number, entry)
        return ctx

    def _checked(self, entry: ConfigEntry) -> ConfigEntry:
        """With values of the plugin's own classes, which only its own schema makes."""
        schema = getattr(self._package, "CONFIG", None)
        if self._trusted or schema is None or entry.source is not Source.YAML:
            return entry
        return replace(entry, data=schema(dict(entry.data)))

    async def _close(self, number: int) -> None:
        ctx = self._contexts.pop(number, None)
        if ctx is not None:
            await ctx.nursery.close()

    async def _handler(self, number: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return await self.process.handlers.call(number, arguments, named)

    def _tell(self, number: int, arguments: tuple[Any, ...]) -> None:
        self.process.handlers.tell(number, arguments)


class _ToTheHub(logging.Handler):
    """Lines of the plugin's log go to the hub's."""

    def __init__(self, line: Line) -> None:
        super().__init__(logging.WARNING)
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        """Only the text crosses, and only from the loop's own thread."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self._line.post("log", record.levelno, self.format(record)[:4000])


def _implemented(domain: PluginDomain, ledger: Ledger, module: ModuleType) -> list[Any]:
    """Every implementation of the plugin with its arguments; odd ones are charged."""
    return [
        (
            name,
            [(each.name, each.default is not each.empty) for each in inspect.signature(function).parameters.values()],
        )
        for name, function in HookTable(ledger).sound(domain, module).items()
    ]


def _declared(hooks: ModuleType) -> list[Any]:
    return [
        (
            name,
            list(inspect.signature(function).parameters),
            inspect.getdoc(function) or "",
            has_one_answer(function),
            is_guarded(function),
        )
        for name, function in vars(hooks).items()
        if inspect.isfunction(function) and getattr(function, f"{PROJECT}_spec", None) is not None
    ]


def _folder(package: ModuleType) -> Path:
    paths = getattr(package, "__path__", None)
    return Path(next(iter(paths))) if paths else Path(package.__file__ or "")


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _import_quietly(name: str) -> None:
    """Values of a required plugin's classes may come before the plugin itself imported them."""
    import importlib

    try:
        importlib.import_module(name)
    except ImportError:
        return
