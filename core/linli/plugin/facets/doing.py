"""Services and entities."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import voluptuous as vol

from linli.context import Context
from linli.entity_services import EntityCommand
from linli.errors import Busy, ContractError, NotFound
from linli.ids import is_slug
from linli.plugin.facets.facet import Facet
from linli.quick_schema import QuickSchema
from linli.services import DEFAULT_DEADLINE_S as SERVICE_DEADLINE_S
from linli.services import Handler as ServiceHandler
from linli.services import Response, Service, ServiceAccess, ServiceCall, SupportsResponse

if TYPE_CHECKING:
    from linli.entity import DeviceInfo, EntityDescription, EntityHandle, Picture
    from linli.registry import DeviceEntry

R = TypeVar("R")
Unsubscribe = Callable[[], None]


class ServicesFacet(Facet):
    """Services: calling is a command, registering a handler."""

    def register(
        self, domain: str, name: str, handler: ServiceHandler, *, schema: Mapping[Any, Any] | None = None,
        response: SupportsResponse = SupportsResponse.NONE, access: ServiceAccess = ServiceAccess.CALLERS,
        target: Mapping[str, Any] | None = None, within: float | None = SERVICE_DEADLINE_S,
    ) -> Unsubscribe:  # fmt: skip
        """Offer ``domain.name``. ``schema`` is a voluptuous mapping; None takes no data. ``within`` seconds at most.

        The returned function withdraws it.
        """
        self._check_name(domain, name)
        service = Service(
            domain, name, self._ctx.domain, handler, QuickSchema(schema or {}), response, access, target, within
        )
        return self._ctx.nursery.own(self._rooms.services.register(service))

    def register_entity(
        self, domain: str, name: str, fields: Mapping[Any, Any] | None = None, *, command: str | None = None,
        features: Iterable[int] = (), response: SupportsResponse = SupportsResponse.NONE,
        domains: Iterable[str] | None = None, prepare: Callable[[ServiceCall], Mapping[str, Any]] | None = None,
        check: Callable[[Any], Any] | None = None,
    ) -> None:  # fmt: skip
        """Offer ``domain.name`` on entities: it runs their command of that name on each entity the call means.

        ``features``: bit masks, one of which an entity must have; ``check``: a validator of the whole data (keys that
        exclude each other); ``prepare``: turns the call into the command's arguments.
        """
        self._check_name(domain, name)
        over = frozenset(domains or (domain,))
        schema = QuickSchema(fields or {})
        service = Service(
            domain,
            name,
            self._ctx.domain,
            self._rooms.entity_services.handler(EntityCommand(over, command or name, tuple(features)), prepare),
            schema if check is None else vol.Schema(vol.All(schema, check)),
            response,
            ServiceAccess.ANYONE,
            {"entity": [{"domain": sorted(over)}]},
            SERVICE_DEADLINE_S,
        )
        self._ctx.nursery.own(self._rooms.services.register(service))

    def _check_name(self, domain: str, name: str) -> None:
        """Callers' names are made small, so one with capitals would be called by nobody."""
        if not (is_slug(domain) and is_slug(name)):
            raise ContractError(
                f"{self._ctx.domain} offers a service {domain}.{name}: small letters, digits and _ make its name"
            )
        if not self._ctx.allowed.serves(domain):
            self._refuse("serves", domain)

    async def call(
        self, domain: str, name: str, data: Mapping[str, Any] | None = None, *,
        target: Mapping[str, Any] | None = None, context: Context | None = None, return_response: bool = False,
    ) -> Response:  # fmt: skip
        """Run a service to its end. With a user's context it has that user's rights, otherwise the plugin's (all)."""
        if not self._ctx.allowed.calls(domain.lower(), name.lower()):
            self._refuse("calls", f"{domain}.{name}".lower())
        meter = self._ctx.allowance.calls
        meter.left -= 1
        if meter.left < 0 and not self._is_for_safety(domain.lower(), name.lower()) and meter.spent():
            raise Busy(f"{self._ctx.domain} calls too many services at once; this one was not called")
        cross = self._rooms.cross
        return cross(  # type: ignore[no-any-return]  # a response crosses as what it is
            await self._rooms.services.call(
                domain, name, cross(data), target=cross(target), context=self._cause(context),
                return_response=return_response,
            )
        )  # fmt: skip

    def _is_for_safety(self, domain: str, name: str) -> bool:
        return self._rooms.walls.for_safety(domain) or self._rooms.walls.for_safety(f"{domain}.{name}")

    def has(self, domain: str, name: str) -> bool:
        """Whether the service is registered now."""
        return self._rooms.services.get(domain, name) is not None


class EntitiesFacet(Facet):
    """Entities and devices of this entry: adding gives a handle, whose ``write`` is the hot path."""

    def add(self, description: "EntityDescription[R]") -> "EntityHandle[R]":
        """Register the entity and let it live until the entry is unloaded."""
        if not self._ctx.allowed.entities(description.domain):
            self._refuse("entities", description.domain)
        if description.subject is not None and not self._ctx.allowed.personal_data(None):
            self._refuse("personal_data", "activity")
        return self._rooms.platforms.add(self._ctx, description)

    def poll_soon(self, entity_id: str) -> None:
        """Have any polled entity read anew now, also one that cannot be reached; others are left alone. A post."""
        life = self._rooms.platforms.live(entity_id)
        if life is not None:
            life.poll_soon()

    async def picture(self, entity_id: str, width: int | None = None, height: int | None = None) -> "Picture":
        """The still image of any entity that has one, and its content type. A command.

        Whether whoever asked may see it is the plugin's to ask. Raises NotFound, NotSupported (none now),
        HandlerFailed.
        """
        if not self._ctx.allowed.personal_data("image"):
            self._refuse("personal_data", "image")
        life = self._rooms.platforms.live(entity_id)
        if life is None:
            raise NotFound("Entity not found")
        return await life.picture(width, height)

    def device(self, info: "DeviceInfo") -> "DeviceEntry":
        """Register a device without an entity (a bridge)."""
        return self._rooms.platforms.add_device(self._ctx, info)
