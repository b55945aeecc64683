"""The camera above the entrance: its picture is drawn, and shows the time, so that one sees it is of this moment."""

from datetime import tzinfo
from typing import Final

from linli import Clock, Picture, PluginContext
from linli_demo.devices import common
from linli_demo.things import Room
from linli_home.api import Camera, CameraReading

KEY: Final = "door_camera"
WIDTH: Final = 640
HEIGHT: Final = 360
DAY: Final = ("#bcd6e6", "#8a7f72")
NIGHT: Final = ("#1c2733", "#3a3530")
SUNRISE_H: Final = 6
SUNSET_H: Final = 18
DRAWING: Final = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 640 360">
<rect width="640" height="360" fill="{wall}"/>
<rect y="280" width="640" height="80" fill="{floor}"/>
<rect x="235" y="70" width="170" height="230" fill="#6b4a32" stroke="#3b2a1d" stroke-width="6"/>
<circle cx="385" cy="190" r="8" fill="#d8b45a"/>
<rect x="16" y="16" width="260" height="40" fill="#000" fill-opacity=".6"/>
<text x="28" y="44" font-family="monospace" font-size="22" fill="#fff">{time}</text>
</svg>
"""


class DoorCamera:
    """Sees the door, by day and by night; can be turned off."""

    def __init__(self, ctx: PluginContext) -> None:
        self._clock: Clock = ctx.clock
        self._zone: tzinfo = ctx.settings.zone
        self._handle = ctx.entities.add(
            Camera(
                **common(ctx, KEY, Room.ENTRANCE),
                name="",
                picture=self.picture,
                turn_on=self.turn_on,
                turn_off=self.turn_off,
            )
        )
        self._handle.write(CameraReading())

    async def turn_on(self) -> None:
        """See again."""
        self._handle.write(CameraReading())

    async def turn_off(self) -> None:
        """See nothing."""
        self._handle.write(CameraReading(on=False))

    async def picture(self, width: int | None, height: int | None) -> Picture:
        """Drawn at its own proportions, as wide or as high as asked."""
        if width is None:
            width = WIDTH if height is None else round(height * WIDTH / HEIGHT)
        now = self._clock.now().astimezone(self._zone)
        wall, floor = DAY if SUNRISE_H <= now.hour < SUNSET_H else NIGHT
        drawing = DRAWING.format(
            width=width, height=round(width * HEIGHT / WIDTH), wall=wall, floor=floor, time=f"{now:%Y-%m-%d %H:%M:%S}"
        )
        return drawing.encode(), "image/svg+xml"
