"""The remembered ones: devices and entities that were removed, so that one that comes back is the same again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar, cast

from linli.registry.base import SCHEMA_VERSION, Row
from linli.registry.codec import from_value, giver, to_value
from linli.registry.keeper import Keeper, Owed
from linli.storage.document import Document, DocumentKind

KEEP_S: Final = 30 * 86_400.0
"""For how long; Home Assistant's figure."""
MOST: Final = 10_000
"""At most so many; the oldest go first."""

E = TypeVar("E", bound=Row)


class Memory(Generic[E]):
    """Removed rows under the keys by which they may come back."""

    def __init__(self, kind: str, row_type: type[E], keys_of: Callable[[E], Iterator[object]], keeper: Keeper) -> None:
        self.kind = kind
        self._row_type = row_type
        self._keys_of = keys_of
        self._keeper = keeper
        self._rows: dict[str, E] = {}
        self._by_key: dict[object, str] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def document_kind(self) -> DocumentKind:
        """How its documents are judged when they are read."""

        def check(key: str, value: dict[str, Any]) -> None:
            from_value(self._row_type, value)

        return DocumentKind(self.kind, SCHEMA_VERSION, check=check)

    def load(self, documents: Mapping[str, Document], now: float) -> None:
        """Take them up at the start; what is older than :data:`KEEP_S` is forgotten."""
        rows = [from_value(self._row_type, document.value) for document in documents.values()]
        for row in sorted(rows, key=_gone_at):
            self._take(row)
            if _gone_at(row) < now - KEEP_S:
                self.forget(row)

    def keep(self, row: E, now: float) -> None:
        """Remember a removed row."""
        gone = cast("E", replace(cast("Any", row), deleted_at=now))
        if self._keeper.rehearsing:
            self._keeper.plan(self.kind, row.id, to_value(gone), self._value_of(row.id), giver(row))
            return
        self._take(gone)
        self._owe(row)
        while len(self._rows) > MOST:
            self.forget(next(iter(self._rows.values())))

    def recall(self, *keys: object) -> E | None:
        """The removed row of one of these keys; it is no longer remembered."""
        for key in keys:
            found = self._by_key.get(key)
            if found is not None:
                row = self._rows[found]
                self.forget(row)
                return cast("E", replace(cast("Any", row), deleted_at=None))
        return None

    def forget(self, row: E) -> None:
        """Remember it no longer."""
        self._rows.pop(row.id, None)
        for key in self._keys_of(row):
            if self._by_key.get(key) == row.id:
                del self._by_key[key]
        self._owe(row)

    def _take(self, row: E) -> None:
        for key in self._keys_of(row):
            former = self._by_key.get(key)
            if former is not None and former != row.id:
                self.forget(self._rows[former])
            self._by_key[key] = row.id
        self._rows.pop(row.id, None)
        self._rows[row.id] = row

    def _owe(self, changed: E) -> None:
        self._keeper.owe(self.kind, changed.id, self._value_of(changed.id), giver(changed))

    def _value_of(self, item_id: str) -> Owed:
        def value() -> dict[str, Any] | None:
            row = self._rows.get(item_id)
            return None if row is None else to_value(row)

        return value


def _gone_at(row: Any) -> float:
    return cast("float", row.deleted_at or 0.0)
