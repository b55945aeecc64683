"""Scripts: sequences of actions that people and rules call by name."""

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="script",
    layer="application",
    requires=("automation", "blueprint", "triggers"),
    capabilities=Capabilities(
        calls=("*",),
        entities=("script",),
        fires=("*",),
        listens=("blueprint_changed", "homeassistant_started", "triggers_fired"),
        privileges=frozenset({Privilege.ACT_FOR_USER, Privilege.READ_ALL}),
    ),
)


class Scripts(sv.map_of):
    """Scripts as they are written, by name; each is a service, so that an example would be one of the reference."""

    def __init__(self) -> None:
        super().__init__(sv.slug, sv.map_of(sv.string, sv.anything))
        self.example = {}


CONFIG = vol.Schema(Scripts())
"""Each script is checked when it is taken up: one with a mistake is unavailable, says where, and costs no other."""
