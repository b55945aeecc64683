"""What stands in the flat, and where."""

from enum import StrEnum


class Room(StrEnum):
    """The rooms; their names are in the translations under ``area``."""

    ENTRANCE = "entrance"
    LIVING_ROOM = "living_room"
    KITCHEN = "kitchen"
    BEDROOM = "bedroom"
    BATHROOM = "bathroom"
    BALCONY = "balcony"


class Thing(StrEnum):
    """Everything that the day changes; the value is the unique id, and the entity id after the dot."""

    ENTRANCE_LIGHT = "entrance_light"
    LIVING_ROOM_LIGHT = "living_room_light"
    LIVING_ROOM_LAMP = "living_room_lamp"
    KITCHEN_LIGHT = "kitchen_light"
    BEDROOM_LAMP = "bedroom_lamp"
    BATHROOM_LIGHT = "bathroom_light"
    ENTRANCE_DOOR = "entrance_door"
    FRIDGE_DOOR = "fridge_door"
    BALCONY_DOOR = "balcony_door"
    ENTRANCE_MOTION = "entrance_motion"
    LIVING_ROOM_MOTION = "living_room_motion"
    KITCHEN_MOTION = "kitchen_motion"
    BATHROOM_MOTION = "bathroom_motion"
    BED = "bed"
    SMOKE_DETECTOR = "smoke_detector"
    LEAK_DETECTOR = "leak_detector"
    KETTLE = "kettle"
    TELEVISION = "television"
    AIR_CONDITIONER = "air_conditioner"
    BATHROOM_FAN = "bathroom_fan"
    CURTAIN = "curtain"
    FRONT_DOOR_LOCK = "front_door_lock"
    ALARM = "alarm"
    DOORBELL = "doorbell"
    WATER_TAP = "water_tap"
    """No entity: litres that are drawn, counted by the water meter."""
