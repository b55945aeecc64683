"""Scenes of the YAML and of the scene editor: entities and the states that they are brought to together."""

from typing import Any

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="scene",
    layer="application",
    requires=("automation", "home"),
    listed=True,
    capabilities=Capabilities(
        calls=("scene.apply",), entities=("scene",), privileges=frozenset({Privilege.ACT_FOR_USER})
    ),
)


class WrittenScene(sv.map_of):
    """A scene as it is written."""

    def __init__(self) -> None:
        super().__init__(sv.string, sv.anything)
        self.example = {"name": "Film", "entities": {"light.living_room": "on"}}

    def __call__(self, value: Any) -> Any:
        """Whatever it is: what is no scene is left out, and is a warning of the check (``checks.py``)."""
        return value


CONFIG = vol.Schema(sv.ensure_list(WrittenScene()))
"""Each scene is checked when it is taken up: one with a mistake is left out, and says where."""
