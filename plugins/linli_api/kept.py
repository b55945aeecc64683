"""What clients keep in the hub: documents of one kind, read once and then held in memory."""

import asyncio
from typing import Any

from linli import PluginContext


class Kept:
    """Values by key; reading is quick, a change has committed when it returns."""

    def __init__(self, ctx: PluginContext, kind: str) -> None:
        self._documents = ctx.documents
        self._kind = kind
        self._values: dict[str, dict[str, Any]] | None = None
        self._turn = asyncio.Lock()

    async def all(self) -> dict[str, dict[str, Any]]:
        """Every value; do not change them."""
        if self._values is None:
            async with self._turn:
                if self._values is None:
                    found = await self._documents.load(self._kind)
                    self._values = {key: document.value for key, document in found.items()}
        return self._values

    async def get(self, key: str) -> dict[str, Any] | None:
        """One value, or None."""
        return (await self.all()).get(key)

    async def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep ``value``."""
        values = await self.all()
        async with self._turn:
            await self._documents.put(self._kind, key, value)
            values[key] = value

    async def delete(self, key: str) -> None:
        """Forget a value; absent is fine."""
        values = await self.all()
        async with self._turn:
            await self._documents.delete(self._kind, key)
            values.pop(key, None)
