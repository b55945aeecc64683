"""Every room of one hub, gathered: what stands behind the door."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from linli.bus import EventType

if TYPE_CHECKING:
    from linli.allowed_folders import AllowedFolders
    from linli.auth import Auth
    from linli.auth.view import View
    from linli.bus import EventBus
    from linli.children.keeping import Children
    from linli.clock import Clock
    from linli.config import Checked
    from linli.context import Context
    from linli.endpoints import CommandTable, RouteTable
    from linli.entity.platforms import EntityPlatforms
    from linli.entity_services import EntityServices
    from linli.entries import ConfigEntries
    from linli.issues import Issues
    from linli.ledger import Ledger
    from linli.metrics import Metrics
    from linli.notifications import Notifications
    from linli.plugin.announcing import Announcing
    from linli.plugin.apis import ApiTable
    from linli.plugin.dispatch import Dispatcher
    from linli.plugin.hooks import HookTable
    from linli.plugin.overview import PluginOverview
    from linli.plugin.quarantine import Quarantine
    from linli.plugin.walls import Walls
    from linli.pool import BlockingPool
    from linli.reading import Killable, Templates, UserTemplates
    from linli.registry import Registries
    from linli.renewal import Renewal
    from linli.services import ServiceRegistry
    from linli.settings import CoreSettings
    from linli.states import StateStore
    from linli.storage import Storage
    from linli.translations import Translator


HUB_START: Final[EventType[dict[str, Any]]] = EventType("homeassistant_start")
"""The hub begins to set its plugins up."""
HUB_STARTED: Final[EventType[dict[str, Any]]] = EventType("homeassistant_started")
"""Every plugin that the deployment names was set up, or failed; the hub runs."""
HUB_STOP: Final[EventType[dict[str, Any]]] = EventType("homeassistant_stop")
"""The hub begins to stop; its plugins still run."""
HUB_FINAL_WRITE: Final[EventType[dict[str, Any]]] = EventType("homeassistant_final_write")
"""The plugins have stopped; what is kept is written now."""
HUB_CLOSE: Final[EventType[dict[str, Any]]] = EventType("homeassistant_close")
"""All is written; the store closes."""


class HubState(StrEnum):
    """Where the hub is in its life, in Home Assistant's words."""

    NOT_RUNNING = "NOT_RUNNING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    FINAL_WRITE = "FINAL_WRITE"
    STOPPED = "STOPPED"


@dataclass
class Rooms:
    """Every room of one hub, whole once built; the door reads it, nobody writes it."""

    clock: "Clock"
    ledger: "Ledger"
    blocking: "BlockingPool"
    bus: "EventBus"
    states: "StateStore"
    services: "ServiceRegistry"
    entity_services: "EntityServices"
    routes: "RouteTable"
    commands: "CommandTable"
    hook_table: "HookTable"
    hooks: "Dispatcher"
    apis: "ApiTable"
    storage: "Storage"
    auth: "Auth"
    registries: "Registries"
    platforms: "EntityPlatforms"
    entries: "ConfigEntries"
    translator: "Translator"
    issues: "Issues"
    notifications: "Notifications"
    metrics: "Metrics"
    templates: "Templates"
    """For what the deployment itself says."""
    user_templates: "UserTemplates"
    """For what users wrote."""
    killable: "Killable"
    """For texts of users that are no templates."""
    settings: "CoreSettings"
    overview: "PluginOverview"
    walls: "Walls"
    quarantine: "Quarantine"
    announcing: "Announcing"
    checked: "Checked"
    """What the hub started with."""
    children: "Children"
    """Plugins that run in processes of their own."""
    allowed_folders: "AllowedFolders"
    renewal: "Renewal"
    cross: "Callable[[Any], Any]"
    view_of: "Callable[[Context], View]"
    hub_state: "Callable[[], HubState]"
    stop_hub: "Callable[[int], None]"
