"""A whole hub in the test's own loop, on simulated time unless the test wants real sockets.

::

    async def test_it_rings(tmp_path):
        home = Deployment(tmp_path, "doorbell: {button: event.front}").drop_in("doorbell", DOORBELL)
        async with running_hub(home) as hub:
            ...
"""

import textwrap
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self

from linli.auth import AuthSettings
from linli.auth.passwords import Cost
from linli.clock import Clock, SimulatedClock
from linli.config import check, load
from linli.errors import DeploymentError
from linli.hub import Hub, same
from linli.plugin.catalog import PluginCatalog
from linli.plugin.wire import cross

QUICK: Final = Cost(memory_kib=8, passes=1)
"""Passwords at next to no cost: tests hash many."""


class Deployment:
    """A folder with a ``linli.yaml`` and perhaps plugins, made for one test."""

    def __init__(self, folder: Path, yaml: str = "") -> None:
        self.folder = folder / "deployment"
        self.data = folder / "data"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._dropped: list[str] = []
        self._yaml = textwrap.dedent(yaml)
        self._write()

    def _write(self) -> None:
        trusted = f"linli: {{trusted: [{', '.join(self._dropped)}]}}\n" if "linli:" not in self._yaml else ""
        (self.folder / "linli.yaml").write_text(trusted + self._yaml, encoding="utf-8")

    def drop_in(self, name: str, source: str) -> Self:
        """Put a single-file plugin into ``plugins/`` and trust it."""
        plugins = self.folder / "plugins"
        plugins.mkdir(exist_ok=True)
        (plugins / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        self._dropped.append(name)
        self._write()
        return self


@asynccontextmanager
async def running_hub(
    deployment: Deployment, *, clock: Clock | None = None, encoded: bool = True, children: Collection[str] = ()
) -> AsyncIterator[Hub]:
    """A started hub; stopped afterwards. Raises DeploymentError where the check finds mistakes.

    ``encoded``: every value at the doors is encoded and decoded, as on the way to a plugin in a process of its own.
    ``children``: plugins that run in such a process, on the same simulated time; await ``clock.settle()`` before you
    look at what they did.
    """
    loaded = load(deployment.folder, set=(f"linli.children=[{', '.join(children)}]",) if children else ())
    folder = deployment.folder / "plugins"
    checked = check(loaded, PluginCatalog(folder if folder.is_dir() else None))
    if not checked.report.ok:
        raise DeploymentError("the deployment has mistakes", checked.report.lines())
    hub = await Hub.build(
        checked,
        deployment.data,
        clock=clock or SimulatedClock(),
        cross=cross if encoded else same,
        auth_settings=AuthSettings(cost=QUICK),
    )
    try:
        await hub.start()
        yield hub
    finally:
        await hub.stop()
