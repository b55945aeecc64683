"""Replay: a home that was recorded once, played again as live sensors."""

import voluptuous as vol

from linli import Capabilities, Manifest
from linli import schema as sv

MANIFEST = Manifest(
    domain="replay",
    layer="perception",
    requires=("home",),
    capabilities=Capabilities(entities=("binary_sensor",), personal_data=("activity",)),
    single=False,
)

CONFIG = vol.Schema({
    vol.Required("file", description="The recording: one activation a line, see the README of this plugin"): sv.file(
        outside=True, example="homes/OrdonezA_Sensors.txt"
    ),
    vol.Optional("name", default="Recorded home", description="Tells several recordings apart"): sv.string,
    vol.Optional("time_zone", description="Where it was recorded; otherwise the zone of the deployment"): sv.time_zone,
    vol.Optional("speed", default=1, description="How many times as fast as it was recorded"): sv.number(
        min=0.01, max=100_000
    ),
    vol.Optional(
        "start",
        default="time_of_day",
        description="When its first day is played: today at the recorded time of day, now, or at the recorded date",
    ): sv.one_of("time_of_day", "now", "recorded"),
    vol.Optional("loop", default=True, description="Begin again after the last day, for ever"): sv.boolean,
})  # fmt: skip
