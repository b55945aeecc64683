"""Services that act on entities: find who is meant, check each one's rights, run its command."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from linli.auth.view import View
from linli.context import Context
from linli.errors import Forbidden, InvalidRequest, NotSupported
from linli.ids import EntityId
from linli.services import Handler, Response, ServiceCall
from linli.targets import TARGET_KEYS, Aim, TargetRegistry, expand


class LiveEntity(Protocol):
    """What is known of an entity that its platform runs."""

    @property
    def entity_id(self) -> EntityId: ...
    @property
    def domain(self) -> str: ...
    @property
    def available(self) -> bool: ...
    @property
    def supported_features(self) -> int: ...
    @property
    def guarded(self) -> bool:
        """A lock, panel, door release or siren: never reached by a broad target."""

    def lacks(self, command: str, data: Mapping[str, Any]) -> bool:
        """Whether its description has nothing that would carry the command out as it is now."""

    async def run(self, command: str, data: Mapping[str, Any], context: Context) -> Any:
        """Run one command of its description."""


class LiveEntities(Protocol):
    """The entities that run now."""

    def live(self, entity_id: str) -> LiveEntity | None: ...
    def live_in(self, domain: str) -> Iterable[LiveEntity]: ...


@dataclass(frozen=True, slots=True)
class EntityCommand:
    """What an entity service runs, and on whom."""

    domains: frozenset[str]
    command: str
    features: tuple[int, ...] = ()
    """Bit masks, one of which an entity must have completely; none: every entity can."""

    def suits(self, entity: LiveEntity, data: Mapping[str, Any]) -> bool:
        """Whether the entity has what the command needs: the features, and somebody who carries it out."""
        able = not self.features or any(entity.supported_features & mask == mask for mask in self.features)
        return able and not entity.lacks(self.command, data)


class EntityServices:
    """Makes the handlers of entity services."""

    def __init__(self, live: LiveEntities, registry: TargetRegistry) -> None:
        self._live = live
        self._registry = registry

    def handler(
        self, command: EntityCommand, prepare: Callable[[ServiceCall], Mapping[str, Any]] | None = None
    ) -> Handler:
        """A handler that runs ``command`` on all that a call means; ``prepare`` may turn its data into arguments."""

        async def handle(call: ServiceCall) -> Response:
            data = call.data if prepare is None else prepare(call)
            entities = self.meant(call, command, data)
            if len(entities) == 1:
                answers = [await entities[0].run(command.command, data, call.context)]
            else:
                answers = await _run_each(entities, command.command, data, call.context)
            if not call.return_response:
                return None
            return {entity.entity_id: answer for entity, answer in zip(entities, answers, strict=True)}

        return handle

    def meant(
        self, call: ServiceCall, command: EntityCommand, data: Mapping[str, Any] | None = None
    ) -> list[LiveEntity]:
        """The live, available entities that the call is about; ``data``: what the command gets, if not the call's.

        Raises Forbidden or NotSupported for one named, InvalidRequest where the call names no target at all. An entity
        that cannot do it is passed over where a device, area, floor, label or ``all`` reached it.
        What the caller may not see does not exist for it: it is passed over like an unknown name. What it sees and
        may not control is refused when named, passed over when a broad target reached it.
        """
        if not call.target.given:
            raise InvalidRequest(f"must contain at least one of {', '.join(TARGET_KEYS)}.")
        data = call.data if data is None else data
        if call.target.lone is not None:  # what most calls are aimed at
            entity = self._named(call.target.lone, call, command, data, of_device=False)
            return [] if entity is None else [entity]
        aim = expand(call.target, self._registry, call.view.sees_item)
        if call.target.everything:
            for domain in sorted(command.domains):
                aim.reached.update(dict.fromkeys(entity.entity_id for entity in self._live.live_in(domain)))
        meant = [self._named(name, call, command, data, of_device=False) for name in aim.named]
        meant += [self._named(name, call, command, data, of_device=True) for name in aim.of_devices]
        return [*(each for each in meant if each is not None), *self._reached(aim, call.view, command, data)]

    def _named(
        self, entity_id: EntityId, call: ServiceCall, command: EntityCommand, data: Mapping[str, Any], *,
        of_device: bool,
    ) -> LiveEntity | None:  # fmt: skip
        """The entity, where it is to be told; None: it is not there, not available or, of a device, cannot do it."""
        entity = self._live.live(entity_id)
        if entity is None or entity.domain not in command.domains or not call.view.sees(entity_id):
            return None
        if not call.view.controls(entity_id):
            raise Forbidden(f"{entity_id} may be seen but not controlled")
        if not command.suits(entity, data):
            if of_device:
                return None
            raise _not_supported(entity_id, call.domain, call.service)
        return entity if entity.available else None

    def _reached(self, aim: Aim, view: View, command: EntityCommand, data: Mapping[str, Any]) -> Iterable[LiveEntity]:
        for entity_id in aim.reached:
            if entity_id in aim.named or entity_id in aim.of_devices:
                continue
            entity = self._live.live(entity_id)
            if entity is None or entity.domain not in command.domains or entity.guarded or not entity.available:
                continue
            if view.sees(entity_id) and view.controls(entity_id) and command.suits(entity, data):
                yield entity


def _not_supported(entity_id: EntityId, domain: str, service: str) -> NotSupported:
    return NotSupported(
        f"Entity {entity_id} does not support action {domain}.{service}",
        key="service_not_supported",
        parameters={"domain": domain, "service": service, "entity_id": entity_id},
    )


async def _run_each(entities: list[LiveEntity], command: str, data: Mapping[str, Any], context: Context) -> list[Any]:
    """All at once, each to its own end; then the first failure is raised."""
    outcomes = await asyncio.gather(
        *(entity.run(command, data, context) for entity in entities), return_exceptions=True
    )
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes
