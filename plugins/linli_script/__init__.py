"""Scripts: sequences of actions that people and rules call by name."""

from typing import Any

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="script",
    layer="application",
    requires=("automation", "blueprint", "triggers"),
    after=("webhook",),
    capabilities=Capabilities(
        calls=("*",),
        entities=("script",),
        fires=("*",),
        listens=("automation_triggered", "blueprint_changed", "homeassistant_started", "triggers_fired"),
        privileges=frozenset({Privilege.ACT_FOR_USER, Privilege.READ_ALL}),
    ),
)


class Written(sv.map_of):
    """A script as it is written."""

    def __init__(self) -> None:
        super().__init__(sv.string, sv.anything)

    def __call__(self, value: Any) -> Any:
        """Whatever it is: what is no script is unavailable, and is a warning of the check (``checks.py``)."""
        return value


class Scripts(sv.map_of):
    """Scripts as they are written, by name; each is a service, so that an example would be one of the reference."""

    def __init__(self) -> None:
        super().__init__(sv.slug, Written())
        self.example = {}


CONFIG = vol.Schema(Scripts())
"""Each script is checked when it is taken up: one with a mistake is unavailable, says where, and costs no other."""
