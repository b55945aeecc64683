"""Whether the hub has started: what happened while it was down is told only then, when rules listen."""

import asyncio
from typing import Protocol


class LifeApi(Protocol):
    """For the helpers of this plugin's own entries."""

    async def started(self) -> None:
        """Return once everything has been set up and the plugins of the layers above were told so."""

    async def begin(self) -> None:
        """It is so now."""


class Life:
    """Implements :class:`LifeApi`."""

    def __init__(self) -> None:
        self._began = asyncio.Event()

    async def begin(self) -> None:
        self._began.set()

    async def started(self) -> None:
        await self._began.wait()
