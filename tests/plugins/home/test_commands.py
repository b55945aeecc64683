"""Message commands about the domains, through a whole hub."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from linli import NotFound
from linli.hub import Hub
from linli.testing.hub import running_hub
from linli_home.commands import NoTodoList

from .laboratory import laboratory

SHOPPING = (
    'kept = [api.TodoItem(uid="1", summary="Milk")]',
    "async def items():",
    "    return kept",
    "async def create(summary, **more):",
    '    kept.append(api.TodoItem(uid="2", summary=summary))',
    "    book.write(kept)",
    'book = ctx.entities.add(api.TodoList(unique_id="t", name="Shopping", items=items, create=create))',
    "book.write(kept)",
)
MILK = {"summary": "Milk", "uid": "1", "status": "needs_action"}
EGGS = {"summary": "Eggs", "uid": "2", "status": "needs_action"}


async def ask(hub: Hub, type: str, events: list[Any] | None = None, undo: list[Any] | None = None, **data: Any) -> Any:
    command = hub.rooms.commands.get(type)
    assert command is not None
    call = SimpleNamespace(
        id=1,
        message=command.schema({"id": 1, "type": type, **data}),
        view=hub.rooms.auth.views.everything,
        event=lambda payload, about: (events if events is not None else []).append(payload),
        on_unsubscribe=(undo if undo is not None else []).append,
    )
    answer = command.handler(call)
    return await answer if hasattr(answer, "__await__") else answer


async def test_units_are_told_by_device_class(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, "pass")) as hub:
        for device_class, units in (("temperature", ["K", "°C", "°F"]), ("humidity", []), ("nothing", [])):
            answer = await ask(hub, "sensor/device_class_convertible_units", device_class=device_class)
            assert answer == {"units": units}
        classes = (await ask(hub, "sensor/numeric_device_classes"))["numeric_device_classes"]
        assert "temperature" in classes
        assert "timestamp" not in classes


async def test_a_to_do_list_is_read_and_followed(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *SHOPPING)) as hub:
        assert await ask(hub, "todo/item/list", entity_id="todo.shopping") == {"items": [MILK]}
        events: list[Any] = []
        undo: list[Any] = []
        await ask(hub, "todo/item/subscribe", events, undo, entity_id="todo.shopping")
        await asyncio.sleep(0.02)
        await hub.rooms.services.call("todo", "add_item", {"entity_id": "todo.shopping", "item": "Eggs"})
        await asyncio.sleep(0.02)
        assert events == [{"items": [MILK]}, {"items": [MILK, EGGS]}]
        undo[0]()
        await hub.rooms.services.call("todo", "add_item", {"entity_id": "todo.shopping", "item": "Eggs"})
        await asyncio.sleep(0.02)
        assert len(events) == 2


async def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *SHOPPING)) as hub:
        with pytest.raises(NotFound, match="Entity not found"):
            await ask(hub, "todo/item/list", entity_id="todo.nothing")
        with pytest.raises(NoTodoList, match=r"To-do list entity not found: light\.x"):
            await ask(hub, "todo/item/subscribe", entity_id="light.x")
