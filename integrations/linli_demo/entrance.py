"""The way in: the lock, the alarm panel and the doorbell."""

from collections.abc import Callable
from typing import Any, Final

from linli import NotSupported, PluginContext
from linli_demo.devices import common
from linli_demo.life import Value
from linli_demo.things import Room, Thing
from linli_home.api import (
    AlarmControlPanel,
    AlarmControlPanelReading,
    AlarmControlPanelState,
    CodeFormat,
    EventDeviceClass,
    EventEntity,
    EventReading,
    Lock,
    LockReading,
    LockState,
)

BOLT_S: Final = 2.0
"""How long the bolt travels."""
LATCH_S: Final = 4.0
"""How long the latch stays drawn after "open"."""
EXIT_S: Final = 30.0
ENTRY_S: Final = 30.0
CODE: Final = "1234"
"""The panel's code; it stands in the README, and guards nothing real."""


class FrontDoorLock:
    """Locks, unlocks and opens, with the time that a bolt takes."""

    watts = 0.0

    def __init__(self, ctx: PluginContext) -> None:
        self._clock = ctx.clock
        self._moves = 0
        self._handle = ctx.entities.add(
            Lock(
                **common(ctx, Thing.FRONT_DOOR_LOCK, Room.ENTRANCE),
                name="",
                lock=self.lock,
                unlock=self.unlock,
                open=self.open,
            )
        )

    def begin(self, value: Value | None) -> None:
        self._handle.write(LockReading(LockState.UNLOCKED if value is False else LockState.LOCKED))

    def take(self, value: Value) -> None:
        if isinstance(value, bool):
            self._moves += 1
            self._handle.write(LockReading(LockState.LOCKED if value else LockState.UNLOCKED))

    async def lock(self, **_: Any) -> None:
        """Drive the bolt out."""
        await self._move(LockState.LOCKING, BOLT_S, LockState.LOCKED)

    async def unlock(self, **_: Any) -> None:
        """Draw the bolt."""
        await self._move(LockState.UNLOCKING, BOLT_S, LockState.UNLOCKED)

    async def open(self, **_: Any) -> None:
        """Draw the bolt, and the latch for a moment."""
        if await self._move(LockState.OPENING, BOLT_S, LockState.OPEN):
            await self._move(LockState.OPEN, LATCH_S, LockState.UNLOCKED)

    async def _move(self, passing: LockState, length: float, end: LockState) -> bool:
        """Whether the movement came to its end: a later command takes it over."""
        self._moves += 1
        mine = self._moves
        self._handle.write(LockReading(passing))
        await self._clock.sleep(length)
        if mine != self._moves:
            return False
        self._handle.write(LockReading(end))
        return True


class AlarmPanel:
    """Arms with time to leave, asks for the code when somebody comes in, and sounds where nobody gives it."""

    watts = 4.0

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._state = AlarmControlPanelState.DISARMED
        self._withdraw: Callable[[], None] | None = None
        self._handle = ctx.entities.add(
            AlarmControlPanel(
                **common(ctx, Thing.ALARM, Room.ENTRANCE),
                name="",
                code_format=CodeFormat.NUMBER,
                code_arm_required=False,
                alarm_disarm=self.disarm,
                alarm_arm_home=self.arm_home,
                alarm_arm_away=self.arm_away,
                alarm_arm_night=self.arm_night,
                alarm_trigger=self.trigger,
            )
        )

    def begin(self, value: Value | None) -> None:
        self._show(value if isinstance(value, AlarmControlPanelState) else AlarmControlPanelState.DISARMED)

    def take(self, value: Value) -> None:
        if value is AlarmControlPanelState.ARMED_AWAY:
            self._arm_away()
        elif isinstance(value, AlarmControlPanelState):
            self._show(value)

    def door_opened(self) -> None:
        """Somebody came in: without the code in time, it sounds."""
        if self._state in (AlarmControlPanelState.ARMED_AWAY, AlarmControlPanelState.ARMED_NIGHT):
            self._show(AlarmControlPanelState.PENDING, ENTRY_S, AlarmControlPanelState.TRIGGERED)

    async def disarm(self, code: str | None = None) -> None:
        """Be quiet, with the right code."""
        if code != CODE:
            raise NotSupported("the code is wrong", key="wrong_code")
        self._show(AlarmControlPanelState.DISARMED)

    async def arm_home(self, **_: Any) -> None:
        """Watch the door alone, at once."""
        self._show(AlarmControlPanelState.ARMED_HOME)

    async def arm_night(self, **_: Any) -> None:
        """Watch the door at night, at once."""
        self._show(AlarmControlPanelState.ARMED_NIGHT)

    async def arm_away(self, **_: Any) -> None:
        """Watch everything, after the time to leave."""
        self._arm_away()

    async def trigger(self, **_: Any) -> None:
        """Sound."""
        self._show(AlarmControlPanelState.TRIGGERED)

    def _arm_away(self) -> None:
        self._show(AlarmControlPanelState.ARMING, EXIT_S, AlarmControlPanelState.ARMED_AWAY)

    def _show(
        self, state: AlarmControlPanelState, length: float = 0.0, then: AlarmControlPanelState | None = None
    ) -> None:
        if self._withdraw is not None:
            self._withdraw()
            self._withdraw = None
        self._state = state
        self._handle.write(AlarmControlPanelReading(state))
        if then is not None:
            self._withdraw = self._ctx.call_later(length, lambda: self._show(then))


class Doorbell:
    """Somebody rings."""

    watts = 1.0

    def __init__(self, ctx: PluginContext) -> None:
        self._clock = ctx.clock
        self._handle = ctx.entities.add(
            EventEntity(
                **common(ctx, Thing.DOORBELL, Room.ENTRANCE),
                name="",
                device_class=EventDeviceClass.DOORBELL,
                event_types=("ring",),
            )
        )

    def begin(self, value: Value | None) -> None:
        """Nobody rings yet."""

    def take(self, value: Value) -> None:
        if value is True:
            self._handle.write(EventReading("ring", self._clock.now()))
