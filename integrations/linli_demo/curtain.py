"""The curtain of the living room: it takes its time, and can be stopped on the way."""

from typing import Any, Final

from linli import PluginContext
from linli_demo.devices import common
from linli_demo.life import Value
from linli_demo.things import Room, Thing
from linli_home.api import Cover, CoverDeviceClass, CoverReading

WHOLE_WAY_S: Final = 10.0
TOLD_EVERY_S: Final = 1.0


class Curtain:
    """Runs to where it was sent, and tells every second where it is."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._position = 0.0
        self._target = 0.0
        self._moves = False
        self._handle = ctx.entities.add(
            Cover(
                **common(ctx, Thing.CURTAIN, Room.LIVING_ROOM),
                name="",
                device_class=CoverDeviceClass.CURTAIN,
                open_cover=self.open,
                close_cover=self.close,
                set_cover_position=self.set_position,
                stop_cover=self.stop,
            )
        )

    @property
    def watts(self) -> float:
        """What the motor draws now."""
        return 0.5 if self._position == self._target else 35.0

    def begin(self, value: Value | None) -> None:
        self._position = self._target = value if isinstance(value, float) else 0.0
        self._tell()

    def take(self, value: Value) -> None:
        if isinstance(value, float):
            self._run_to(value)

    async def open(self) -> None:
        """Let the light in."""
        self._run_to(100)

    async def close(self) -> None:
        """Keep the light out."""
        self._run_to(0)

    async def set_position(self, position: int, **_: Any) -> None:
        """Run to 0 (closed) to 100 (open)."""
        self._run_to(position)

    async def stop(self) -> None:
        """Stay where it is."""
        self._run_to(self._position)

    def _run_to(self, position: float) -> None:
        self._target = position
        if not self._moves and self._position != position:
            self._moves = True
            self._ctx.call_later(TOLD_EVERY_S, self._move)
        self._tell()

    def _move(self) -> None:
        self._moves = False
        step = 100 * TOLD_EVERY_S / WHOLE_WAY_S
        way = self._target - self._position
        self._position = self._target if abs(way) <= step else self._position + (step if way > 0 else -step)
        self._run_to(self._target)

    def _tell(self) -> None:
        self._handle.write(
            CoverReading(
                position=round(self._position),
                opening=self._position < self._target,
                closing=self._position > self._target,
            )
        )
