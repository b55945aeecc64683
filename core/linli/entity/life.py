"""One entity from its adding to its end: dressed by the registry, polled, told what to do, remembered."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any, Final, Protocol

from linli.cancelling import ordinary
from linli.clock import Clock
from linli.context import Context
from linli.entity.access_keys import AccessKeys
from linli.entity.attributes import COMMON, common_of, registered
from linli.entity.description import NO_ATTRIBUTES, EntityDescription, Picture
from linli.entity.handle import NOTHING_YET, UNREACHED, EntityHandle, Last
from linli.entity.last_states import LastStates, Token
from linli.entity.polling import Poller
from linli.entity.publishing import move, park
from linli.errors import ContractError, HandlerFailed, LinliError, NotSupported
from linli.ids import EntityId, EntryId, PluginDomain, RegistryId
from linli.ledger import Ledger
from linli.plugin.bounded import Bounded, Late
from linli.plugin.flood import StateMeter
from linli.plugin.nursery import Nursery
from linli.registry import DeviceEntry, EntityEntry
from linli.settings import UnitSystem
from linli.states import UNKNOWN, Slot, State, StateStore

NO_GATE: Final[AbstractAsyncContextManager[None]] = nullcontext()
NOTHING: Final[Mapping[str, Any]] = {}
GOODBYE_WITHIN_S: Final = 5.0
PICTURE_WITHIN_S: Final = 10.0


class Around(Protocol):
    """What a life needs of the rooms around it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def states(self) -> StateStore: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def last_states(self) -> LastStates: ...
    @property
    def unit_system(self) -> UnitSystem: ...
    def meter_of(self, plugin: PluginDomain, entity_id: str, /) -> StateMeter: ...
    def row(self, registry_id: RegistryId) -> EntityEntry | None: ...
    def device(self, row: EntityEntry) -> DeviceEntry | None: ...
    def redefine(self, life: "EntityLife") -> None: ...
    async def remove(self, life: "EntityLife") -> None: ...


