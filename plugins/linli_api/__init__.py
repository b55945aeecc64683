"""API: Home Assistant's REST and WebSocket protocol, and linli's own addresses beside it."""

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="api",
    layer="network",
    requires=("http", "triggers"),
    after=("automation",),
    capabilities=Capabilities(
        calls=("*",),
        serves=("homeassistant", "persistent_notification"),
        fires=("*",),
        listens=("*",),
        personal_data=("image", "name"),
        privileges=frozenset({Privilege.SERVE, Privilege.ACT_FOR_USER, Privilege.READ_ALL, Privilege.OVERRIDE}),
    ),
)
CONFIG = vol.Schema(
    {
        vol.Optional(
            "commands_at_once", default=512, description="Unanswered commands of one connection; then it waits"
        ): sv.integer(min=1, max=10_000),
        vol.Optional(
            "subscriptions", default=1000, description="Subscriptions of one connection; a further one is refused"
        ): sv.integer(min=1, max=100_000),
    }
)
