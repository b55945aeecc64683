"""Automations: rules that start by triggers, hold to conditions, and act with rights of their own."""

from typing import Any

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="automation",
    layer="application",
    requires=("blueprint", "triggers", "zone"),
    after=("webhook",),
    listed=True,
    capabilities=Capabilities(
        calls=("*",),
        entities=("automation",),
        fires=("*",),
        listens=("blueprint_changed", "homeassistant_started", "script_started", "triggers_fired"),
        privileges=frozenset({Privilege.ACT_FOR_USER, Privilege.READ_ALL}),
    ),
)


class Rule(sv.map_of):
    """An automation as it is written."""

    def __init__(self) -> None:
        super().__init__(sv.string, sv.anything)
        self.example = {"alias": "Evening", "triggers": [{"trigger": "time", "at": "19:00:00"}], "actions": []}

    def __call__(self, value: Any) -> Any:
        """Whatever it is: what is no rule is unavailable, and is a warning of the check (``checks.py``)."""
        return value


CONFIG = vol.Schema(sv.ensure_list(Rule()))
"""Each rule is checked when it is taken up: one with a mistake is unavailable, says where, and costs no other rule."""
