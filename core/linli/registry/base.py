"""What all registries have in common: rows by id, looked up at once, changed in one place, owed to the disk."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from linli.bus import EventBus, EventType
from linli.clock import Clock
from linli.errors import ContractError
from linli.registry.codec import from_value, giver, to_value
from linli.registry.errors import UnknownItem
from linli.registry.keeper import Keeper, Owed
from linli.storage.document import Document, DocumentKind

Unsubscribe = Callable[[], None]


class Row(Protocol):
    """What every row has."""

    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=Row)

SCHEMA_VERSION: Final = 1


class Registry(Generic[E]):
    """Rows of one sort. Reads are synchronous; changes that a person makes are coroutines that have committed after."""

    kind: ClassVar[str]
    """Under which name its documents are kept."""
    what: ClassVar[str]
    """What one is called in an error."""
    event_type: ClassVar[EventType[dict[str, Any]]]
    row_type: type[E]

    def __init__(self, keeper: Keeper, bus: EventBus, clock: Clock) -> None:
        self._keeper = keeper
        self._bus = bus
        self._clock = clock
        self._rows: dict[str, E] = {}
        self._observers: list[Callable[[E | None, E | None], None]] = []
        self._followers: list[Callable[[E | None, E | None], None]] = []

    # reading ---------------------------------------------------------------------------------------------------------

    def get(self, item_id: str) -> E | None:
        """The row, or None."""
        return self._rows.get(item_id)

    def all(self) -> Iterator[E]:
        """Every row, in the order in which they came."""
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._rows

    def need(self, item_id: str) -> E:
        """The row; raises UnknownItem."""
        row = self._rows.get(item_id)
        if row is None:
            raise UnknownItem(self.what, item_id)
        return row

    def observe(self, callback: Callable[[E | None, E | None], None]) -> Unsubscribe:
        """Have the core's ``callback(old, new)`` called at each change, before its event; None: there was or is none.

        Plugins listen to the event instead.
        """
        self._observers.append(callback)
        return lambda: self._observers.remove(callback)

    def follow(self, callback: Callable[[E | None, E | None], None]) -> None:
        """The same for a registry whose rows change with these: what it does is a part of the change, so it is called
        in a rehearsal too."""
        self._followers.append(callback)

    # the disk --------------------------------------------------------------------------------------------------------

    @classmethod
    def document_kind(cls) -> DocumentKind:
        """How its documents are judged when they are read."""
        return DocumentKind(cls.kind, SCHEMA_VERSION, check=lambda key, value: cls._check_document(key, value))

    @classmethod
    def _check_document(cls, key: str, value: Mapping[str, Any]) -> None:
        if from_value(cls.row_type, value).id != key:
            raise ValueError("its id is not its key")

    def load(self, documents: Mapping[str, Document]) -> None:
        """Take the rows up at the start, in the order in which they were made."""
        rows = [from_value(self.row_type, document.value) for document in documents.values()]
        for row in sorted(rows, key=self._made):
            self._rows[row.id] = row
            self._index(None, row)

    @staticmethod
    def _made(row: E) -> tuple[float, str]:
        return getattr(row, "created_at", 0.0), row.id

    # changing --------------------------------------------------------------------------------------------------------

    def _write(self, old: E | None, new: E | None) -> None:
        """Put ``new`` in the place of ``old``: rows, indexes, disk, observers. The caller fires the event.

        In a rehearsal only the followers are called: what is read afterwards is as it was.
        """
        row = new if new is not None else old
        assert row is not None
        if self._keeper.rehearsing:
            planned = None if new is None else to_value(new)
            self._keeper.plan(self.kind, row.id, planned, self._value_of(row.id), giver(row))
        else:
            if new is None:
                del self._rows[row.id]
            else:
                self._rows[row.id] = new
            self._index(old, new)
            self._keeper.owe(self.kind, row.id, self._value_of(row.id), giver(row))
        for follower in self._followers:
            follower(old, new)
        if not self._keeper.rehearsing:
            for observer in tuple(self._observers):
                observer(old, new)

    def _value_of(self, item_id: str) -> Owed:
        def value() -> dict[str, Any] | None:
            row = self._rows.get(item_id)
            return None if row is None else to_value(row)

        return value

    def _index(self, old: E | None, new: E | None) -> None:
        """Keep the look-ups of the registry up to date."""

    def _fire(self, action: str, **data: Any) -> None:
        if not self._keeper.rehearsing:
            self._bus.fire(self.event_type, {"action": action, **data})


def only(changes: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raise ContractError for a field that cannot be changed."""
    unknown = sorted(set(changes) - known)
    if unknown:
        raise ContractError(f"unknown field {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def differing(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that ``row`` does not have yet; lists and sets are compared as sets."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        present = getattr(row, name)
        if isinstance(present, frozenset) and not isinstance(value, frozenset):
            value = frozenset(value or ())
        if value != present:
            result[name] = value
    return result
