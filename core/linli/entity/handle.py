"""What a plugin holds of an entity that it added. Writing is the hot path: no lookup, no copy, no await."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from linli.clock import Clock
from linli.context import Context
from linli.entity.description import NO_ATTRIBUTES, EntityDescription
from linli.errors import ContractError
from linli.ids import EntityId, RegistryId
from linli.plugin.flood import ENDLESS, StateMeter
from linli.states import MAX_STATE_LENGTH, UNAVAILABLE, UNKNOWN, Doubt, Slot, State, StateStore

R = TypeVar("R")

NOTHING_YET: Final = object()
"""In the place of a reading: none came since the entity lives."""
UNREACHED: Final = object()
"""In the place of a reading: the device cannot be reached."""

CAUSE_HOLDS_S: Final = 5.0
"""A write this soon after a command began is the command's consequence (Home Assistant's figure)."""


@dataclass(frozen=True, slots=True)
class Last:
    """What an entity was: the reading behind its doubts, the doubts, and what its plugin wanted remembered."""

    state: State
    doubts: tuple[Doubt, ...] = ()
    remembered: Mapping[str, Any] = field(default_factory=lambda: NO_ATTRIBUTES)


class Life(Protocol):
    """What the platform does for the handle."""

    @property
    def entity_id(self) -> EntityId: ...
    @property
    def registry_id(self) -> RegistryId: ...
    def before(self) -> Last | None: ...
    def poll_soon(self) -> None: ...
    def redescribe(self, description: EntityDescription[Any]) -> None: ...
    async def remove(self) -> None: ...


class EntityHandle(Generic[R]):
    """One entity in the hands of its plugin; stays good through renames, and does nothing once the entity is gone."""

    __slots__ = (
        "_cause", "_cause_until", "_clock", "_force", "_life", "_meter", "_plain", "_reading", "_render", "_slot",
        "_store", "available", "description",
    )  # fmt: skip

    def __init__(self, life: Life, description: EntityDescription[R], store: StateStore, clock: Clock) -> None:
        self._life = life
        self._store = store
        self._clock = clock
        self._slot: Slot | None = None
        self._meter = ENDLESS
        self._plain: Mapping[str, Any] = NO_ATTRIBUTES
        self._reading: object = NOTHING_YET
        self._cause: Context | None = None
        self._cause_until = 0.0
        self._render = description.render
        self._force = description.force_update
        self.description = description
        """As the plugin gave it (last)."""
        self.available = False
        """Whether it was reached when it was last tried."""

    @property
    def entity_id(self) -> EntityId:
        """Its present name; a person may rename it at any time."""
        return self._life.entity_id

    @property
    def registry_id(self) -> RegistryId:
        """Its own id, which no rename touches."""
        return self._life.registry_id

    @property
    def last(self) -> State | None:
        """The state that was known before the restart or reload, or None; never fresher than it looks."""
        before = self._life.before()
        return None if before is None else before.state

    @property
    def remembered(self) -> Mapping[str, Any]:
        """What ``description.remember`` gave before the restart or reload."""
        before = self._life.before()
        return NO_ATTRIBUTES if before is None else before.remembered

    @property
    def enabled(self) -> bool:
        """Whether it lives: not disabled in the registry, not removed. Writing to one that does not is no error."""
        return self._slot is not None

    @property
    def state(self) -> State | None:
        """What is published; None while it is disabled."""
        return None if self._slot is None else self._slot.state

    def write(self, reading: R | None, context: Context | None = None, *, fresh: bool = True) -> None:
        """Publish a reading (None: unknown, which ends no doubt). A post.

        ``fresh=False``: it is an old one (retained, cached), which ends no doubt. Raises ContractError for a state
        of more than 255 characters, and whatever ``render`` raises.
        """
        slot = self._slot
        if slot is None:
            return
        meter = self._meter
        meter.left = left = meter.left - 1
        if left < 0 and meter.holds(self, partial(self.write, reading, self._caused(context), fresh=fresh)):
            return
        if reading is None:
            text, changing = UNKNOWN, NO_ATTRIBUTES
        else:
            text, changing = self._render(reading)
            if len(text) > MAX_STATE_LENGTH:
                raise ContractError(f"{slot.entity_id}: a state has at most {MAX_STATE_LENGTH} characters")
        if context is None and self._cause is not None:
            context = self._recent_cause()
        self._reading = reading
        self.available = True
        self._store.write(
            slot,
            text,
            {**self._plain, **changing} if changing else self._plain,
            context,
            fresh=fresh and reading is not None,
            force=self._force,
        )

    def unavailable(self, context: Context | None = None) -> None:
        """The device cannot be reached; holds until the next write. A post."""
        slot = self._slot
        if slot is None:
            return
        meter = self._meter
        meter.left = left = meter.left - 1
        if left < 0 and meter.holds(self, partial(self.unavailable, self._caused(context))):
            return
        self._reading = UNREACHED
        self.available = False
        if context is None and self._cause is not None:
            context = self._recent_cause()
        self._store.write(slot, UNAVAILABLE, slot.descriptive, context, fresh=False)

    def poll_soon(self) -> None:
        """Have the next poll now rather than when its time comes. A post; nothing if the entity is not polled."""
        self._life.poll_soon()

    def redescribe(self, description: EntityDescription[R]) -> None:
        """Replace the description (other options, limits, firmware); unique id and domain stay. A post.

        The published state keeps its reading; the attributes that stay true are published anew.
        """
        self._life.redescribe(description)

    async def remove(self) -> None:
        """Take the entity away and forget it: the device is gone for good. A command."""
        await self._life.remove()

    # for the platform ------------------------------------------------------------------------------------------------

    def bind(self, slot: Slot | None, *, anew: bool = False, meter: StateMeter = ENDLESS) -> None:
        """Write to ``slot`` from now on, counted on ``meter``; None: nowhere. ``anew``: no reading came yet."""
        self._slot = slot
        self._meter = meter
        if anew:
            self._reading = NOTHING_YET
            self.available = False

    @property
    def reading(self) -> object:
        """The last reading, or NOTHING_YET or UNREACHED."""
        return self._reading

    def publish_first(self, text: str, changing: Mapping[str, Any]) -> None:
        """Publish what was known before any reading came; it ends no doubt."""
        if self._slot is not None:
            attributes = {**self._plain, **changing} if changing else self._plain
            self._store.write(self._slot, text, attributes, fresh=False)

    def publish_again(self) -> None:
        """Publish the last reading in its new dress; it ends no doubt."""
        slot = self._slot
        if slot is None or self._reading is NOTHING_YET:
            return
        if self._reading is UNREACHED:
            self._store.write(slot, UNAVAILABLE, slot.descriptive, fresh=False)
        elif self._reading is None:
            self.publish_first(UNKNOWN, NO_ATTRIBUTES)
        else:
            text, changing = self._render(cast("R", self._reading))
            self.publish_first(text[:MAX_STATE_LENGTH], changing)

    def dress(self, shown: EntityDescription[R], plain: Mapping[str, Any]) -> None:
        """Render by ``shown`` from now on, beside the attributes ``plain``."""
        self._render = shown.render
        self._force = shown.force_update
        self._plain = plain

    def caused_by(self, context: Context) -> None:
        """Writes in the next seconds are consequences of ``context``."""
        self._cause = context
        self._cause_until = self._clock.monotonic() + CAUSE_HOLDS_S

    def _caused(self, context: Context | None) -> Context | None:
        """The cause of what is written now, where it waits to be published."""
        return self._recent_cause() if context is None and self._cause is not None else context

    def _recent_cause(self) -> Context | None:
        if self._clock.monotonic() > self._cause_until:
            self._cause = None
        return self._cause
