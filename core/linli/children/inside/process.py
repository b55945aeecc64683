"""Everything of a plugin's own process that its doors share, and one door's way to the hub."""

import logging
from typing import Any

from linli.callers import caller
from linli.children.faults import line_of
from linli.children.inside.handlers import Handlers
from linli.children.inside.line import Line
from linli.children.inside.mirrors import EntryMirror, RegistryMirrors, ServiceNames, StateMirror
from linli.clock import Clock
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.plugin.capabilities import Allowed
from linli.plugin.manifest import Manifest, Privilege
from linli.pool import BlockingPool
from linli.settings import CoreSettings
from linli.translations import Translator


class ChildLedger(Ledger):
    """Charges are the hub's to keep: it is told of each."""

    def __init__(self, clock: Clock, line: Line) -> None:
        super().__init__(clock)
        self._line = line

    def error(self, owner: PluginDomain, where: str, error: BaseException) -> None:
        logging.getLogger(__name__).debug("raised in %s", where, exc_info=error)
        what = f"{type(error).__name__}: {error}"[:2000]
        self._line.post("charge", "error", where, what, line_of(error), caller())

    def slow(self, owner: PluginDomain, where: str, took_s: float) -> None:
        self._line.post("charge", "slow", where, f"held its own loop for {took_s * 1000:.0f} ms", None)

    def note(self, owner: PluginDomain, kind: str, where: str, what: str) -> None:
        self._line.post("charge", kind, where, what[:2000], None)


class Process:
    """What the hub said at the birth, the mirrors, the handlers."""

    def __init__(
        self, line: Line, clock: Clock, manifest: Manifest, granted: frozenset[Privilege], settings: CoreSettings,
        translator: Translator,
    ) -> None:  # fmt: skip
        self.line = line
        self.clock = clock
        self.manifest = manifest
        self.domain = manifest.id
        self.granted = granted
        self.settings = settings
        self.translator = translator
        self.ledger = ChildLedger(clock, line)
        self.handlers = Handlers()
        self.states = StateMirror(manifest.id, Allowed(manifest), self.ledger)
        self.registries = RegistryMirrors()
        self.entries = EntryMirror()
        self.services = ServiceNames()
        self.blocking = BlockingPool(clock)

    def door(self, number: int) -> "Door":
        """The way of one context to the hub."""
        return Door(self, number)


class Door:
    """Asks and tells the hub in the name of one context."""

    def __init__(self, process: Process, number: int) -> None:
        self._line = process.line
        self.number = number

    def post(self, name: str, *arguments: Any) -> None:
        """Tell the hub; errors are charged there."""
        self._line.post("post", self.number, name, arguments)

    def now(self, name: str, *arguments: Any) -> Any:
        """Ask for what the hub has at once, and wait."""
        return self._line.now(self.number, name, *arguments)

    async def ask(self, name: str, *arguments: Any) -> Any:
        """Ask and await."""
        return await self._line.ask(self.number, name, *arguments)
