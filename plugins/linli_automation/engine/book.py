"""The rules of one plugin as they are written now, and the live ones that follow them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from linli import PluginContext, dumps_anyway
from linli_automation.engine.principal import DEPLOYMENT, Author

APPROVED: Final = "approved"
ALL: Final = "all"
A_ROW: Final = 100
"""Rules that one row of the journal names."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a blueprint made of a rule."""

    config: Mapping[str, Any]
    author: Author = DEPLOYMENT
    """Who saved the blueprint; the deployment where it is one of its files."""
    fault: str | None = None
    """Why nothing could be made of it."""


NO_RULE: Final = Made({}, fault="expected a dictionary")
"""In the place of what stands where a rule should stand."""


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
    made: Made | None = None
    """Where it fills a blueprint: what it is then."""

    @property
    def says(self) -> Mapping[str, Any]:
        """What it says, with its blueprint filled where it has one."""
        return self.config if self.made is None or self.made.fault is not None else self.made.config

    @property
    def acts_as(self) -> Author:
        """Who stands behind it."""
        return self.author if self.made is None else self.author.with_blueprint_of(self.made.author)

    def same_rule(self, other: "Written") -> bool:
        """Whether nothing but its place differs."""
        return (self.config, self.author, self.made) == (other.config, other.author, other.made)

    @property
    def hash(self) -> str:
        """Of what it says: another one when its blueprint is another."""
        said = self.config if self.made is None else [self.config, self.made.config]
        return hashlib.sha256(dumps_anyway(said)).hexdigest()


class Live(Protocol):
    """A rule that lives."""

    written: Written

    @property
    def words(self) -> object:
        """What it says; None: it is broken."""

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
            await self._approve(wanted.values())
            for key in [key for key in self.live if key not in wanted]:
                await self.live.pop(key).remove()
            for key, each in wanted.items():
                await self._follow(key, each)

    async def mend(self) -> None:
        """Read again what is broken: perhaps somebody who came meanwhile knows what it says."""
        async with self._lock:
            for live in [each for each in self.live.values() if each.words is None]:
                await live.change(live.written)

    async def _follow(self, key: str, written: Written) -> None:
        live = self.live.get(key)
        if live is None:
            self.live[key] = await self._make(written)
        elif live.written.same_rule(written):
            live.written = written
        else:
            await live.change(written)

    async def _approve(self, written: Collection[Written]) -> None:
        """The start that takes rules of the YAML up approves them: journaled once for what each says (SAFETY 17)."""
        if self._approved is None:
            found = (await self._ctx.documents.load(APPROVED)).get(ALL)
            self._approved = {} if found is None else dict(found.value["hashes"])
        hashes = {each.key: each.hash for each in written if each.author == DEPLOYMENT}
        new = [each for each in written if each.key in hashes and self._approved.get(each.key) != hashes[each.key]]
        if hashes == self._approved:
            return
        for begin in range(0, len(new), A_ROW):
            rules = {each.key: {"where": each.where, "hash": hashes[each.key]} for each in new[begin : begin + A_ROW]}
            details = {"author": "deployment", "rules": rules}
            await self._ctx.journal.record(f"{self._ctx.domain}.approved", details=details)
        self._approved = hashes
        await self._ctx.documents.put(APPROVED, ALL, {"hashes": hashes})
