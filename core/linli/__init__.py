"""linli (邻里): what a plugin may import. Everything else is the hub's own and may change without notice."""

from typing import TYPE_CHECKING

from linli.auth.address import Network, client_address, is_local, is_loopback, parse_address, parse_networks
from linli.auth.errors import (
    AddressBanned,
    InvalidAuth,
    InvalidGrant,
    LoginBlocked,
    LoginsClosed,
    SetupRefused,
    TooManyAttempts,
    UsernameTaken,
)
from linli.auth.indieauth import is_client_id, is_redirect
from linli.auth.model import Scope, Token, TokenType, User
from linli.auth.session import Session
from linli.auth.signing import PARAMETER as SIGNATURE_PARAMETER
from linli.auth.view import Turn, View
from linli.blocking import BlockingPool
from linli.bus import ALL, Event, EventBus, EventType
from linli.clock import Clock, Delay, RealClock, Timer
from linli.config.export import form_fields, openapi_schema
from linli.context import Context, Purpose
from linli.endpoints import (
    Access,
    Closed,
    CommandCall,
    Handler,
    MessageCommand,
    Request,
    Response,
    Route,
    RouteTable,
    Socket,
    SocketHandler,
    Stream,
    StreamedResponse,
)
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
    DeploymentError,
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
from linli.jsonbytes import Fragment, dumps, dumps_anyway, is_writable, iso_time, loads
from linli.later import later
from linli.ledger import Ledger
from linli.messages import Message
from linli.metrics import Metrics
from linli.notifications import Notification
from linli.plugin.context import PluginContext, Serving
from linli.plugin.hooks import Answer, blocking, hookimpl, hookspec
from linli.plugin.manifest import Capabilities, Layer, Manifest, Privilege
from linli.plugin.overview import PluginStatus
from linli.registry import EntityEntry, UnknownItem
from linli.registry.slugs import unique_slug
from linli.rooms import HUB_START, HUB_STARTED, HUB_STOP, HubState, Rooms
from linli.services import ServiceAccess, ServiceCall, SupportsResponse
from linli.settings import CoreSettings, UnitSystem
from linli.states import UNAVAILABLE, UNKNOWN, State, StateChange
from linli.storage import Actor, Conflict, StorageError
from linli.translations import Translator, negotiate

if TYPE_CHECKING:
    from linli.auth import Auth
    from linli.template.errors import TemplateError
    from linli.template.info import RenderInfo
else:  # what would pull in a heavy library
    __getattr__ = later(
        __name__,
        {"Auth": "linli.auth", "RenderInfo": "linli.template.info", "TemplateError": "linli.template.errors"},
    )

__version__ = "0.1.0"

__all__ = [
    "ALL",
    "CORE",
    "HUB_START",
    "HUB_STARTED",
    "HUB_STOP",
    "NO_ATTRIBUTES",
    "ROOT_PLACE",
    "SIGNATURE_PARAMETER",
    "UNAVAILABLE",
    "UNKNOWN",
    "Access",
    "Actor",
    "AddressBanned",
    "Answer",
    "AreaId",
    "Auth",
    "BlockingPool",
    "Busy",
    "Capabilities",
    "Clock",
    "Closed",
    "Command",
    "CommandCall",
    "ConfigEntry",
    "Conflict",
    "Context",
    "ContractError",
    "CoreSettings",
    "Delay",
    "DeploymentError",
    "DeviceId",
    "DeviceInfo",
    "EntityCategory",
    "EntityDescription",
    "EntityEntry",
    "EntityHandle",
    "EntityId",
    "EntryId",
    "Event",
    "EventBus",
    "EventType",
    "FloorId",
    "Forbidden",
    "Fragment",
    "Handler",
    "HandlerFailed",
    "HubState",
    "InvalidAuth",
    "InvalidGrant",
    "InvalidRequest",
    "LabelId",
    "Layer",
    "Ledger",
    "LinliError",
    "LoginBlocked",
    "LoginsClosed",
    "Manifest",
    "Message",
    "MessageCommand",
    "Metrics",
    "Network",
    "NotFound",
    "NotReady",
    "NotSupported",
    "Notification",
    "PersonId",
    "PlaceId",
    "PluginContext",
    "PluginDomain",
    "PluginStatus",
    "Privilege",
    "Purpose",
    "RealClock",
    "RegistryId",
    "RenderInfo",
    "Rendered",
    "Request",
    "RequestError",
    "Response",
    "Rooms",
    "Route",
    "RouteTable",
    "Scope",
    "ServiceAccess",
    "ServiceCall",
    "Serving",
    "Session",
    "SetupRefused",
    "Severity",
    "Socket",
    "SocketHandler",
    "State",
    "StateChange",
    "StorageError",
    "Stream",
    "StreamedResponse",
    "SupportsResponse",
    "TemplateError",
    "Timer",
    "Token",
    "TokenId",
    "TokenType",
    "TooManyAttempts",
    "Translator",
    "Turn",
    "UnitSystem",
    "UnknownItem",
    "User",
    "UserId",
    "UsernameTaken",
    "View",
    "__version__",
    "blocking",
    "client_address",
    "dumps",
    "dumps_anyway",
    "form_fields",
    "given",
    "hookimpl",
    "hookspec",
    "is_client_id",
    "is_entity_id",
    "is_local",
    "is_loopback",
    "is_redirect",
    "is_writable",
    "iso_time",
    "loads",
    "negotiate",
    "openapi_schema",
    "parse_address",
    "parse_networks",
    "unique_slug",
]
