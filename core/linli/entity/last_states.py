"""The last state of every registered entity, over restarts, without a recorder.

Written every 60 s and at the stop, only what changed; read whole at the start, but decoded only when an entity asks.
Doubts are kept beside the states: a restart makes nothing believable again. A state that holds what
JSON cannot write is kept in the last resort's form and charged to its plugin; the others never notice.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, bindparam, delete, insert, select

from linli.clock import Clock, Timer
from linli.context import Context
from linli.entity.handle import Last
from linli.errors import LinliError
from linli.ids import CORE, EntityId, PluginDomain, RegistryId
from linli.jsonbytes import dumps, dumps_anyway, loads
from linli.ledger import Ledger
from linli.states import Doubt, State
from linli.storage.database import Database
from linli.storage.history import History
from linli.storage.migrate import Outcome
from linli.storage.transaction import Transaction

log = logging.getLogger(__name__)

SAVE_EVERY_S: Final = 60.0
ROWS_AT_ONCE: Final = 2_000

_metadata: Final = MetaData()
last_states: Final = Table(
    "last_states",
    _metadata,
    Column("registry_id", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("doubts", Text),
    Column("at_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
HISTORY: Final = History("entity", Path(__file__).with_name("migrations"), _metadata)


class Store(Protocol):
    """The part of the storage that is needed here."""

    @property
    def hub(self) -> Database: ...
    async def migrate(self, database: Database, history: History) -> Outcome: ...


class Kept:
    """What is kept of one entity; decoded only when somebody asks, because nobody asks about most."""

    __slots__ = ("_doubts", "_last", "_value")

    def __init__(self, value: str = "", doubts: str | None = None, last: Last | None = None) -> None:
        self._value = value
        self._doubts = doubts
        self._last = last

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why it was not believed."""
        return _doubts(self._doubts) if self._last is None else self._last.doubts

    def read(self, entity_id: EntityId) -> Last | None:
        """What the entity was, under the name that it has now; None: the row makes no sense."""
        if self._last is not None:
            return _under(entity_id, self._last)
        if not self._value:
            return None
        try:
            return decode(entity_id, self._value, self._doubts)
        except (ValueError, TypeError, KeyError):
            log.warning("the last state of %s cannot be read; it is forgotten", entity_id)
            self._value = ""
            return None


Token = tuple[object, tuple[Doubt, ...], Mapping[str, Any]]
"""What differs, by identity, when there is something new to write."""


class Following(Protocol):
    """An entity that lives, as it is asked at each saving."""

    @property
    def registry_id(self) -> RegistryId: ...
    def token(self) -> Token: ...
    def last_known(self) -> Last | None: ...


Source = Callable[[], Iterable[Following]]
"""Gives what lives now."""

OwnerOf = Callable[[RegistryId], PluginDomain]
"""Whose entity it is; the core for one that is not registered any more."""

DoubtsNow = Callable[[RegistryId], tuple[Doubt, ...] | None]
"""The doubts about an entity that does not live now; None: nothing is known of it but what is kept."""


