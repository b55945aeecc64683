"""``lovelace/resources``: scripts and styles that dashboards load."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import NotFound, PluginContext
from linli_api.commands.dashboards import EDIT
from linli_api.commands.rights import given, needs
from linli_api.connection import Call
from linli_api.kept import Kept

RESOURCE_TYPES: Final = ("css", "html", "js", "module")


class Resources:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._kept = Kept(ctx, "resources")

    async def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Every one."""
        return list((await self._kept.all()).values())

    async def create(self, call: Call) -> Mapping[str, Any]:
        """Another."""
        resource = {"id": call.context.id, "type": call.message["res_type"], "url": call.message["url"]}
        await self._kept.put(resource["id"], resource)
        return resource

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Another address or type."""
        changes = given(call, "resource_id", "res_type")
        if "res_type" in call.message:
            changes["type"] = call.message["res_type"]
        resource = {**await self._need(call), **changes}
        await self._kept.put(resource["id"], resource)
        return resource

    async def delete(self, call: Call) -> None:
        """Away with it."""
        await self._kept.delete((await self._need(call))["id"])

    async def _need(self, call: Call) -> Mapping[str, Any]:
        resource = await self._kept.get(call.message["resource_id"])
        if resource is None:
            raise NotFound(f"Unable to find resource_id {call.message['resource_id']}")
        return resource


def add(ctx: PluginContext) -> None:
    """Offer them."""
    resources, offer = Resources(ctx), ctx.commands.add
    kind = vol.In(RESOURCE_TYPES)
    the_resource = {vol.Required("resource_id"): str}
    offer("lovelace/resources", resources.all)
    offer(
        "lovelace/resources/create",
        needs(EDIT, resources.create),
        {vol.Required("res_type"): kind, vol.Required("url"): str},
    )
    offer(
        "lovelace/resources/update",
        needs(EDIT, resources.update),
        {**the_resource, vol.Optional("res_type"): kind, vol.Optional("url"): str},
    )
    offer("lovelace/resources/delete", needs(EDIT, resources.delete), the_resource)
