"""Areas, floors, labels: what people name themselves. The id is made of the first name and stays."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar, cast

from linli.bus import EventBus
from linli.clock import Clock
from linli.registry.base import Registry, differing, only
from linli.registry.errors import RegistryRefusal
from linli.registry.keeper import Keeper
from linli.registry.slugs import normalised, unique_slug


class NamedRow(Protocol):
    """What the rows of all three have."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=NamedRow)


class NamedRegistry(Registry[N]):
    """Rows whose names differ by more than case and spaces."""

    id_key: ClassVar[str]
    """The name of the id in events."""
    changeable: ClassVar[frozenset[str]]
    tells_no_change: ClassVar[bool] = False
    """Whether an update that changes nothing is an event all the same (Home Assistant's areas)."""

    def __init__(self, keeper: Keeper, bus: EventBus, clock: Clock) -> None:
        super().__init__(keeper, bus, clock)
        self._by_name: dict[str, str] = {}
        self._leavers: list[Callable[[str], None]] = []

    def by_name(self, name: str) -> N | None:
        """The one that people would take for ``name``."""
        found = self._by_name.get(normalised(name))
        return None if found is None else self._rows[found]

    def before_removal(self, callback: Callable[[str], None]) -> None:
        """Have ``callback(id)`` take the id out of whatever names it, before it goes."""
        self._leavers.append(callback)

    def make(self, name: str, **values: Any) -> N:
        """Make one at once; its row is owed to the disk. For discovery; people use ``create``."""
        return self._make(name, values, unique_slug(name, self._rows.__contains__))

    def _make(self, name: str, values: Mapping[str, Any], item_id: str) -> N:
        only(values, self.changeable)
        self._claim(name, None)
        if item_id in self._rows:  # discovery took it while a person's waited for the disk
            raise _in_use(name)
        now = self._keeper.now()
        given = {key: frozenset(value) if isinstance(value, (list, set)) else value for key, value in values.items()}
        made: Callable[..., N] = self.row_type
        row = made(
            id=item_id, name=name, created_at=now, modified_at=now, **given
        )  # fmt: skip
        self._check(given)
        self._write(None, row)
        self._fire("create", **{self.id_key: row.id})
        return row

    async def _create(self, name: str, values: Mapping[str, Any]) -> N:
        item_id = ""

        def work() -> N:
            nonlocal item_id
            item_id = item_id or unique_slug(name, self._rows.__contains__)
            return self._make(name, values, item_id)

        return await self._keeper.change(work)

    async def _update(self, item_id: str, changes: Mapping[str, Any]) -> N:
        only(changes, self.changeable | {"name"})
        return await self._keeper.change(lambda: self._change(item_id, changes))

    def _change(self, item_id: str, changes: Mapping[str, Any]) -> N:
        old = self.need(item_id)
        new_values = differing(old, changes)
        if "name" in new_values:
            self._claim(new_values["name"], item_id)
        self._check(new_values)
        row = old
        if new_values:
            row = cast("N", replace(cast("Any", old), **new_values, modified_at=self._keeper.now()))
            self._write(old, row)
        if new_values or self.tells_no_change:
            self._fire("update", **{self.id_key: item_id})
        return row

    async def remove(self, item_id: str) -> None:
        """Take it away, also out of whatever names it; raises UnknownItem."""
        await self._keeper.change(lambda: self._remove(item_id))

    def _remove(self, item_id: str) -> None:
        row = self.need(item_id)
        for leave in self._leavers:
            leave(item_id)
        self._write(row, None)
        self._fire("remove", **{self.id_key: item_id})

    def _claim(self, name: str, item_id: str | None) -> None:
        """Raise RegistryRefusal when another has the name."""
        other = self._by_name.get(normalised(name))
        if other is not None and other != item_id:
            raise _in_use(name)

    def _check(self, values: Mapping[str, Any]) -> None:
        """Raise RegistryRefusal for values that cannot be."""

    def _index(self, old: N | None, new: N | None) -> None:
        if old is not None and self._by_name.get(normalised(old.name)) == old.id:
            del self._by_name[normalised(old.name)]
        if new is not None:
            self._by_name[normalised(new.name)] = new.id

    @abstractmethod
    async def create(self, name: str) -> N:
        """Make one; has committed after. Raises RegistryRefusal when the name is in use."""


def _in_use(name: str) -> RegistryRefusal:
    return RegistryRefusal(f"The name {name} ({normalised(name)}) is already in use")
