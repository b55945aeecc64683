"""What a plugin counts and measures in its own process: gathered, and told to the hub once a turn."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from linli.bus import Unsubscribe
from linli.children.inside.process import Door, Process
from linli.clock import Timer
from linli.ids import PluginDomain

READ_EVERY_S: Final = 10.0


class RemoteCounter:
    """Counts up."""

    def __init__(self, door: Door, name: str) -> None:
        self._door = door
        self._name = name
        self._gathered: dict[tuple[str, ...], float] = {}

    def add(self, *labels: str, by: float = 1) -> None:
        """Count ``by`` for these label values."""
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._tell)
        self._gathered[labels] = self._gathered.get(labels, 0) + by

    def _tell(self) -> None:
        gathered, self._gathered = self._gathered, {}
        self._door.post("metrics.add", self._name, [[list(labels), by] for labels, by in gathered.items()])


class RemoteHistogram:
    """How long something took."""

    def __init__(self, door: Door, name: str) -> None:
        self._door = door
        self._name = name
        self._gathered: list[list[Any]] = []

    def observe(self, value: float, *labels: str) -> None:
        """Count one observation."""
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._tell)
        self._gathered.append([list(labels), value])

    def _tell(self) -> None:
        gathered, self._gathered = self._gathered, []
        self._door.post("metrics.observe", self._name, gathered)


class RemoteMetrics:
    """The metrics of one context. A gauge is read every 10 s here, and the hub shows what it was told last."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process = process
        self._door = door

    def counter(self, name: str, help: str, labels: Sequence[str], owner: PluginDomain) -> RemoteCounter:
        self._door.now("metrics.counter", name, help, list(labels))
        return RemoteCounter(self._door, name)

    def histogram(self, name: str, help: str, labels: Sequence[str], owner: PluginDomain) -> RemoteHistogram:
        self._door.now("metrics.histogram", name, help, list(labels))
        return RemoteHistogram(self._door, name)

    def gauge(
        self, name: str, help: str, read: Callable[[], Any], labels: Sequence[str], owner: PluginDomain
    ) -> Unsubscribe:
        number = self._process.handlers.add(read)
        self._door.now("metrics.gauge", number, name, help, list(labels))
        timer: Timer | None = None

        def tell() -> None:
            nonlocal timer
            timer = self._process.clock.call_later(READ_EVERY_S, tell)
            try:
                found = read()
            except Exception as error:  # noqa: BLE001 - the guard: one failing reading is charged
                self._process.ledger.error(owner, f"metric {name}", error)
                return
            series = found if isinstance(found, Mapping) else {(): found}
            self._door.post("metrics.gauge_is", number, [[list(at), value] for at, value in series.items()])

        tell()

        def undo() -> None:
            if timer is not None:
                timer.cancel()
            self._process.handlers.drop(number)
            self._door.post("undo", number)

        return undo
