"""Blueprints: rules with holes, written once and filled by many."""

import voluptuous as vol

from linli import Capabilities, Manifest
from linli import schema as sv

MANIFEST = Manifest(domain="blueprint", layer="management", capabilities=Capabilities(network=("internet",)))

CONFIG = vol.Schema(
    {
        vol.Optional(
            "import_from",
            default=[],
            description="Where blueprints may be fetched from: public hosts, or origins written out (http://nas:3000)",
        ): sv.list_of(sv.any_of(sv.host, sv.url("http", "https"))),
    }
)
