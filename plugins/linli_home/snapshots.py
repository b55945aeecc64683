"""``camera.snapshot``: the picture of this moment, kept as a file where the deployment allows it."""

from typing import Any, Final

import voluptuous as vol

from linli import Forbidden, InvalidRequest, PluginContext, ServiceAccess, ServiceCall, expand
from linli import schema as sv

DOMAIN: Final = "camera"
FIELDS: Final = {vol.Required("filename"): sv.string}
TARGET: Final = {"entity": [{"domain": [DOMAIN]}]}


class Snapshots:
    """The handler."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx

    def register(self) -> None:
        """Offer it."""
        self._ctx.services.register(
            DOMAIN, "snapshot", self.snapshot, schema=FIELDS, target=TARGET, access=ServiceAccess.ANYONE
        )

    async def snapshot(self, call: ServiceCall) -> None:
        """One file for each camera; ``filename`` is a template that knows ``entity_id.name`` and the like."""
        if not call.target.given:
            raise InvalidRequest("must contain at least one of entity_id, device_id, area_id, floor_id, label_id.")
        cameras = self._meant(call)
        work = {entity_id: self._keep(call, entity_id) for entity_id in cameras}
        for outcome in (await self._ctx.together(work)).values():
            if isinstance(outcome, BaseException):
                raise outcome

    def _meant(self, call: ServiceCall) -> list[str]:
        """Cameras that the caller may control; one named that may only be seen is refused, others are passed over."""
        aim = expand(call.target, self._ctx.registries, call.view.sees_item)
        named = {*aim.named, *aim.of_devices}
        everything = (state.entity_id for state in self._ctx.states.all() if call.target.everything)
        found: list[str] = []
        for entity_id in dict.fromkeys([*aim.named, *aim.of_devices, *aim.reached, *everything]):
            if not entity_id.startswith(f"{DOMAIN}.") or not call.view.sees(entity_id):
                continue
            if call.view.controls(entity_id):
                found.append(entity_id)
            elif entity_id in named:
                raise Forbidden(f"{entity_id} may be seen but not controlled")
        return found

    async def _keep(self, call: ServiceCall, entity_id: str) -> None:
        content, _ = await self._ctx.entities.picture(entity_id)
        state = self._ctx.states.get(entity_id)
        name = entity_id if state is None else state.attributes.get("friendly_name", entity_id)
        variables: dict[str, Any] = {"entity_id": {"entity_id": entity_id, "name": name}}
        filename = await self._ctx.templates.render(call.data["filename"], variables, context=call.context)
        if not isinstance(filename, str):
            filename = str(filename)
        await self._ctx.keep_file(filename, content)
