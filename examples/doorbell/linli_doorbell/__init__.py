"""Doorbell: rings, remembers how often, tells who asks."""

import voluptuous as vol

from linli import Capabilities, Manifest
from linli import schema as sv

MANIFEST = Manifest(
    domain="doorbell",
    layer="perception",
    capabilities=Capabilities(entities=("sensor",), fires=("doorbell_rang",), listens=("doorbell_pressed",)),
)
CONFIG = vol.Schema(
    {
        vol.Required("button", description="Which button rings, as its event names it"): sv.slug,
        vol.Optional("quiet", default="22:00-07:00", description="Then it counts and stays silent"): sv.time_range,
    }
)
