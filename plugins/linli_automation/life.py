"""Whether the hub has started: rules that come to life later begin at once."""

from typing import Any


class Life:
    """Implements :class:`linli_automation.api.LifeApi`."""

    def __init__(self) -> None:
        self._began = False

    async def began(self) -> bool:
        return self._began

    async def begin(self) -> None:
        self._began = True

    def started(self, event: Any) -> None:
        """The hub says so."""
        self._began = True
