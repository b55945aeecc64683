"""Demo: a furnished flat that lives by a schedule. Everything in it is simulated."""

import voluptuous as vol

from linli import Capabilities, Manifest

MANIFEST = Manifest(
    domain="demo",
    layer="perception",
    requires=("home",),
    capabilities=Capabilities(
        entities=(
            "alarm_control_panel", "binary_sensor", "climate", "cover", "event", "fan", "light", "lock", "sensor",
            "switch", "todo",
        )
    ),
)  # fmt: skip

CONFIG = vol.Schema({})
