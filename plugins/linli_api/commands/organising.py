"""``config/{area,floor,label,category}_registry/*``: how people sort what they have."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import voluptuous as vol

from linli import PluginContext, UnknownItem
from linli_api.commands.fields import OR_NOTHING, TEXTS, color, icon, nothing_or, whole
from linli_api.commands.rights import anew, given, needs
from linli_api.commands.seen import seen_row, seen_rows
from linli_api.connection import Call

EDIT: Final = "registry.edit"
Sort = Literal["area", "floor", "label"]

VALUES: Final[Mapping[Sort, Mapping[Any, Any]]] = {
    "area": {
        vol.Optional("aliases"): TEXTS,
        vol.Optional("floor_id"): OR_NOTHING,
        vol.Optional("humidity_entity_id"): OR_NOTHING,
        vol.Optional("icon"): OR_NOTHING,
        vol.Optional("labels"): TEXTS,
        vol.Optional("picture"): OR_NOTHING,
        vol.Optional("temperature_entity_id"): OR_NOTHING,
    },
    "floor": {
        vol.Optional("aliases"): TEXTS,
        vol.Optional("icon"): OR_NOTHING,
        vol.Optional("level"): nothing_or(whole),
    },
    "label": {
        vol.Optional("color"): nothing_or(color),
        vol.Optional("description"): OR_NOTHING,
        vol.Optional("icon"): nothing_or(icon),
    },
}


class NamedCommands:
    """The handlers for areas, floors or labels."""

    def __init__(self, sort: Sort, registry: Any) -> None:
        self._sort: Sort = sort
        self._id = f"{sort}_id"
        self._registry = registry

    def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Those that the reader sees."""
        view = call.view
        return seen_rows(view, (row.as_dict() for row in self._registry.all() if view.sees_item(self._sort, row.id)))

    async def create(self, call: Call) -> Mapping[str, Any]:
        """A new one."""
        created = await self._registry.create(call.message["name"], **given(call, "name"))
        return created.as_dict()  # type: ignore[no-any-return]  # of any of the three registries

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Another name, icon …"""
        item_id = self._seen(call)
        updated = await self._registry.update(item_id, **given(call, self._id))
        return seen_row(call.view, updated.as_dict())

    async def delete(self, call: Call) -> str | None:
        """Away with it."""
        await self._registry.remove(self._seen(call))
        return "success" if self._sort == "area" else None

    def _seen(self, call: Call) -> str:
        item_id: str = call.message[self._id]
        if not call.view.sees_item(self._sort, item_id) or item_id not in self._registry:
            raise UnknownItem(self._registry.what, item_id)
        return item_id


class CategoryCommands:
    """The handlers for categories, which belong to a scope (one screen)."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Those of the scope that the reader sees."""
        rows = self._registry.in_scope(call.message["scope"])
        return [row.as_dict() for row in rows if call.view.sees_item("category", row.id)]

    async def create(self, call: Call) -> Mapping[str, Any]:
        """A new one."""
        message = call.message
        created = await self._registry.create(message["scope"], message["name"], message.get("icon"))
        return created.as_dict()  # type: ignore[no-any-return]  # a CategoryEntry

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Another name or icon."""
        scope, category_id = self._seen(call)
        updated = await self._registry.update(scope, category_id, **given(call, "scope", "category_id"))
        return updated.as_dict()  # type: ignore[no-any-return]  # a CategoryEntry

    async def delete(self, call: Call) -> None:
        """Away with it."""
        await self._registry.remove(*self._seen(call))

    def _seen(self, call: Call) -> tuple[str, str]:
        category_id: str = call.message["category_id"]
        if not call.view.sees_item("category", category_id) or category_id not in self._registry:
            raise UnknownItem(self._registry.what, category_id)
        return call.message["scope"], category_id


def add(ctx: PluginContext) -> None:
    """Offer them."""
    offer, registries = ctx.commands.add, ctx.registries
    sorts: dict[Sort, Any] = {"area": registries.areas, "floor": registries.floors, "label": registries.labels}
    for sort, registry in sorts.items():
        commands, prefix, values = NamedCommands(sort, registry), f"config/{sort}_registry", VALUES[sort]
        the_id = {vol.Required(f"{sort}_id"): str}
        offer(f"{prefix}/list", anew(commands.all))
        offer(f"{prefix}/create", needs(EDIT, commands.create), {vol.Required("name"): str, **values})
        offer(f"{prefix}/update", needs(EDIT, commands.update), {**the_id, vol.Optional("name"): str, **values})
        offer(f"{prefix}/delete", needs(EDIT, commands.delete), the_id)
    categories, prefix = CategoryCommands(registries.categories), "config/category_registry"
    scope, looks = {vol.Required("scope"): str}, {vol.Optional("icon"): nothing_or(icon)}
    the_id = {**scope, vol.Required("category_id"): str}
    offer(f"{prefix}/list", anew(categories.all), scope)
    offer(f"{prefix}/create", needs(EDIT, categories.create), {**scope, vol.Required("name"): str, **looks})
    offer(f"{prefix}/update", needs(EDIT, categories.update), {**the_id, vol.Optional("name"): str, **looks})
    offer(f"{prefix}/delete", needs(EDIT, categories.delete), the_id)
