"""Logbook: what happened and who or what was behind it, in words; kept by the recorder, cut to what is the reader's."""

import voluptuous as vol

from linli import Capabilities, Manifest

MANIFEST = Manifest(
    domain="logbook",
    layer="application",
    requires=("recorder",),
    capabilities=Capabilities(listens=("*",), fires=("logbook_entry",), personal_data=("activity",)),
)

CONFIG = vol.Schema({})
