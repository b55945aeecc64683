"""The page of the home: its areas, what is on, and what just happened."""

import voluptuous as vol

from linli import Capabilities, Manifest

MANIFEST = Manifest(
    domain="overview",
    layer="presentation",
    requires=("http", "pages"),
    capabilities=Capabilities(answers=("pages_contribute",)),
)

CONFIG = vol.Schema({})
