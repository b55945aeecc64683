"""Automations: rules that start by triggers, hold to conditions, and act with rights of their own."""

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="automation",
    layer="application",
    requires=("triggers",),
    listed=True,
    capabilities=Capabilities(
        calls=("*",),
        entities=("automation",),
        fires=("*",),
        listens=("homeassistant_started", "triggers_fired"),
        privileges=frozenset({Privilege.ACT_FOR_USER, Privilege.READ_ALL}),
    ),
)

CONFIG = vol.Schema(sv.ensure_list(sv.map_of(sv.string, sv.anything)))
"""Each rule is checked when it is taken up: one with a mistake is unavailable, says where, and costs no other rule."""
