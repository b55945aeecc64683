"""Sealing the journal: its heads, signed and counted, go to a second place every minute and whenever somebody asks.

A head that stands elsewhere proves later that the journal was not cut, replaced or written anew. What a place takes
is in ``heads_place.py``, what is signed in ``seals.py``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from linli.clock import Clock
from linli.storage.actor import SYSTEM, Actor
from linli.storage.document import DocumentKind, Put
from linli.storage.errors import StorageError, StorageRefused
from linli.storage.heads_hub import HeadsRefused, HubPlace
from linli.storage.heads_place import Place
from linli.storage.journal_verify import Head
from linli.storage.sealing_key import SealingKey
from linli.storage.seals import Seal
from linli.storage.worker import Worker

if TYPE_CHECKING:
    from linli.storage.storage import Storage

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0
UNCHANGED_EVERY_US: Final = 3600 * 1_000_000
"""A journal to which nothing was added is sealed again only this often: a line a minute would be 200 MB a year."""
LASTING: Final = ("rolled_back", "changed")
"""Troubles that do not end when the place takes seals again."""
STATE: Final = DocumentKind("core.seals")
STATE_KEY: Final = "state"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a person must know of a place.

    ``what``: unreachable, rolled_back (it knows later seals than the data), changed (a head that it keeps does not
    stand in the journal), second_hub, or refused (it says itself that what it gets does not follow).
    """

    place: str
    what: str
    reason: str


