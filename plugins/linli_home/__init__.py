"""Home: the kinds of things a home has (lights, sensors, locks …) and their services, as Home Assistant knows them."""

import voluptuous as vol

from linli import Capabilities, Manifest

MANIFEST = Manifest(
    domain="home",
    layer="perception",
    capabilities=Capabilities(
        calls=("*",), serves=("*",), entities=("scene",), listens=("todo",), personal_data=("image",)
    ),
)
CONFIG = vol.Schema({})
