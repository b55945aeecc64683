"""The list of chores: written by whoever lives here, kept over restarts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from linli import PluginContext
from linli_demo.devices import common
from linli_demo.things import Room
from linli_home.api import TodoItem, TodoItemStatus, TodoList

FIRST: Final = ("water_plants", "fetch_parcel", "clean_filter")
"""What stands on a new list; the words are in the translations under ``chore``."""
MOST: Final = 200
"""A list of so many items loses its oldest finished one, or its oldest, when another comes."""


class Chores:
    """A to-do list with due days and notes."""

    def __init__(self, ctx: PluginContext) -> None:
        self._items: list[TodoItem] = []
        self._number = 0
        """How many have been put on the list, ever: of them ids are made."""
        self._kept: Mapping[str, Any] = {}
        self._handle = ctx.entities.add(
            TodoList(
                **common(ctx, "chores", Room.KITCHEN),
                name="",
                due_dates=True,
                due_moments=True,
                descriptions=True,
                items=self.items,
                create=self.create,
                update=self.update,
                delete=self.delete,
                remember=lambda: self._kept,
            )
        )
        kept = self._handle.remembered.get("items")
        if kept is None:
            kept = [{"uid": chore, "summary": ctx.text(f"chore.{chore}")} for chore in FIRST]
        self._number = int(self._handle.remembered.get("number", 0))
        self._show([_item(values) for values in kept])

    async def items(self) -> Sequence[TodoItem]:
        """All of them, oldest first."""
        return tuple(self._items)

    async def create(self, summary: str, **wanted: Any) -> None:
        """Put one at the end."""
        self._number += 1
        kept = self._items
        if len(kept) >= MOST:
            oldest = next((item for item in kept if item.status is TodoItemStatus.COMPLETED), kept[0])
            kept = [item for item in kept if item is not oldest]
        self._show([*kept, TodoItem(uid=f"chore_{self._number}", summary=summary, **_typed(wanted))])

    async def update(self, uid: str, **wanted: Any) -> None:
        """Change what is said of one."""
        self._show([replace(item, **_typed(wanted)) if item.uid == uid else item for item in self._items])

    async def delete(self, uids: Collection[str]) -> None:
        """Take some away."""
        self._show([item for item in self._items if item.uid not in uids])

    def _show(self, items: list[TodoItem]) -> None:
        self._items = items
        self._kept = {"number": self._number, "items": [_plain(item) for item in items]}
        self._handle.write(items)


def _typed(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {key: TodoItemStatus(value) if key == "status" else value for key, value in wanted.items()}


def _plain(item: TodoItem) -> dict[str, Any]:
    return {
        "uid": item.uid,
        "summary": item.summary,
        "status": item.status.value,
        "due": None if item.due is None else item.due.isoformat(),
        "description": item.description,
    }


def _item(values: Mapping[str, Any]) -> TodoItem:
    due = values.get("due")
    return TodoItem(
        uid=values["uid"],
        summary=values["summary"],
        status=TodoItemStatus(values.get("status", TodoItemStatus.NEEDS_ACTION)),
        due=None if due is None else _day_or_moment(due),
        description=values.get("description"),
    )


def _day_or_moment(text: str) -> date:
    return date.fromisoformat(text) if len(text) == len("2026-01-14") else datetime.fromisoformat(text)