class EntityLife:
    """Also what the entity services meet (``LiveEntity``) and what the last states ask (``Following``)."""

    __slots__ = (
        "_around", "_before", "_gate", "_nursery", "_poller", "_polling", "_slot", "description", "entry_id", "handle",
        "keys", "plugin", "row", "shown",
    )  # fmt: skip

    def __init__(
        self, around: Around, plugin: PluginDomain, entry_id: EntryId, nursery: Nursery,
        description: EntityDescription[Any], row: EntityEntry, gate: AbstractAsyncContextManager[Any],
    ) -> None:  # fmt: skip
        self._around = around
        self._nursery = nursery
        self._gate = gate
        self._poller: Poller | None = None
        self._polling: asyncio.Task[None] | None = None
        self._slot: Slot | None = None
        self.plugin = plugin
        self.entry_id = entry_id
        self.description = description
        self.row = row
        self.keys: AccessKeys | None = None
        """By which its picture opens, where it has one."""
        self.shown = description.adapted(row.options, around.unit_system)
        self._before = around.last_states.of(row.id)
        self.handle: EntityHandle[Any] = EntityHandle(self, description, around.states, around.clock)

    # who it is -------------------------------------------------------------------------------------------------------

    @property
    def entity_id(self) -> EntityId:
        return self.row.entity_id

    @property
    def registry_id(self) -> RegistryId:
        return self.row.id

    @property
    def domain(self) -> str:
        return self.description.domain

    @property
    def alive(self) -> bool:
        """It has a place in the state store: neither disabled nor ended."""
        return self._slot is not None

    @property
    def available(self) -> bool:
        """Whether it can be told anything: its plugin does not say that it cannot be reached.

        A doubt keeps no command away: what is not believed may still obey.
        """
        return self._slot is not None and self.handle.reading is not UNREACHED

    @property
    def supported_features(self) -> int:
        return self.shown.supported_features or 0

    @property
    def guarded(self) -> bool:
        return self.description.guarded

    # beginning and ending --------------------------------------------------------------------------------------------

    def begin(self, *, polls: bool) -> None:
        """Take its place in the state store, and publish something soon. Without ``polls`` it polls only when asked."""
        states, last_states = self._around.states, self._around.last_states
        slot = states.slot(self.entity_id)
        slot.owner = self.plugin
        if slot.state is None or not slot.doubts:
            slot.doubts = last_states.doubts_of(self.registry_id) or slot.doubts
        self._slot = slot
        last_states.revived(self.registry_id)
        self.dress()
        self.handle.bind(slot, anew=True, meter=self._around.meter_of(self.plugin, self.entity_id))
        asyncio.get_running_loop().call_soon(self._publish_first)
        if self.description.added is not None:
            self._nursery.spawn(_awaited(self.description.added), f"added {self.entity_id}")
        if self.description.poll is not None:
            self._poller = self._new_poller(self.description.poll)
            self._polling = self._nursery.spawn(self._poller.run(regularly=polls), f"poll {self.entity_id}")

    def _publish_first(self) -> None:
        """In this turn of the loop, unless a reading came: the last state, where the entity wants it back.

        A number in another unit than it is shown in now does not come back. A known entity that is polled stays as
        the registry shows it until its first poll has ended.
        """
        if self._slot is None or self.handle.reading is not NOTHING_YET:
            return
        before = self.before() if self._restores else None
        if before is not None and before.state.attributes.get("unit_of_measurement") == self.shown.unit_of_measurement:
            last = before.state
            own = {**self.shown.capabilities(), **self.shown.attributes}
            hidden = COMMON.union(own)
            changing = {name: value for name, value in last.attributes.items() if name not in hidden}
            self.handle.publish_first(last.state, changing)
        elif self._poller is None or self._slot.state is None:
            self.handle.publish_first(UNKNOWN, NO_ATTRIBUTES)

    @property
    def _restores(self) -> bool:
        return self.description.restore or self.description.restores

    def end(self, *, stays_registered: bool) -> None:
        """Leave the state store; what was known is kept for the next life. ``removing`` is awaited by the caller."""
        slot = self._slot
        if slot is None:
            return
        last = self.last_known()
        if last is not None:
            self._around.last_states.ended(self.registry_id, last)
        if self._polling is not None:
            self._polling.cancel()
        self._poller = self._polling = None
        self.handle.bind(None)
        self._slot = None
        if stays_registered:
            park(self._around.states, slot, registered(self.row, self._around.device(self.row)))
        else:
            self._around.states.release(slot)

    async def say_goodbye(self) -> None:
        """Await what the plugin wants done before the entity goes; what it raises is charged."""
        if self.description.removing is None:
            return
        try:
            bounded = Bounded(self._around.clock, self._around.ledger)
            goodbye = _awaited(self.description.removing)
            await bounded.run(goodbye, self.plugin, f"removing {self.entity_id}", GOODBYE_WITHIN_S)
        except Late:
            self._around.ledger.note(self.plugin, "timeout", f"removing {self.entity_id}", "no end in time")
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here and is charged
            self._around.ledger.error(self.plugin, f"removing {self.entity_id}", error)

    # what the registry says ------------------------------------------------------------------------------------------

    def dress(self) -> None:
        """Take up names, icon, class and unit as description, registry and device say them now."""
        if self._slot is None:
            return
        shown = self.shown
        common = common_of(shown, self.row, self._around.device(self.row))
        descriptive = {**shown.capabilities(), **common}
        pictures = shown.pictures()
        key = None if pictures is None else self._key()
        if pictures is not None and shown.entity_picture is None:
            descriptive["entity_picture"] = pictures.address.format(entity_id=self.entity_id, key=key)
        plain = {**shown.attributes, **descriptive} if shown.attributes else descriptive
        if key is not None:
            plain = {**plain, "access_token": key}
        self.handle.dress(shown, plain)
        self._around.states.describe(self._slot, descriptive)

    def _key(self) -> str:
        if self.keys is None:
            self.keys = AccessKeys()
        return self.keys.current

    def change_keys(self, *, at_once: bool) -> None:
        """Show another key; ``at_once``: those that were shown open no longer."""
        if self.keys is None:
            return
        if at_once:
            self.keys.renew()
        else:
            self.keys.rotate()
        self.dress()
        self.handle.publish_again()

    async def picture(self, width: int | None, height: int | None) -> Picture:
        """The still image; raises NotSupported where there is none now, HandlerFailed where it cannot be had."""
        pictures = self.shown.pictures()
        if pictures is None:
            raise NotSupported(f"{self.entity_id} has no picture", key="no_picture")
        if not self.available or not pictures.are_there(self.handle.reading):
            raise NotSupported(f"{self.entity_id} is off", key="picture_off")
        try:
            async with self._around.clock.timeout(PICTURE_WITHIN_S):
                content, kind = await self._told("picture", pictures.take(width, height))
        except TimeoutError as error:
            self._around.ledger.note(self.plugin, "timeout", f"picture of {self.entity_id}", "no end in time")
            raise HandlerFailed(f"{self.entity_id} gave no picture in time") from error
        return content, kind

    def follow(self, row: EntityEntry) -> None:
        """The registry's row has changed (but for being disabled, which the platform sees to)."""
        old, self.row = self.row, row
        if self._slot is not None and old.entity_id != row.entity_id:
            self._slot = move(self._around.states, self._slot, row.entity_id)
            self.measure_anew()
        self.shown = self.description.adapted(row.options, self._around.unit_system)
        self.dress()
        self.handle.publish_again()

    def measure_anew(self) -> None:
        """Ask on what its readings are counted."""
        if self._slot is not None:
            self.handle.bind(self._slot, meter=self._around.meter_of(self.plugin, self.entity_id))

    def redescribe(self, description: EntityDescription[Any]) -> None:
        """The plugin says something else of it from now on."""
        same = (description.domain, description.unique_id) == (self.domain, self.description.unique_id)
        if not same:
            raise ContractError(f"{self.entity_id}: a new description keeps domain and unique id")
        self.description = self.handle.description = description
        self._around.redefine(self)
        self.shown = description.adapted(self.row.options, self._around.unit_system)
        self.dress()
        self.handle.publish_again()

    async def remove(self) -> None:
        """The device is gone for good."""
        await self._around.remove(self)

    # polling and commands --------------------------------------------------------------------------------------------

    def poll_soon(self) -> None:
        if self._poller is not None:
            self._poller.soon()

    def _new_poller(self, poll: Callable[[], Any]) -> Poller:
        return Poller(
            lambda: self.entity_id,
            poll,
            self.description.poll_every.total_seconds(),
            self._around.clock,
            self._gate,
            answered=self.handle.write,
            failed=self.handle.unavailable,
            charge=lambda error: self._around.ledger.error(self.plugin, f"poll {self.entity_id}", error),
        )

    def lacks(self, command: str, data: Mapping[str, Any]) -> bool:
        """Whether nothing carries the command out as the entity is now. Data that it refuses are no lack."""
        try:
            command, _ = self.shown.resolve(command, data, None if self._slot is None else self._slot.state)
        except LinliError:
            return False
        return command not in self.shown.commands()

    async def run(self, command: str, data: Mapping[str, Any], context: Context) -> Any:
        """Run one command of the description; its writes are consequences of ``context``."""
        command, data = self.shown.resolve(command, data, None if self._slot is None else self._slot.state)
        found = self.shown.commands().get(command)
        if found is None:
            raise NotSupported(
                f"Entity {self.entity_id} does not support action {self.domain}.{command}",
                key="service_not_supported",
                parameters={"domain": self.domain, "service": command, "entity_id": self.entity_id},
            )
        self._around.ledger.admit(self.plugin)
        async with self._gate:
            self.handle.caused_by(context)
            answer = await self._told(command, found(**data))
        if self._poller is not None:
            await self._poller.once()
        return answer

    async def _told(self, command: str, work: Awaitable[Any]) -> Any:
        """The command's answer; what only the plugin can have done is charged to it."""
        try:
            return await ordinary(work)
        except LinliError:
            raise
        except (OSError, TimeoutError) as error:
            raise HandlerFailed(f"{self.entity_id} does not answer: {str(error) or type(error).__name__}") from error
        except Exception as error:
            self._around.ledger.error(self.plugin, f"{command} of {self.entity_id}", error)
            raise HandlerFailed(f"{command} of {self.entity_id} failed") from error

    async def poll_now(self) -> None:
        """One poll that begins now; nothing if the entity is not polled."""
        if self._poller is not None:
            await self._poller.once()

    # being remembered ------------------------------------------------------------------------------------------------

    def before(self) -> Last | None:
        """What it was before the restart or reload."""
        return None if self._before is None else self._before.read(self.entity_id)

    def _remembered(self) -> Mapping[str, Any]:
        if self.description.remember is None:
            return NOTHING
        try:
            return self.description.remember()
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here and is charged
            self._around.ledger.error(self.plugin, f"remember of {self.entity_id}", error)
            return self.handle.remembered

    def token(self) -> Token:
        slot = self._slot
        if slot is None or (self._silent and self._before is not None):
            return self._before, () if slot is None else slot.doubts, NOTHING
        return slot.reading or slot.state, slot.doubts, self._remembered()

    def last_known(self) -> Last | None:
        """What is to be known after a restart: the reading behind the doubts; until one came, what was known before."""
        slot = self._slot
        if slot is None or slot.state is None:
            return None
        before = self.before() if self._silent else None
        if before is not None:
            return replace(before, doubts=slot.doubts)
        state = slot.state
        if slot.doubts and slot.reading is not None:
            text, attributes = slot.reading
            state = State(self.entity_id, text, attributes, state.last_changed, state.last_updated, state.context)
        return Last(state, slot.doubts, self._remembered())

    @property
    def _silent(self) -> bool:
        """No reading came in this life."""
        return self.handle.reading is NOTHING_YET


async def _awaited(work: Callable[[], Any]) -> None:
    await work()
