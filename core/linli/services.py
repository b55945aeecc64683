"""Callable services: registered with a schema, aimed at targets, answered with a response where asked."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import voluptuous as vol

from linli.auth.view import View
from linli.bus import EventBus, EventType
from linli.callers import caller, caller_of, on_account_of
from linli.cancelling import cancelled_from_outside
from linli.clock import Clock
from linli.context import Context
from linli.errors import Forbidden, HandlerFailed, InvalidRequest, LinliError, NotFound, NotSupported
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.remembered import remembered
from linli.targets import TARGET_WORDS, Target
from linli.within import within

CALL_SERVICE: Final[EventType[dict[str, Any]]] = EventType("call_service")
"""Somebody calls a service; its handler runs after this.

domain: the service's domain
service: its name
service_data: what it was called with, target and all; codes, passwords and tokens are shown as ``**``
"""
SERVICE_REGISTERED: Final[EventType[dict[str, Any]]] = EventType("service_registered")
"""A service can be called from now on.

domain: the service's domain
service: its name
"""
SERVICE_REMOVED: Final[EventType[dict[str, Any]]] = EventType("service_removed")
"""A service can no longer be called.

domain: the service's domain
service: its name
"""

SECRET_WORDS: Final = frozenset({"code", "pin"})
SECRET_ENDINGS: Final = (
    "access_key", "api_key", "apikey", "credential", "credentials", "passcode", "passphrase", "password", "private_key",
    "secret", "token", "usercode",
)  # fmt: skip
"""Fields whose last word is one of the words, or whose name ends so: at whatever depth, their values stay in the call;
no event shows them."""
SHOWN_DEPTH: Final = 32
"""What lies deeper in a call is not shown at all."""

DEFAULT_DEADLINE_S: Final = 60.0

Response = Mapping[str, Any] | None


class SupportsResponse(StrEnum):
    """Whether a service answers with data."""

    NONE = "none"
    OPTIONAL = "optional"
    ONLY = "only"


class ServiceAccess(StrEnum):
    """Who may call it, beyond what its targets ask for."""

    ANYONE = "anyone"
    """Every signed-in user; each entity it touches is checked by itself."""
    CALLERS = "callers"
    """Users whose role may call services at all (the default where no entity says more)."""
    ADMINS = "admins"
    OWNERS = "owners"
    """Administrators who own the hub: what is done is about everybody, and nobody can take it back."""


RESERVED: Final = (ServiceAccess.ADMINS, ServiceAccess.OWNERS)


@dataclass(slots=True)
class ServiceCall:
    """One call, validated; what a handler gets."""

    domain: str
    service: str
    data: Mapping[str, Any]
    """Without the target keys."""
    target: Target
    context: Context
    view: View
    """What the caller may see and do; reads on the caller's behalf go through it."""
    return_response: bool = False


Handler = Callable[[ServiceCall], Awaitable[Response] | Response]


@dataclass(frozen=True, slots=True)
class Service:
    """One registered service."""

    domain: str
    name: str
    owner: PluginDomain
    handler: Handler
    schema: vol.Schema | None
    response: SupportsResponse
    access: ServiceAccess
    target: Mapping[str, Any] | None
    """A selector of what it can be aimed at, for forms (``{"entity": [{"domain": ["light"]}]}``); None: no target."""
    within: float | None

    @property
    def full_name(self) -> str:
        return f"{self.domain}.{self.name}"


class ServiceNotFound(NotFound):
    """No such service."""

    def __init__(self, domain: str, name: str) -> None:
        super().__init__(
            f"Service {domain}.{name} not found.",
            key="service_not_found",
            parameters={"domain": domain, "service": name},
        )


