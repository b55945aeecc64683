"""Webhooks: addresses that whoever knows them may call, and that set rules going."""

import voluptuous as vol

from linli import Capabilities, Manifest

MANIFEST = Manifest(
    domain="webhook",
    layer="application",
    requires=("triggers",),
    after=("http",),
    capabilities=Capabilities(),
)
CONFIG = vol.Schema({})
"""Nothing: which webhooks there are, the rules say."""
