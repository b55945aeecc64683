"""What a hub that begins as a copy can be broken by on purpose, so that the kill trial shows that it finds it."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

LATE_S: Final = 0.5


def _late() -> None:
    """A change of a registry is acknowledged half a second before it is written."""
    from linli.registry.keeper import Keeper

    written = Keeper._write

    async def later(self: Any, plan: Any) -> None:
        asyncio.get_running_loop().call_later(LATE_S, lambda: asyncio.ensure_future(written(self, plan)))

    Keeper._write = later


def _orphans() -> None:
    """A hub does not end with its parent."""
    from linli.process import entry

    entry.end_with_parent = lambda sock: None


def _unjournaled() -> None:
    """Users are made without a row in the journal."""
    from linli.storage.transaction import Transaction

    journal = Transaction.journal

    def only_others(self: Any, action: str, **more: Any) -> Any:
        return None if action == "user.created" else journal(self, action, **more)

    Transaction.journal = only_others


def _altered() -> None:
    """A row of the journal has the hash of something else."""
    from linli.storage.chain import Link

    made = Link.hash

    def altered(self: Any) -> bytes:
        return made(self)[::-1] if self.action == "user.created" else made(self)

    Link.hash = altered


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "late": _late, "orphans": _orphans, "unjournaled": _unjournaled, "altered": _altered,
}  # fmt: skip