class LastStates:
    """Keeps the last states of the entities that are followed."""

    def __init__(
        self, storage: Store, clock: Clock, ledger: Ledger, owner_of: OwnerOf = lambda registry_id: CORE
    ) -> None:  # fmt: skip
        self._storage = storage
        self._clock = clock
        self._ledger = ledger
        self._owner_of = owner_of
        self._unwritable: set[RegistryId] = set()
        """Charged already for what they hold; each is charged once, until it is whole again."""
        self._rows: dict[RegistryId, Kept] = {}
        """As they were read at the start, until the entity lives."""
        self._ended: dict[RegistryId, Last] = {}
        """Of entities that went since (a reload, the stop)."""
        self._written: dict[RegistryId, Token] = {}
        self._gone: set[RegistryId] = set()
        self._sources: list[Source] = []
        self._doubts_now: DoubtsNow = lambda registry_id: None
        self._timer: Timer | None = None
        self._saving = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    # reading ---------------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read all rows."""
        await self._storage.migrate(self._storage.hub, HISTORY)

        def read(tx: Transaction) -> Sequence[Any]:
            return tx.execute(select(last_states.c.registry_id, last_states.c.value, last_states.c.doubts)).all()

        for row in await self._storage.hub.read(read):
            self._rows[row[0]] = Kept(row[1], row[2])

    def of(self, registry_id: RegistryId) -> Kept | None:
        """What the entity was when it last lived; None: nothing is known."""
        ended = self._ended.get(registry_id)
        return Kept(last=ended) if ended is not None else self._rows.get(registry_id)

    def doubts_of(self, registry_id: RegistryId) -> tuple[Doubt, ...]:
        """The doubts that stood when the entity last lived."""
        kept = self.of(registry_id)
        return () if kept is None else kept.doubts

    # following -------------------------------------------------------------------------------------------------------

    def follow(self, source: Source, doubts_now: DoubtsNow) -> None:
        """Ask ``source`` at each saving, and ``doubts_now`` about those that do not live."""
        self._sources.append(source)
        self._doubts_now = doubts_now

    def ended(self, registry_id: RegistryId, last: Last) -> None:
        """The entity lives no longer: this is what it was."""
        self._ended[registry_id] = last

    def revived(self, registry_id: RegistryId) -> None:
        """The entity lives again: from now on it is asked itself."""
        self._ended.pop(registry_id, None)
        self._rows.pop(registry_id, None)

    def forget(self, registry_id: RegistryId) -> None:
        """The entity is no longer registered."""
        self.revived(registry_id)
        self._written.pop(registry_id, None)
        self._unwritable.discard(registry_id)
        self._gone.add(registry_id)

    def keep_only(self, known: Callable[[RegistryId], bool]) -> None:
        """Forget the rows of entities that are not registered."""
        for registry_id in [each for each in self._rows if not known(each)]:
            self.forget(registry_id)

    # writing ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Save every 60 s from now on."""
        self._timer = self._clock.call_later(SAVE_EVERY_S, self._due)

    async def close(self) -> None:
        """Save once more, and no longer."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self.save()
        except Exception:  # the stop goes on, whatever the disk says
            log.exception("the last states could not be saved at the stop")

    async def save(self) -> int:
        """Write what changed since the last time; how many rows. Raises what the storage raises; then all is tried
        again the next time."""
        async with self._saving:
            changed = self._changed()
            gone, self._gone = self._gone, set()
            try:
                for start in range(0, len(changed), ROWS_AT_ONCE):
                    part = changed[start : start + ROWS_AT_ONCE]
                    rows = [(each[0], each[2]) for each in part]
                    refused = await self._storage.hub.transaction(partial(_write, rows, gone))
                    self._charge({registry_id for registry_id, _, _ in part}, refused)
                    self._written.update((registry_id, token) for registry_id, token, _ in part)
                    gone = set()
                if gone:
                    await self._storage.hub.transaction(partial(_write, [], gone))
                    gone = set()
            finally:
                self._gone.update(gone)
            return len(changed)

    def _charge(self, tried: set[RegistryId], refused: Mapping[RegistryId, Exception]) -> None:
        for registry_id, error in refused.items():
            if registry_id not in self._unwritable:
                self._ledger.error(self._owner_of(registry_id), f"the last state of {registry_id}", error)
        self._unwritable = (self._unwritable - tried) | refused.keys()

    def _changed(self) -> list[tuple[RegistryId, Token, Last]]:
        found: list[tuple[RegistryId, Token, Last]] = []
        self._take_up_doubts()
        for registry_id, last in self._ended.items():
            self._add(found, registry_id, (last.state, last.doubts, last.remembered), partial(_itself, last))
        for source in self._sources:
            for life in source():
                self._add(found, life.registry_id, life.token(), life.last_known)
        return found

    def _take_up_doubts(self) -> None:
        """Doubts that came while an entity did not live are kept, too."""
        for registry_id in [*self._ended, *self._rows]:
            kept, doubts = self.of(registry_id), self._doubts_now(registry_id)
            if kept is None or doubts is None or doubts == kept.doubts:
                continue
            last = kept.read(EntityId(""))
            if last is not None:
                self._ended[registry_id] = replace(last, doubts=doubts)
                self._rows.pop(registry_id, None)

    def _add(
        self, found: list[tuple[RegistryId, Token, Last]], registry_id: RegistryId, token: Token,
        last_known: Callable[[], Last | None],
    ) -> None:  # fmt: skip
        before = self._written.get(registry_id)
        if before is not None and before[0] is token[0] and before[1] is token[1] and before[2] == token[2]:
            return
        last = last_known()
        if last is not None:
            found.append((registry_id, token, last))

    def _due(self) -> None:
        self._timer = self._clock.call_later(SAVE_EVERY_S, self._due)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._save_quietly(), name="core:last_states")

    async def _save_quietly(self) -> None:
        try:
            await self.save()
        except Exception as error:  # nobody waits for this task: what it meets is logged and tried again
            if not self._failing:
                log.error(
                    "the last states cannot be saved (%s); it is tried again every minute",
                    error,
                    exc_info=None if isinstance(error, LinliError) else error,
                )
            self._failing = True
        else:
            self._failing = False


def _itself(last: Last) -> Last:
    return last


_REMOVE: Final = delete(last_states).where(last_states.c.registry_id == bindparam("id"))


def _write(
    changed: list[tuple[RegistryId, Last]], gone: set[RegistryId], tx: Transaction
) -> dict[RegistryId, Exception]:
    """In the database's thread, so that encoding holds up nobody; which could not be encoded as they are, and why."""
    rows: list[dict[str, Any]] = []
    refused: dict[RegistryId, Exception] = {}
    for registry_id, last in changed:
        try:
            value, doubts = encode(last)
        except Exception as error:  # noqa: BLE001 - what a plugin gave decides what is raised; the other rows go on
            refused[registry_id] = error
            value, doubts = encode(last, dumps_anyway)
        rows.append({"registry_id": registry_id, "value": value, "doubts": doubts, "at_us": tx.now_us})
    removed = [{"id": registry_id} for registry_id in (*gone, *(each[0] for each in changed))]
    if removed:
        tx.execute(_REMOVE, removed)
    if rows:
        tx.execute(insert(last_states), rows)
    return refused