class ServiceRegistry:
    """All services; the one place where a call is checked, run and charged."""

    def __init__(
        self, bus: EventBus, clock: Clock, ledger: Ledger, view_of: Callable[[Context], View],
        owns: Callable[[Context], bool],
    ) -> None:  # fmt: skip
        """``owns``: whether an owner of the hub stands behind a cause."""
        self._bus = bus
        self._clock = clock
        self._ledger = ledger
        self._view_of = view_of
        self._owns = owns
        self._services: dict[str, dict[str, Service]] = {}

    def register(self, service: Service) -> Callable[[], None]:
        """Offer a service; the returned function withdraws it. A name that is taken is an error of the second comer."""
        present = self._services.setdefault(service.domain, {}).get(service.name)
        if present is not None:
            raise InvalidRequest(f"service {service.full_name} is already registered by {present.owner}")
        self._services[service.domain][service.name] = service
        self._bus.fire(SERVICE_REGISTERED, {"domain": service.domain, "service": service.name})

        def withdraw() -> None:
            names = self._services.get(service.domain, {})
            if names.get(service.name) is service:
                del names[service.name]
                if not names:
                    del self._services[service.domain]
                self._bus.fire(SERVICE_REMOVED, {"domain": service.domain, "service": service.name})

        return withdraw

    def get(self, domain: str, name: str) -> Service | None:
        """The service, or None."""
        return self._services.get(domain, {}).get(name)

    def all(self) -> dict[str, dict[str, Service]]:
        """By domain and name; a copy."""
        return {domain: dict(names) for domain, names in self._services.items()}

    async def call(
        self,
        domain: str,
        name: str,
        data: Mapping[str, Any] | None = None,
        *,
        target: Mapping[str, Any] | None = None,
        context: Context | None = None,
        return_response: bool = False,
    ) -> Response:
        """Run a service to its end and give its response (None unless asked for).

        Raises ServiceNotFound, InvalidRequest (the schema, or a response asked for wrongly), Forbidden, and
        HandlerFailed for what the plugin did wrong.
        """
        service = self.get(domain.lower(), name.lower())
        context = (context or Context()).vouch()  # what comes through a plugin's door was checked there
        view = self._view_of(context)
        if service is None or view.conceals(service.full_name, service.owner):
            raise ServiceNotFound(domain, name)
        _check_response(service, return_response)
        if service.access in RESERVED:
            self._check_reserved(service, view, context)
        elif service.access is ServiceAccess.CALLERS and not view.may("services.call"):
            raise Forbidden("this role may not call services")
        call = self._prepare(service, dict(data or {}), target, context, view, return_response)
        shown = without_secrets({**(data or {}), **(target or {})})
        if service.target is not None and isinstance(named := shown.get("entity_id"), str):
            shown["entity_id"] = [name.strip() for name in named.split(",")] if "," in named else [named.strip()]
        self._bus.fire(
            CALL_SERVICE, {"domain": service.domain, "service": service.name, "service_data": shown}, context
        )
        with on_account_of(caller_of(context) or caller()):
            response = await self._run(service, call)
        return (response or {}) if return_response else None

    def _check_reserved(self, service: Service, view: View, context: Context) -> None:
        if not view.may("admin"):
            raise Forbidden("this service is for administrators")
        if service.access is ServiceAccess.OWNERS and not self._owns(context):
            raise Forbidden("this service is for the owners of the hub")

    def _prepare(
        self, service: Service, data: dict[str, Any], target: Mapping[str, Any] | None, context: Context, view: View,
        return_response: bool,
    ) -> ServiceCall:  # fmt: skip
        aimed = Target()
        if service.target is not None:
            aimed = Target.of(data, target)
            if not TARGET_WORDS.isdisjoint(data):
                data = {key: value for key, value in data.items() if key not in TARGET_WORDS}
        elif target:
            data = {**data, **target}
        if service.schema is not None:
            try:
                data = service.schema(data)
            except vol.Invalid as error:
                raise InvalidRequest(str(error), path=tuple(str(part) for part in error.path)) from error
        return ServiceCall(service.domain, service.name, data, aimed, context, view, return_response)

    async def _run(self, service: Service, call: ServiceCall) -> Response:
        try:
            return await within(self._clock, service.within, self._guarded(service, call))
        except TimeoutError as error:
            self._ledger.note(service.owner, "timeout", service.full_name, f"no end within {service.within} s")
            raise HandlerFailed(f"{service.full_name} did not end within {service.within} s") from error

    async def _guarded(self, service: Service, call: ServiceCall) -> Response:
        """Inside the deadline, so that a TimeoutError of the plugin's own is not taken for it."""
        try:
            self._ledger.admit(service.owner)
            answer = service.handler(call)
            return await answer if inspect.isawaitable(answer) else answer
        except LinliError:
            raise
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            self._ledger.error(service.owner, service.full_name, error)
            raise HandlerFailed(f"{service.full_name} failed") from error
        except Exception as error:
            self._ledger.error(service.owner, service.full_name, error)
            raise HandlerFailed(f"{service.full_name} failed") from error


_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_SIMPLE: Final = (str, int, float, type(None))
_NESTED: Final = (Mapping, list, tuple)
"""Asking whether something is a Mapping costs ten times as much as asking for a built-in type."""


def without_secrets(value: Any, depth: int = 0) -> Any:
    """``value`` with ``**`` for whatever a field that names a secret holds."""
    if type(value) in _PLAIN or isinstance(value, _SIMPLE) or not isinstance(value, _NESTED):
        return value
    if depth > SHOWN_DEPTH:
        return "**"
    if isinstance(value, Mapping):
        return {key: "**" if _is_secret(str(key)) else without_secrets(each, depth + 1) for key, each in value.items()}
    return [without_secrets(each, depth + 1) for each in value]


@remembered(512)
def _is_secret(key: str) -> bool:
    name = key.lower().replace("-", "_")
    return name.rpartition("_")[2] in SECRET_WORDS or name.endswith(SECRET_ENDINGS)


def _check_response(service: Service, wanted: bool) -> None:
    if wanted and service.response is SupportsResponse.NONE:
        raise NotSupported(
            f"The service {service.full_name} gives no response; call it without return_response",
            key="service_does_not_support_response",
            parameters={"return_response": "return_response=True"},
        )
    if not wanted and service.response is SupportsResponse.ONLY:
        raise NotSupported(
            f"The service {service.full_name} only gives a response; call it with return_response",
            key="service_lacks_response_request",
            parameters={"return_response": "return_response=True"},
        )
