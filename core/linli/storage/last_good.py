"""The last good copy of each kind of documents: a file beside the database, replaced atomically."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from linli.clock import Clock, Timer
from linli.jsonbytes import Fragment, dumps, loads
from linli.storage.database import Database
from linli.storage.document import KIND_NAME, Copy
from linli.storage.document_rows import TOPIC, parse, read_rows
from linli.storage.errors import StorageError
from linli.storage.files import replace_durably
from linli.storage.transaction import Change, Transaction

log = logging.getLogger(__name__)

WRITE_AFTER_S: Final = 5
"""At most this long after a change its kind is copied; changes in between share one copy."""


class LastGood:
    """Copies every kind that was changed, soon after and at close, from the database as it then stands."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._changed: set[str] = set()
        self._timer: Timer | None = None
        self._copying: set[asyncio.Task[None]] = set()
        database.on_commit(self._note)

    def read(self, kind: str) -> dict[str, Copy]:
        """The last copy of each key; what is damaged in the file is left out. Blocks on the disk."""
        try:
            copies: dict[str, dict[str, Any]] = loads(self._file(kind).read_bytes())["documents"]
            return {key: copy for key, found in copies.items() if (copy := _sound(kind, key, found)) is not None}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            log.exception("the last good copy of %r cannot be read", kind)
            return {}

    def kinds(self) -> list[str]:
        """The kinds that have a copy."""
        return sorted(file.stem for file in self._folder.glob("*.json") if KIND_NAME.match(file.stem))

    async def close(self) -> None:
        """Copy what was changed since the last copy."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._copying)
        await self._copy_changed()

    def _note(self, committed: Sequence[Change]) -> None:
        kinds = {change.key for change in committed if change.topic == TOPIC and change.key is not None}
        if kinds:
            self._changed |= kinds
            self._timer = self._timer or self._clock.call_later(WRITE_AFTER_S, self._begin)

    def _begin(self) -> None:
        self._timer = None
        task = asyncio.get_running_loop().create_task(self._copy_changed(), name="last good copies")
        self._copying.add(task)
        task.add_done_callback(self._copying.discard)

    async def _copy_changed(self) -> None:
        kinds, self._changed = self._changed, set()
        for kind in sorted(kinds):
            try:
                await self._database.read(partial(self._copy, kind))
            except (OSError, StorageError, ValueError) as error:
                log.error("documents of kind %r could not be copied: %s", kind, error)

    def _copy(self, kind: str, tx: Transaction) -> None:
        """Write the file; raises ValueError, and leaves the old one, when a row is damaged."""
        copies: dict[str, dict[str, Any]] = {}
        for row in read_rows(self._database.backend, tx, kind):
            parse(kind, row.key, row.schema_version, row.value, row.checksum)
            copies[row.key] = {
                "schema_version": row.schema_version,
                "checksum": row.checksum,
                "value": Fragment(row.value),
            }
        self._folder.parent.mkdir(mode=0o700, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        target = self._file(kind)
        partial_file = target.with_suffix(".partial")
        handle = os.open(partial_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(dumps({"kind": kind, "documents": copies}))
        replace_durably(partial_file, target)

    def _file(self, kind: str) -> Path:
        return self._folder / f"{kind}.json"


def _sound(kind: str, key: str, found: dict[str, Any]) -> Copy | None:
    text = dumps(found["value"]).decode()
    try:
        return Copy(found["schema_version"], parse(kind, key, found["schema_version"], text, found["checksum"]))
    except ValueError as error:
        log.error("the last good copy of %s %r is damaged: %s", kind, key, error)
        return None
