"""History: what entities were, as Home Assistant's clients ask for it; kept by the recorder, cut to what is theirs."""

import voluptuous as vol

from linli import Capabilities, Manifest

MANIFEST = Manifest(
    domain="history",
    layer="application",
    requires=("recorder",),
    capabilities=Capabilities(listens=("*",), personal_data=("activity",)),
)

CONFIG = vol.Schema({})
