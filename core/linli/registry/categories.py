"""Categories: how people sort entities on one screen; each screen (its scope) has its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypedDict, Unpack

from linli.bus import EventBus, EventType
from linli.clock import Clock
from linli.ids import new_id
from linli.registry.base import Registry, differing, only
from linli.registry.errors import RegistryRefusal, UnknownItem
from linli.registry.index import Index
from linli.registry.keeper import Keeper
from linli.registry.slugs import normalised


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryEntry:
    """One category of a scope."""

    id: str
    scope: str
    name: str
    icon: str | None = None
    created_at: float = 0.0
    modified_at: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it."""
        return {
            "category_id": self.id,
            "created_at": self.created_at,
            "icon": self.icon,
            "modified_at": self.modified_at,
            "name": self.name,
        }


class CategoryChanges(TypedDict, total=False):
    """What may be changed."""

    icon: str | None
    name: str


class CategoryRegistry(Registry[CategoryEntry]):
    """All categories of all scopes; ids differ over all of them."""

    kind = "core.categories"
    what = "Category"
    event_type: ClassVar[EventType[dict[str, Any]]] = EventType("category_registry_updated")
    """A category was made, changed or taken away.

    action: ``create``, ``update`` or ``remove``
    scope: what it sorts (``automation`` …)
    category_id: which category
    """
    row_type = CategoryEntry

    def __init__(self, keeper: Keeper, bus: EventBus, clock: Clock) -> None:
        super().__init__(keeper, bus, clock)
        self._by_scope: Index[str] = Index()
        self._by_name: dict[tuple[str, str], str] = {}
        self._leavers: list[Callable[[str, str], None]] = []

    def in_scope(self, scope: str) -> list[CategoryEntry]:
        """The categories of a scope, in the order in which they were made."""
        return [self._rows[key] for key in self._by_scope.of(scope)]

    def before_removal(self, callback: Callable[[str, str], None]) -> None:
        """Have ``callback(scope, id)`` take the category out of whatever names it, before it goes."""
        self._leavers.append(callback)

    async def create(self, scope: str, name: str, icon: str | None = None) -> CategoryEntry:
        """Make one; has committed after. Raises RegistryRefusal when the scope has that name."""
        category_id = new_id(self._clock.timestamp())

        def work() -> CategoryEntry:
            self._claim(scope, name, None)
            now = self._keeper.now()
            row = CategoryEntry(id=category_id, scope=scope, name=name, icon=icon, created_at=now, modified_at=now)
            self._write(None, row)
            self._fire("create", scope=scope, category_id=row.id)
            return row

        return await self._keeper.change(work)

    async def update(self, scope: str, category_id: str, **changes: Unpack[CategoryChanges]) -> CategoryEntry:
        """Change it; has committed after. Raises UnknownItem, RegistryRefusal."""
        only(changes, frozenset(CategoryChanges.__annotations__))
        return await self._keeper.change(lambda: self._change(scope, category_id, changes))

    def _change(self, scope: str, category_id: str, changes: Mapping[str, Any]) -> CategoryEntry:
        row = old = self._need_in(scope, category_id)
        values = differing(old, changes)
        if "name" in values:
            self._claim(scope, values["name"], category_id)
        if values:
            row = replace(old, **values, modified_at=self._keeper.now())
            self._write(old, row)
            self._fire("update", scope=scope, category_id=category_id)
        return row

    async def remove(self, scope: str, category_id: str) -> None:
        """Take it away, also from the entities that are in it; raises UnknownItem."""
        await self._keeper.change(lambda: self._remove(scope, category_id))

    def _remove(self, scope: str, category_id: str) -> None:
        row = self._need_in(scope, category_id)
        for leave in self._leavers:
            leave(scope, category_id)
        self._write(row, None)
        self._fire("remove", scope=scope, category_id=category_id)

    def _need_in(self, scope: str, category_id: str) -> CategoryEntry:
        row = self._rows.get(category_id)
        if row is None or row.scope != scope:
            raise UnknownItem(self.what, category_id)
        return row

    def _claim(self, scope: str, name: str, category_id: str | None) -> None:
        other = self._by_name.get((scope, normalised(name)))
        if other is not None and other != category_id:
            raise RegistryRefusal(f"The name '{name}' is already in use")

    def _index(self, old: CategoryEntry | None, new: CategoryEntry | None) -> None:
        row = new if new is not None else old
        assert row is not None
        self._by_scope.move(old.scope if old else None, new.scope if new else None, row.id)
        if old is not None:
            self._by_name.pop((old.scope, normalised(old.name)), None)
        if new is not None:
            self._by_name[new.scope, normalised(new.name)] = new.id
