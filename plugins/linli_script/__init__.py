"""Scripts: sequences of actions that people and rules call by name."""

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="script",
    layer="application",
    requires=("automation", "triggers"),
    capabilities=Capabilities(
        calls=("*",),
        entities=("script",),
        fires=("*",),
        listens=("homeassistant_started", "triggers_fired"),
        privileges=frozenset({Privilege.ACT_FOR_USER, Privilege.READ_ALL}),
    ),
)

class Script(sv.map_of):
    """A script as it is written."""

    def __init__(self) -> None:
        super().__init__(sv.string, sv.anything)
        self.example = {"alias": "Good night", "sequence": [{"delay": "00:00:05"}]}


CONFIG = vol.Schema(sv.map_of(sv.slug, Script()))
"""Each script is checked when it is taken up: one with a mistake is unavailable, says where, and costs no other."""
