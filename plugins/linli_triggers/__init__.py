"""Triggers: what starts a rule or tells a client that something happened, in Home Assistant's language."""

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="triggers",
    layer="management",
    capabilities=Capabilities(listens=("*",), privileges=frozenset({Privilege.READ_ALL})),
)

CONFIG = vol.Schema(
    {
        vol.Optional("attachments", default=4096, description="Triggers attached at once; a further one is refused"): (
            sv.integer(min=1, max=100_000)
        ),
    }
)
