"""The small pages: their frame, log-in, set-up, and the one module that a page needs."""

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="pages",
    layer="presentation",
    requires=("http", "api"),
    capabilities=Capabilities(personal_data=("name",), privileges=frozenset({Privilege.SERVE, Privilege.ACT_FOR_USER})),
)

CONFIG = vol.Schema(
    {
        vol.Optional(
            "first", description="Name of the page that opens at the hub's bare address; the first in order"
        ): sv.slug,
    }
)