def encode(last: Last, written: Callable[[Any], bytes] = dumps) -> tuple[str, str | None]:
    """What stands in the columns ``value`` and ``doubts``."""
    state = last.state
    value = {"s": state.state, "a": state.attributes, "c": state.last_changed, "u": state.last_updated}
    if last.remembered:
        value["r"] = last.remembered
    doubts = [[doubt.source, doubt.reason, doubt.since, doubt.no_connection] for doubt in last.doubts]
    return written(value).decode(), written(doubts).decode() if doubts else None


def decode(entity_id: EntityId, text: str, doubts: str | None) -> Last:
    """The same back, under the entity's present name; raises ValueError, TypeError or KeyError."""
    value = loads(text)
    state = State(entity_id, value["s"], value["a"], value["c"], value["u"], Context())
    return Last(state, _doubts(doubts), value.get("r", {}))


def _under(entity_id: EntityId, last: Last) -> Last:
    """The same, under the entity's present name."""
    old = last.state
    if old.entity_id == entity_id:
        return last
    return replace(
        last, state=State(entity_id, old.state, old.attributes, old.last_changed, old.last_updated, old.context)
    )


def _doubts(text: str | None) -> tuple[Doubt, ...]:
    if text is None:
        return ()
    return tuple(Doubt(PluginDomain(each[0]), each[1], each[2], each[3]) for each in loads(text))
