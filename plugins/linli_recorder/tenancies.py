"""Who lived where, and since when a reader may look back: asked of other plugins, and remembered for when they fail.

No right follows from silence: a place whose tenancy was never told is recorded under :data:`NOBODY_KNOWS`, which no
reader may read; a reader whose right was never told has none.
"""

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Any, Final

from linli import Database, PlaceId, PluginContext, StorageError, Transaction, UserId
from linli_recorder import hooks
from linli_recorder.api import Tenancy
from linli_recorder.sql import upsert
from linli_recorder.tables import tenancy_facts

NOBODY_KNOWS: Final = "?"
ASK_WITHIN_S: Final = 5.0
ASK_EVERY_S: Final = 60.0
LATEST_S: Final = 1e12
"""Later moments than this one are none."""
HUB: Final = ""
"""In the place of a reader: who lives there, whoever looks."""

NONE: Final = Tenancy("")


class Tenancies:
    """The facts, by place and reader."""

    def __init__(self, ctx: PluginContext, changed: Callable[[PlaceId], None]) -> None:
        self._ctx = ctx
        self._changed = changed
        self._facts: dict[tuple[str, str], Tenancy] = {}
        self._asked_at: dict[tuple[str, str], float] = {}
        self._database: Database | None = None
        self._used = False

    async def load(self, database: Database) -> None:
        """Take up the last answers of earlier runs."""
        self._database = database

        def read(tx: Transaction) -> list[tuple[str, str, str, int]]:
            return [tuple(row) for row in tx.execute(tenancy_facts.select())]

        for place, reader, tenancy, since_us in await database.read(read):
            self._facts[place, reader] = Tenancy(tenancy, since_us / 1e6)

    @property
    def used(self) -> bool:
        """Whether any plugin tells tenancies, or one once did: where it stops before the recorder does, what it did not
        tell any more is known by nobody."""
        self._used = self._used or bool(self._facts) or bool(self._ctx.hooks.implementers(hooks.auth_tenancy_of))
        return self._used

    def at(self, place: PlaceId) -> str | None:
        """Who lives there; None: ask first."""
        if not self.used:
            return ""
        return self.known(place) if self._is_fresh(place, HUB) else None

    def known(self, place: PlaceId) -> str:
        """Who lived there by the last answer, however old it is; :data:`NOBODY_KNOWS` where there was none."""
        if not self.used:
            return ""
        fact = self._facts.get((place, HUB))
        return NOBODY_KNOWS if fact is None else fact.id

    async def ask(self, places: Iterable[PlaceId]) -> None:
        """Have :meth:`known` know these places: all are asked about together, so that a census that hangs costs its
        time once and not once for each place."""
        await asyncio.gather(*(self.of(place, None) for place in set(places)))

    async def of(self, place: PlaceId, reader: UserId | None) -> Tenancy | None:
        """The fact about a place and a reader; None: nothing is known, so there is no right."""
        if not self.used:
            return NONE
        key = (place, reader or HUB)
        if not self._is_fresh(*key):
            await self._ask(place, reader)
        return self._facts.get(key)

    async def ask_again(self, places: Iterable[PlaceId] = ()) -> None:
        """What is known of these places (of none: of all) is asked anew."""
        chosen = set(places)
        stale = [key for key in self._asked_at if not chosen or PlaceId(key[0]) in chosen]
        for key in stale:
            del self._asked_at[key]
        await self.ask(PlaceId(place) for place, reader in stale if reader == HUB)

    def _is_fresh(self, place: str, reader: str) -> bool:
        asked_at = self._asked_at.get((place, reader))
        return asked_at is not None and self._ctx.clock.monotonic() - asked_at < ASK_EVERY_S

    async def _ask(self, place: PlaceId, reader: UserId | None) -> None:
        key = (place, reader or HUB)
        answer = await self._ctx.hooks.first(hooks.auth_tenancy_of, within=ASK_WITHIN_S, place=place, reader=reader)
        self._asked_at[key] = self._ctx.clock.monotonic()
        before = self._facts.get(key)
        if answer is None or answer == before:
            return
        if not _makes_sense(answer):
            self._ctx.log.error("what was told of who lives at %s is no tenancy; the last answer holds", place)
            return
        self._facts[key] = answer
        if reader is None and (before is None or before.id != answer.id):
            self._changed(place)  # before it is kept: where the disk takes nothing, rows must not go to those who left
        if self._database is not None:
            row = {"place": place, "reader": key[1], "tenancy": answer.id, "since_us": round(answer.since * 1e6)}
            try:
                await self._database.transaction(lambda tx: upsert(tx, tenancy_facts, row, ("place", "reader")))
            except StorageError as error:
                self._ctx.log.warning("who lives at %s is known and cannot be kept now: %s", place, error)


def _makes_sense(answer: Any) -> bool:
    """Whether it is what the hook asks for: nonsense of a plugin must not stop the recording."""
    if not isinstance(answer, Tenancy) or not isinstance(answer.id, str) or not isinstance(answer.since, int | float):
        return False
    return math.isfinite(answer.since) and abs(answer.since) < LATEST_S
