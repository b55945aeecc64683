"""Entities and devices."""

from collections.abc import Mapping
from typing import Any

from linli.children.session import At
from linli.children.standins import description_of
from linli.context import Context
from linli.entity import DeviceInfo, EntityHandle
from linli.errors import NotFound
from linli.ids import RegistryId
from linli.plugin.manifest import Privilege


def add_entity(at: At, told: Mapping[str, Any]) -> Any:
    session = at.session
    box: dict[str, Mapping[str, Any]] = {"value": {}}
    description = description_of(
        told, at.handler, (lambda: box["value"]) if told["remembers"] else None, _known_plugins(at)
    )
    handle = at.ctx.entities.add(description)
    session.handles[handle.registry_id] = handle
    box["value"] = handle.remembered
    session.remembered[handle.registry_id] = box
    last = handle.last
    told_last = None if last is None or session.mirrors is None else session.mirrors.state(last)
    return handle.registry_id, handle.entity_id, told_last, dict(handle.remembered)


def _known_plugins(at: At) -> set[str]:
    """Those whose classes of entities it may use."""
    return {*at.ctx.manifest.requires, *at.ctx.manifest.after}


def add_device(at: At, info: DeviceInfo) -> Any:
    return at.ctx.entities.device(info)


def _handle(at: At, registry_id: str) -> EntityHandle[Any]:
    handle = at.session.handles.get(RegistryId(registry_id))
    if handle is None:
        raise NotFound("it has added no such entity")
    return handle


def _vouched(at: At, context: Context | None) -> Context | None:
    """A user whom the hub did not hand it needs ``act_for_user``."""
    if context is not None and context.user_id is not None and not context.vouched:
        at.ctx.require(Privilege.ACT_FOR_USER)
        context.vouch()
    return context


def write(at: At, registry_id: str, reading: Any, context: Context | None, fresh: bool) -> None:
    _handle(at, registry_id).write(reading, _vouched(at, context), fresh=fresh)


def unavailable(at: At, registry_id: str, context: Context | None) -> None:
    _handle(at, registry_id).unavailable(_vouched(at, context))


def remember(at: At, registry_id: str, values: Mapping[str, Any]) -> None:
    _handle(at, registry_id)
    at.session.remembered[RegistryId(registry_id)]["value"] = dict(values)


def poll_soon(at: At, registry_id: str) -> None:
    _handle(at, registry_id).poll_soon()


def redescribe(at: At, registry_id: str, told: Mapping[str, Any]) -> None:
    box = at.session.remembered[RegistryId(registry_id)]
    memory = (lambda: box["value"]) if told["remembers"] else None
    _handle(at, registry_id).redescribe(description_of(told, at.handler, memory, _known_plugins(at)))


async def remove(at: At, registry_id: str) -> None:
    await _handle(at, registry_id).remove()


def poll_any_soon(at: At, entity_id: str) -> None:
    at.ctx.entities.poll_soon(entity_id)


async def picture(at: At, entity_id: str, width: int | None, height: int | None) -> Any:
    return await at.ctx.entities.picture(entity_id, width, height)
