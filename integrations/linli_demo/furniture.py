"""What is put into the rooms."""

from linli import PluginContext
from linli_demo.curtain import Curtain
from linli_demo.entrance import AlarmPanel, Doorbell, FrontDoorLock
from linli_demo.furnishing import Changed, Furnishing
from linli_demo.indoors import Indoors
from linli_demo.lamps import COLORS, PLAIN, WHITES, Lamp
from linli_demo.meters import WaterMeter
from linli_demo.simple import Feeler, Plug
from linli_demo.things import Room, Thing
from linli_home.api import BinarySensorDeviceClass as Kind

LITRES_BEFORE = 96_340.0
"""What the water meter shows when the flat is new."""


def furnish(ctx: PluginContext, indoors: Indoors, panel: AlarmPanel, changed: Changed) -> dict[Thing, Furnishing]:
    """Everything that the day changes."""
    return {
        Thing.AIR_CONDITIONER: indoors.conditioner,
        Thing.BATHROOM_FAN: indoors.exhaust,
        Thing.ALARM: panel,
        Thing.FRONT_DOOR_LOCK: FrontDoorLock(ctx),
        Thing.DOORBELL: Doorbell(ctx),
        Thing.CURTAIN: Curtain(ctx),
        Thing.KETTLE: Plug(ctx, Thing.KETTLE, Room.KITCHEN, 1800.0, 0.3, changed),
        Thing.TELEVISION: Plug(ctx, Thing.TELEVISION, Room.LIVING_ROOM, 115.0, 0.5, changed),
        Thing.WATER_TAP: WaterMeter(ctx, LITRES_BEFORE),
        **_lamps(ctx, changed),
        **_feelers(ctx),
    }


def _lamps(ctx: PluginContext, changed: Changed) -> dict[Thing, Furnishing]:
    return {
        Thing.ENTRANCE_LIGHT: Lamp(ctx, Thing.ENTRANCE_LIGHT, Room.ENTRANCE, PLAIN, 9.0, changed),
        Thing.LIVING_ROOM_LIGHT: Lamp(ctx, Thing.LIVING_ROOM_LIGHT, Room.LIVING_ROOM, WHITES, 36.0, changed),
        Thing.LIVING_ROOM_LAMP: Lamp(ctx, Thing.LIVING_ROOM_LAMP, Room.LIVING_ROOM, COLORS, 12.0, changed),
        Thing.KITCHEN_LIGHT: Lamp(ctx, Thing.KITCHEN_LIGHT, Room.KITCHEN, WHITES, 24.0, changed),
        Thing.BEDROOM_LAMP: Lamp(ctx, Thing.BEDROOM_LAMP, Room.BEDROOM, WHITES, 8.0, changed),
        Thing.BATHROOM_LIGHT: Lamp(ctx, Thing.BATHROOM_LIGHT, Room.BATHROOM, PLAIN, 10.0, changed),
    }


def _feelers(ctx: PluginContext) -> dict[Thing, Furnishing]:
    kinds = {
        Thing.ENTRANCE_DOOR: (Room.ENTRANCE, Kind.DOOR),
        Thing.FRIDGE_DOOR: (Room.KITCHEN, Kind.DOOR),
        Thing.BALCONY_DOOR: (Room.BALCONY, Kind.DOOR),
        Thing.ENTRANCE_MOTION: (Room.ENTRANCE, Kind.MOTION),
        Thing.LIVING_ROOM_MOTION: (Room.LIVING_ROOM, Kind.MOTION),
        Thing.KITCHEN_MOTION: (Room.KITCHEN, Kind.MOTION),
        Thing.BATHROOM_MOTION: (Room.BATHROOM, Kind.MOTION),
        Thing.BED: (Room.BEDROOM, Kind.OCCUPANCY),
        Thing.SMOKE_DETECTOR: (Room.KITCHEN, Kind.SMOKE),
        Thing.LEAK_DETECTOR: (Room.BATHROOM, Kind.MOISTURE),
    }
    return {thing: Feeler(ctx, thing, room, kind) for thing, (room, kind) in kinds.items()}
