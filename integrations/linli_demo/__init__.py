"""Demo: a furnished flat that lives by a schedule. Everything in it is simulated."""

import voluptuous as vol

from linli import Capabilities, Manifest

MANIFEST = Manifest(
    domain="demo",
    layer="perception",
    requires=("home",),
    capabilities=Capabilities(
        entities=(
            "alarm_control_panel", "binary_sensor", "camera", "climate", "cover", "event", "fan", "light", "lock",
            "sensor", "switch", "todo",
        )
    ),
    makes=(
        "alarm_control_panel.alarm", "binary_sensor.balcony_door", "binary_sensor.balcony_door_battery",
        "binary_sensor.bathroom_motion", "binary_sensor.bathroom_motion_battery", "binary_sensor.bed",
        "binary_sensor.bed_battery", "binary_sensor.entrance_door", "binary_sensor.entrance_door_battery",
        "binary_sensor.entrance_motion", "binary_sensor.entrance_motion_battery", "binary_sensor.fridge_door",
        "binary_sensor.fridge_door_battery", "binary_sensor.kitchen_motion", "binary_sensor.kitchen_motion_battery",
        "binary_sensor.leak_detector", "binary_sensor.leak_detector_battery", "binary_sensor.living_room_motion",
        "binary_sensor.living_room_motion_battery", "binary_sensor.smoke_detector",
        "binary_sensor.smoke_detector_battery", "camera.door_camera", "climate.air_conditioner", "cover.curtain",
        "event.doorbell", "fan.bathroom_fan", "light.bathroom_light", "light.bedroom_lamp", "light.entrance_light",
        "light.kitchen_light", "light.living_room_lamp", "light.living_room_light", "lock.front_door_lock",
        "sensor.bathroom_air_humidity", "sensor.bathroom_air_temperature", "sensor.bedroom_air_humidity",
        "sensor.bedroom_air_temperature", "sensor.electricity_meter_energy", "sensor.electricity_meter_power",
        "sensor.living_room_air_humidity", "sensor.living_room_air_temperature", "sensor.water_meter_water",
        "sensor.weather_station_humidity", "sensor.weather_station_temperature", "switch.kettle", "switch.television",
        "todo.chores",
    ),
)  # fmt: skip

CONFIG = vol.Schema({})
