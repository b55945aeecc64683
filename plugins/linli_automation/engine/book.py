"""The rules of one plugin as they are written now, and the live ones that follow them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from linli import PluginContext, dumps_anyway
from linli_automation.engine.principal import DEPLOYMENT, Author

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Written:
    """One rule as somebody wrote it."""

    key: str
    """Which one it is, within its plugin."""
    config: Mapping[str, Any]
    author: Author = DEPLOYMENT
    path: tuple[str | int, ...] = ()
    """Where it stands in the section; of one that came by API nothing."""
    where: str = ""
    """The same as ``file:line:column``."""

    def same_rule(self, other: "Written") -> bool:
        """Whether nothing but its place differs."""
        return (self.config, self.author) == (other.config, other.author)

    @property
    def hash(self) -> str:
        """Of what it says."""
        return hashlib.sha256(dumps_anyway(self.config)).hexdigest()


class Live(Protocol):
    """A rule that lives."""

    written: Written

    async def change(self, written: Written) -> None:
        """Be as ``written`` says from now on."""

    async def remove(self) -> None:
        """Away with it, and with its entity."""


L = TypeVar("L", bound=Live)


class Book(Generic[L]):
    """Follows what is written: what did not change goes on undisturbed."""

    def __init__(self, ctx: PluginContext, make: Callable[[Written], Awaitable[L]]) -> None:
        self.live: dict[str, L] = {}
        self._ctx = ctx
        self._make = make
        self._lock = asyncio.Lock()
        self._approved: dict[str, str] | None = None

    async def take_up(self, written: Iterable[Written]) -> None:
        """Be as all these say; a later one of the same key is passed over, loudly."""
        async with self._lock:
            wanted: dict[str, Written] = {}
            for each in written:
                if each.key in wanted:
                    where = each.where or "by API"
                    self._ctx.log.error("%s: ID %s already exists - ignoring", where, each.key)
                else:
                    wanted[each.key] = each
            for key in [key for key in self.live if key not in wanted]:
                await self.live.pop(key).remove()
            for key, each in wanted.items():
                await self._follow(key, each)

    async def _follow(self, key: str, written: Written) -> None:
        live = self.live.get(key)
        if live is not None and live.written.same_rule(written):
            live.written = written
            return
        await self._approve(written)
        if live is None:
            self.live[key] = await self._make(written)
        else:
            await live.change(written)

    async def _approve(self, written: Written) -> None:
        """The start that takes a rule of the YAML up approves it: journaled once for what it says (SAFETY 17)."""
        if written.author != DEPLOYMENT:
            return
        if self._approved is None:
            found = await self._ctx.documents.load(APPROVED)
            self._approved = {key: document.value["hash"] for key, document in found.items()}
        if self._approved.get(written.key) == written.hash:
            return
        self._approved[written.key] = written.hash
        details = {"author": "deployment", "where": written.where, "hash": written.hash}
        await self._ctx.journal.record(f"{self._ctx.domain}.approved", subject=written.key, details=details)
        await self._ctx.documents.put(APPROVED, written.key, {"hash": written.hash})
