"""To-do lists: the state is how much is still to be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntFlag, StrEnum
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, NotFound, NotSupported, PluginContext, Rendered, State, SupportsResponse
from linli import schema as sv
from linli_home.home_entity import HomeEntity, features_of, present


class TodoListEntityFeature(IntFlag):
    """What a list can do, in the bits that clients know."""

    CREATE_TODO_ITEM = 1
    DELETE_TODO_ITEM = 2
    UPDATE_TODO_ITEM = 4
    SET_DUE_DATE_ON_ITEM = 16
    SET_DUE_DATETIME_ON_ITEM = 32
    SET_DESCRIPTION_ON_ITEM = 64


class TodoItemStatus(StrEnum):
    """Whether it is done."""

    NEEDS_ACTION = "needs_action"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoItem:
    """One thing to be done."""

    uid: str
    summary: str
    status: TodoItemStatus = TodoItemStatus.NEEDS_ACTION
    due: date | None = None
    """A day, or a moment (a datetime)."""
    description: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As clients read it."""
        due = None if self.due is None else self.due.isoformat()
        said = {"summary": self.summary, "uid": self.uid, "status": self.status.value}
        return said | present(due=due, description=self.description)


@dataclass(frozen=True, kw_only=True, eq=False)
class TodoList(HomeEntity[Sequence[TodoItem]]):
    """A reading is all items. ``create`` and ``update`` get what is to be of an item (summary, status, due,
    description), ``update`` also its ``uid``; ``delete`` gets ``uids``.
    """

    domain: ClassVar[str] = "todo"

    force_update: bool = True
    """Other items may be as many."""
    items: Command
    """Gives all items; gets nothing."""
    create: Command | None = None
    update: Command | None = None
    delete: Command | None = None
    due_dates: bool = False
    due_moments: bool = False
    descriptions: bool = False

    def features(self) -> int:
        bit = TodoListEntityFeature
        return features_of({
            bit.CREATE_TODO_ITEM: self.create,
            bit.DELETE_TODO_ITEM: self.delete,
            bit.UPDATE_TODO_ITEM: self.update,
            bit.SET_DUE_DATE_ON_ITEM: self.due_dates,
            bit.SET_DUE_DATETIME_ON_ITEM: self.due_moments,
            bit.SET_DESCRIPTION_ON_ITEM: self.descriptions,
        })  # fmt: skip

    def render(self, reading: Sequence[TodoItem]) -> Rendered:
        return str(sum(item.status is TodoItemStatus.NEEDS_ACTION for item in reading)), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        said: dict[str, Command] = {"get_items": self._get_items}
        if self.create is not None:
            said["add_item"] = self.create
        if self.update is not None:
            said["update_item"] = self._update_item
        if self.delete is not None:
            said |= {"remove_item": self._remove_item, "remove_completed_items": self._remove_completed}
        return said

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service not in ("add_item", "update_item"):
            return service, data
        able = {"due_date": self.due_dates, "due_datetime": self.due_moments, "description": self.descriptions}
        for key, can in able.items():
            if key in data and not can:
                raise NotSupported(f"this list does not keep {key}")
        wanted = {key: data[key] for key in ("status", "description") if key in data}
        for key in ("due_date", "due_datetime"):
            if key in data:
                wanted["due"] = data[key]
        if service == "add_item":
            return service, {"summary": data["item"], **wanted}
        if "rename" in data:
            wanted["summary"] = data["rename"]
        return service, {"item": data["item"], **wanted}

    async def _get_items(self, status: Sequence[str] | None = None) -> dict[str, Any]:
        items: Sequence[TodoItem] = await self.items()
        return {"items": [item.as_dict() for item in items if status is None or item.status in status]}

    async def _update_item(self, item: str, **wanted: Any) -> None:
        assert self.update is not None
        await self.update(uid=(await self._find(item)).uid, **wanted)

    async def _remove_item(self, item: Sequence[str]) -> None:
        assert self.delete is not None
        await self.delete(uids=[(await self._find(name)).uid for name in item])

    async def _remove_completed(self) -> None:
        assert self.delete is not None
        done = [item.uid for item in await self.items() if item.status is TodoItemStatus.COMPLETED]
        if done:
            await self.delete(uids=done)

    async def _find(self, name: str) -> TodoItem:
        items: Sequence[TodoItem] = await self.items()
        found = next((item for item in items if name == item.uid), None)
        found = found or next((item for item in items if name == item.summary), None)
        if found is None:
            raise NotFound(f"Unable to find to-do list item: {name}")
        return found


_DUE: Final = {
    vol.Exclusive("due_date", "due"): sv.date,
    vol.Exclusive("due_datetime", "due"): sv.datetime,
    vol.Optional("description"): sv.string,
}
_STATUS: Final = sv.one_of(*(status.value for status in TodoItemStatus))


def register(ctx: PluginContext) -> None:
    """Offer reading and changing lists."""
    bit, add = TodoListEntityFeature, ctx.services.register_entity
    add(
        "todo", "get_items", {vol.Optional("status"): sv.ensure_list(_STATUS)}, response=SupportsResponse.ONLY
    )  # fmt: skip
    item = {vol.Required("item"): sv.text(min=1)}
    add("todo", "add_item", {**item, **_DUE}, features=[bit.CREATE_TODO_ITEM])
    changes = {vol.Optional("rename"): sv.text(min=1), vol.Optional("status"): _STATUS, **_DUE}
    add("todo", "update_item", {**item, **changes}, features=[bit.UPDATE_TODO_ITEM])
    several = {vol.Required("item"): sv.ensure_list(sv.string)}
    add("todo", "remove_item", several, features=[bit.DELETE_TODO_ITEM])
    add("todo", "remove_completed_items", features=[bit.DELETE_TODO_ITEM])