class Heads:
    """Seals one hub's journal to every place that the deployment names."""

    def __init__(self, storage: Storage, clock: Clock, places: Sequence[Place]) -> None:
        self._storage = storage
        self._clock = clock
        self._places = places
        self._worker = Worker("journal-key", clock)
        self._taken: set[str] = set()
        """Places that know this hub by now."""
        self._acknowledged: dict[str, int] = {}
        self._counter = 0
        self._last: Seal | None = None
        self._sealing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._troubles: dict[str, Trouble] = {}
        self._listeners: list[Callable[[str, Trouble | None], None]] = []

    async def open(self) -> None:
        """Take the identity over at every place; raises StorageRefused where another hub has it. Begins to seal."""
        state = await self._storage.safety_documents.get(STATE.name, STATE_KEY)
        if state is not None:
            self._counter = int(state.value["counter"])
            known = state.value["acknowledged"] if state.value["epoch"] == self._epoch else {}
            self._acknowledged = {name: int(counter) for name, counter in known.items()}
        for place in self._places:
            await self._take_over(place)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="journal heads")

    def on_trouble(self, listener: Callable[[str, Trouble | None], None]) -> None:
        """Have ``listener`` told of each place what is wrong there; None: well again. At once of what is known."""
        self._listeners.append(listener)
        for trouble in self._troubles.values():
            listener(trouble.place, trouble)

    async def seal(self) -> int | None:
        """Seal now; the counter, once every place has it, None where one could not take it (an issue says why)."""
        async with self._sealing:
            return await self._seal(await self._storage.journal.heads())

    async def close(self) -> None:
        """Seal what was added since, then let the identity go."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            try:
                await self._seal_if_due()
                await self._keep_state(self._counter)
            except (StorageError, OSError) as error:
                log.error("the journal could not be sealed at the end: %s", error)
        for place in self._places:
            try:
                await place.close()
            except (OSError, TimeoutError) as error:
                log.warning("%s: %s", place.name, error)
        await self._worker.close()

    @property
    def _epoch(self) -> int:
        return self._storage.after_restore.epoch

    async def _run(self) -> None:
        while True:
            try:
                await self._seal_if_due()
            except (StorageError, OSError) as error:  # OSError: the key cannot be read
                log.error("the journal could not be sealed: %s", error)
            await self._clock.sleep(EVERY_S)

    async def _seal_if_due(self) -> None:
        async with self._sealing:
            heads = await self._storage.journal.heads()
            last = self._last
            now_us = round(self._clock.timestamp() * 1_000_000)
            changed = last is None or last.heads != tuple(heads)
            late = last is not None and now_us - last.at_us >= UNCHANGED_EVERY_US
            if changed or late or self._behind():
                await self._seal(heads)

    def _behind(self) -> bool:
        """Whether a place missed the newest seal."""
        return any(self._acknowledged.get(place.name) != self._counter for place in self._places)

    async def _seal(self, heads: Sequence[Head]) -> int | None:
        key = await self._own_key()
        counter = self._counter + 1
        restored = self._storage.after_restore.last
        seal = Seal(
            self._storage.instance.instance_id,
            self._epoch,
            counter,
            round(self._clock.timestamp() * 1_000_000),
            tuple(heads),
            () if restored is None else tuple((row.writer, row.sequence) for row in restored.base),
            key.public,
        ).sealed(key)
        # first the counter: a place that knows a later seal than the data then proves that the data are an old copy
        await self._keep_state(counter)
        self._counter, self._last = counter, seal
        took = [await self._bring(place, seal) for place in self._places]
        return counter if all(took) else None

    async def _own_key(self) -> SealingKey:
        key = await self._worker.run(lambda: SealingKey.of_folder(self._storage.folder.path))
        if self._storage.instance.public_key != key.public.hex():
            self._storage.describe(public_key=key.public.hex())
        return key

    async def _keep_state(self, counter: int) -> None:
        value: dict[str, Any] = {"epoch": self._epoch, "counter": counter, "acknowledged": dict(self._acknowledged)}
        await self._storage.safety_documents.batch([Put(STATE.name, STATE_KEY, value)])

    async def _bring(self, place: Place, seal: Seal) -> bool:
        try:
            if place.name not in self._taken:
                await self._take_over(place)
            if place.name not in self._taken:
                return False
            await place.add(seal)
        except HeadsRefused as error:
            self._tell(Trouble(place.name, "refused", error.what))
            return False
        except StorageRefused as error:
            self._tell(Trouble(place.name, "second_hub", str(error)))
            return False
        except (OSError, TimeoutError) as error:
            self._tell(Trouble(place.name, "unreachable", str(error) or type(error).__name__))
            return False
        self._acknowledged[place.name] = seal.counter
        trouble = self._troubles.get(place.name)
        if trouble is not None and trouble.what not in LASTING:
            self._tell_well(place.name)
        return True

    async def _take_over(self, place: Place) -> None:
        try:
            newest = await place.take_over(self._storage.instance.instance_id, self._epoch, self._storage.run)
        except (OSError, TimeoutError) as error:
            self._tell(Trouble(place.name, "unreachable", str(error) or type(error).__name__))
            return
        self._taken.add(place.name)
        if newest is None or newest.epoch != self._epoch:
            return
        if newest.counter <= self._counter:
            await self._compare(place, newest)
            return
        details = {"place_counter": newest.counter, "data_counter": self._counter}
        await self._storage.journal.append("journal.rolled_back", actor=SYSTEM, details=details)
        self._tell(Trouble(place.name, "rolled_back", f"{newest.counter} > {self._counter}"))
        self._counter = newest.counter

    async def _compare(self, place: Place, newest: Seal) -> None:
        """A journal that was cut or written anew while the hub was down does not hold what the place keeps."""
        lacking = await self._storage.journal.lacking(newest.heads)
        if lacking:
            writers = ", ".join(head.writer for head in lacking)
            details = {"place_counter": newest.counter, "writers": writers}
            await self._storage.journal.append("journal.changed", actor=SYSTEM, details=details)
            self._tell(Trouble(place.name, "changed", writers))

    def _tell(self, trouble: Trouble) -> None:
        if self._troubles.get(trouble.place) != trouble:
            log.error("journal heads, %s: %s (%s)", trouble.place, trouble.what, trouble.reason)
        self._troubles[trouble.place] = trouble
        for listener in self._listeners:
            listener(trouble.place, trouble)

    def _tell_well(self, name: str) -> None:
        log.warning("journal heads are taken again: %s", name)
        del self._troubles[name]
        for listener in self._listeners:
            listener(name, None)


def places_of(named: Sequence[str], hubs: Sequence[Mapping[str, str]], clock: Clock) -> list[Place]:
    """What a deployment names: addresses, folders and hubs with the tokens for them."""
    from linli.storage.heads_place import AddressPlace, FolderPlace

    places: list[Place] = [
        AddressPlace(one, clock) if one.startswith("https://") else FolderPlace(Path(one).resolve(), clock)
        for one in named
    ]
    return [*places, *(HubPlace(hub["address"], hub["token"], clock) for hub in hubs)]


async def exchange_key(storage: Storage, clock: Clock, *, actor: Actor) -> str:
    """Sign with a new key from the next seal on, also of a hub that runs; its public half, as ``instance.json`` has it.

    The journal names both, and the old key signs the new one, so that a thief of the folder's name is no successor.
    """
    worker = Worker("journal-key", clock)
    try:
        before = await worker.run(lambda: SealingKey.of_folder(storage.folder.path))
        after = await worker.run(lambda: SealingKey.exchange(storage.folder.path))
    finally:
        await worker.close()
    public = after.public.hex()
    details = {"before": before.public.hex()}
    await storage.journal.append("journal.key_rotated", actor=actor, subject=public, details=details)
    storage.describe(public_key=public)
    return public
