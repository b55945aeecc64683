"""Home: the kinds of things a home has (lights, sensors, locks …) and their services, as Home Assistant knows them."""

import voluptuous as vol

from linli import Manifest

MANIFEST = Manifest(domain="home", layer="perception")
CONFIG = vol.Schema({})
