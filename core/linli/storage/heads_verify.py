"""Checking the journal together with its heads kept elsewhere: what ``linli journal verify --heads`` does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linli.clock import Clock
from linli.storage.heads import STATE, STATE_KEY
from linli.storage.heads_place import seal_lines
from linli.storage.journal_verify import Verification
from linli.storage.sealing_key import FILE, SealingKey
from linli.storage.seals import Expected, SealCheck, check_seals
from linli.storage.worker import Worker

if TYPE_CHECKING:
    from linli.storage.heads_hub import HubPlace
    from linli.storage.storage import Storage


@dataclass(frozen=True, slots=True)
class HeadsVerification:
    """The journal and its seals, judged together."""

    journal: Verification
    seals: SealCheck

    @property
    def holds(self) -> bool:
        return self.journal.holds and not self.seals.breaks


async def verify_with_heads(storage: Storage, clock: Clock, place: Path) -> HeadsVerification:
    """Check every chain, every seal in the folder ``place``, and that each sealed head stands in its chain."""
    worker = Worker("heads-verify", clock)
    try:
        expected = await _expected(storage, await worker.run(lambda: os.path.realpath(place)))
        seals = await worker.run(lambda: check_seals(seal_lines(place / expected.instance), expected))
    finally:
        await worker.close()
    return HeadsVerification(await storage.journal.verify(seals.anchors), seals)


async def verify_with_hub(storage: Storage, hub: HubPlace) -> HeadsVerification:
    """The same with what another hub has received. Raises OSError when it cannot be asked."""
    expected = await _expected(storage, hub.name)
    seals = check_seals(await hub.lines(expected.instance), expected)
    return HeadsVerification(await storage.journal.verify(seals.anchors), seals)


async def _expected(storage: Storage, name: str) -> Expected:
    state = await storage.safety_documents.get(STATE.name, STATE_KEY)
    epoch = storage.after_restore.epoch
    said = state.value if state is not None and state.value["epoch"] == epoch else None
    restored = storage.after_restore.last
    has_key = (storage.folder.path / FILE).exists()
    key = SealingKey.of_folder(storage.folder.path) if has_key else None
    public = storage.instance.public_key
    return Expected(
        instance=storage.instance.instance_id,
        epoch=epoch,
        counter=0 if said is None else int(said["counter"]),
        acknowledged=0 if said is None else int(said["acknowledged"].get(name, 0)),
        key=None if public is None else bytes.fromhex(public),
        origin=None if key is None else key.origin,
        base=() if restored is None else tuple((row.writer, row.sequence) for row in restored.base),
    )
