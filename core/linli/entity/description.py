"""What an entity is, said once by its plugin: the base on which the entity domains (light, sensor …) stand.

A domain is a frozen dataclass over :class:`EntityDescription`. It says how a reading becomes a state and attributes,
which attributes stay true whatever the reading is, and which commands it takes. It is pure: no clock, no loop, no hub::

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Switch(EntityDescription[bool]):
        domain: ClassVar[str] = "switch"
        turn_on: Command | None = None
        turn_off: Command | None = None

        def render(self, reading: bool) -> Rendered:
            return ("on" if reading else "off"), NO_ATTRIBUTES

        def commands(self) -> Mapping[str, Command]:
            return given(turn_on=self.turn_on, turn_off=self.turn_off)
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Final, Generic, TypeVar

from linli.ids import PersonId, PlaceId
from linli.settings import UnitSystem
from linli.states import State

R = TypeVar("R")

Command = Callable[..., Awaitable[Any]]
"""A coroutine function that gets the validated service data as keyword arguments; its result is the response."""

Picture = tuple[bytes, str]
"""A still image and its content type."""

Rendered = tuple[str, Mapping[str, Any]]
"""A state and the attributes that change with the reading."""

NO_ATTRIBUTES: Final[Mapping[str, Any]] = MappingProxyType({})
"""Return this from :meth:`EntityDescription.render` when nothing but the state changes: writing is fastest then."""

DEFAULT_POLL: Final = timedelta(seconds=30)


class EntityCategory(StrEnum):
    """What an entity is for, where it is not what the device is bought for."""

    CONFIG = "config"
    """It changes how the device behaves."""
    DIAGNOSTIC = "diagnostic"
    """It tells how the device itself is."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """That an entity has a still image: where clients fetch it, how it is made, and when there is one."""

    address: str
    """With ``{entity_id}`` and ``{key}``: the attribute ``entity_picture``; the key alone is ``access_token``."""
    take: Callable[[int | None, int | None], Awaitable[Picture]]
    """Gives it, of about this width and height; None: as it comes."""
    are_there: Callable[[object], bool]
    """Whether, after this reading, there is one now (the camera is on)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """The thing on the wall that entities belong to. ``identifiers`` or ``connections`` say which one it is."""

    identifiers: frozenset[tuple[str, str]] = frozenset()
    """Pairs of domain and id, as the plugin knows the device."""
    connections: frozenset[tuple[str, str]] = frozenset()
    """Pairs of kind and address that other plugins may know too: ``("mac", "aa:bb:cc:dd:ee:ff")``."""
    name: str | None = None
    translation_key: str | None = None
    """The name, from the plugin's translations (``device.KEY.name``); used where ``name`` is None."""
    translation_placeholders: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)
    manufacturer: str | None = None
    model: str | None = None
    model_id: str | None = None
    sw_version: str | None = None
    hw_version: str | None = None
    serial_number: str | None = None
    suggested_area: str | None = None
    """The name of the area in which a new device is put; the area is made if there is none of that name."""
    configuration_url: str | None = None
    entry_type: str | None = None
    """``service`` for what is no thing (a cloud account)."""
    via_device: tuple[str, str] | None = None
    """An identifier of the device through which this one is reached."""
    place: PlaceId | None = None
    subject: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EntityDescription(Generic[R]):
    """One entity of one plugin; ``R`` is the type of its readings (``float``, ``bool``, a dataclass …).

    The base has slots (10 000 entities would take 12 MB more without); a domain over it need not.
    """

    domain: ClassVar[str]
    """The entity domain: the part of the entity id before the dot."""
    named_by_device_class: ClassVar[bool] = False
    """Whether an entity without a name is called after its device class (sensor, binary_sensor, number …)."""
    restores: ClassVar[bool] = False
    """Whether the last state comes back at start in every entity of the domain; ``restore`` says so for one."""

    unique_id: str
    """Which one it is, for ever, within the plugin and the domain; never shown."""
    name: str | None = None
    """None: by ``translation_key``, else by device class (see above), else the device's own name.
    The empty text is the device's own name at once: this entity is what the device is for."""
    has_entity_name: bool = True
    """The name is that of the entity alone; the device's name is put before it."""
    translation_key: str | None = None
    """The name (and the words for states) from the plugin's translations: ``entity.DOMAIN.KEY.name``."""
    translation_placeholders: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)
    suggested_object_id: str | None = None
    """What a new entity id is made of, in place of device and name."""
    device: DeviceInfo | None = None
    icon: str | None = None
    device_class: str | None = None
    unit_of_measurement: str | None = None
    supported_features: int | None = None
    entity_category: EntityCategory | None = None
    entity_picture: str | None = None
    attribution: str | None = None
    assumed_state: bool = False
    enabled_default: bool = True
    visible_default: bool = True
    force_update: bool = False
    """The same reading once more is a change, too."""
    guarded: bool = False
    """A lock, panel, door release or siren: a broad target (area, floor, label, all) never reaches it."""
    attributes: Mapping[str, Any] = field(default_factory=lambda: NO_ATTRIBUTES)
    """Attributes of one's own that never change; not shown while the entity is unavailable."""

    poll: Callable[[], Awaitable[R | None]] | None = None
    """Gives the present reading (None: unknown); what it raises makes the entity unavailable until it answers again.
    None: the plugin pushes with ``handle.write``."""
    poll_every: timedelta = DEFAULT_POLL
    parallel: int = 0
    """At most so many polls and commands at once over all entities of this entry and domain; 0: no limit."""

    restore: bool = False
    """Publish the last state known before the restart until the first reading comes."""
    remember: Callable[[], Mapping[str, Any]] | None = None
    """Plain values to keep beside the last state; after a restart they are ``handle.remembered``."""

    place: PlaceId | None = None
    """Where it is; None: where its device, area or entry is."""
    subject: PersonId | None = None
    """Whom it is about; None: whom its device, area or entry is about."""

    added: Callable[[], Awaitable[None]] | None = None
    """Awaited once the entity lives (also after it was enabled at run time)."""
    removing: Callable[[], Awaitable[None]] | None = None
    """Awaited before it goes (unload, removal, disabled at run time)."""

    # what a domain says ----------------------------------------------------------------------------------------------

    def render(self, reading: R) -> Rendered:
        """The state and the attributes that change with the reading; ``reading`` is never None (that is unknown)."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a reading is rendered")

    def capabilities(self) -> dict[str, Any]:
        """The domain's own attributes that stay true whatever the reading is (options, min, max, state_class …).

        The core adds the common ones: unit_of_measurement, device_class, icon, friendly_name, supported_features …
        """
        return {}

    def commands(self) -> Mapping[str, Command]:
        """What it can be told, by service name; what it cannot do is left out."""
        return {}

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        """Which command, with which data, a service means while the entity shows ``state``.

        ``toggle`` means ``turn_off`` of what is on; a step means a value; a value out of range raises InvalidRequest.
        """
        return service, data

    def pictures(self) -> Pictures | None:
        """Its still image; None: it has none."""
        return None

    def initial_options(self) -> Mapping[str, Mapping[str, Any]]:
        """The registry options of a new entity by domain: ``{"sensor": {"suggested_display_precision": 1}}``."""
        return {}

    def adapted(
        self, options: Mapping[str, Mapping[str, Any]], system: UnitSystem = UnitSystem.METRIC
    ) -> "EntityDescription[R]":
        """This description as the deployment's units and the person's registry options make it.

        Called when the entity comes and at once whenever the options change; itself if they change nothing.
        """
        return self


def given(**commands: Command | None) -> dict[str, Command]:
    """The commands that are not None."""
    return {name: command for name, command in commands.items() if command is not None}
