"""linli (邻里): what a plugin may import. Everything else is the hub's own and may change without notice."""

from typing import TYPE_CHECKING, Any

from linli.auth.address import is_local, is_loopback
from linli.auth.errors import InvalidGrant
from linli.auth.model import Scope, Token, TokenType, User
from linli.auth.session import Session
from linli.auth.view import Turn, View
from linli.bus import ALL, Event, EventBus, EventType
from linli.clock import Clock, Delay
from linli.config.export import form_fields
from linli.context import Context, Purpose
from linli.endpoints import Access, Closed, CommandCall, MessageCommand, Request, Response, Route, Socket
from linli.entity import (
    NO_ATTRIBUTES,
    Command,
    DeviceInfo,
    EntityCategory,
    EntityDescription,
    EntityHandle,
    Rendered,
    given,
)
from linli.entries import ConfigEntry, NotReady
from linli.errors import (
    Busy,
    ContractError,
    Forbidden,
    HandlerFailed,
    InvalidRequest,
    LinliError,
    NotFound,
    NotSupported,
    RequestError,
)
from linli.ids import (
    CORE,
    ROOT_PLACE,
    AreaId,
    DeviceId,
    EntityId,
    EntryId,
    FloorId,
    LabelId,
    PersonId,
    PlaceId,
    PluginDomain,
    RegistryId,
    TokenId,
    UserId,
    is_entity_id,
)
from linli.issues import Severity
from linli.jsonbytes import Fragment, dumps, iso_time, loads
from linli.messages import Message
from linli.plugin.context import PluginContext, Serving
from linli.plugin.hooks import Answer, blocking, hookimpl, hookspec
from linli.plugin.manifest import Capabilities, Layer, Manifest, Privilege
from linli.plugin.overview import PluginStatus
from linli.rooms import HubState, Rooms
from linli.services import ServiceAccess, ServiceCall, SupportsResponse
from linli.settings import CoreSettings, UnitSystem
from linli.states import UNAVAILABLE, UNKNOWN, State, StateChange

if TYPE_CHECKING:
    from linli.template.errors import TemplateError

__version__ = "0.1.0"

__all__ = [
    "ALL",
    "CORE",
    "NO_ATTRIBUTES",
    "ROOT_PLACE",
    "UNAVAILABLE",
    "UNKNOWN",
    "Access",
    "Answer",
    "AreaId",
    "Busy",
    "Capabilities",
    "Clock",
    "Closed",
    "Command",
    "CommandCall",
    "ConfigEntry",
    "Context",
    "ContractError",
    "CoreSettings",
    "Delay",
    "DeviceId",
    "DeviceInfo",
    "EntityCategory",
    "EntityDescription",
    "EntityHandle",
    "EntityId",
    "EntryId",
    "Event",
    "EventBus",
    "EventType",
    "FloorId",
    "Forbidden",
    "Fragment",
    "HandlerFailed",
    "HubState",
    "InvalidGrant",
    "InvalidRequest",
    "LabelId",
    "Layer",
    "LinliError",
    "Manifest",
    "Message",
    "MessageCommand",
    "NotFound",
    "NotReady",
    "NotSupported",
    "PersonId",
    "PlaceId",
    "PluginContext",
    "PluginDomain",
    "PluginStatus",
    "Privilege",
    "Purpose",
    "RegistryId",
    "Rendered",
    "Request",
    "RequestError",
    "Response",
    "Rooms",
    "Route",
    "Scope",
    "ServiceAccess",
    "ServiceCall",
    "Serving",
    "Session",
    "Severity",
    "Socket",
    "State",
    "StateChange",
    "SupportsResponse",
    "TemplateError",
    "Token",
    "TokenId",
    "TokenType",
    "Turn",
    "UnitSystem",
    "User",
    "UserId",
    "View",
    "__version__",
    "blocking",
    "dumps",
    "form_fields",
    "given",
    "hookimpl",
    "hookspec",
    "is_entity_id",
    "is_local",
    "is_loopback",
    "iso_time",
    "loads",
]


def __getattr__(name: str) -> Any:
    """What would pull in a heavy library is imported when it is first asked for."""
    if name == "TemplateError":
        from linli.template.errors import TemplateError

        return TemplateError
    raise AttributeError(f"linli offers no {name}")
