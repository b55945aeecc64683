"""Zones: circles on the map that rules ask about; the home is one by itself."""

from typing import Any

import voluptuous as vol

from linli import Capabilities, Manifest, unique_slug
from linli import schema as sv

MANIFEST = Manifest(
    domain="zone",
    layer="management",
    requires=("home",),
    listed=True,
    makes=("zone.home",),
    capabilities=Capabilities(entities=("zone",)),
)


class ZoneName(sv.defines):
    """A name that makes an entity: a zone called School is ``zone.school``."""

    def __init__(self) -> None:
        super().__init__("entity", sv.text(min=1), "zone.{}")
        self.example = "School"

    def name_of(self, value: Any) -> str | None:
        """As in :class:`linli.schema.defines`; of two zones of one name this is the first one's."""
        if super().name_of(value) is None:
            return None
        return self.form.format(unique_slug(self(value), lambda slug: False))


ZONE = sv.section(
    {
        vol.Required("name", description="What people call it; its entity is called after it"): ZoneName(),
        vol.Required("latitude", description="Degrees north of its middle"): sv.latitude,
        vol.Required("longitude", description="Degrees east of its middle"): sv.longitude,
        vol.Optional("radius", default=100, description="How far it reaches"): sv.number(min=0, unit="m"),
        vol.Optional("icon", description="Its picture, such as mdi:school"): sv.icon,
        vol.Optional("passive", default=False, description="Only rules ask about it; nobody is said to be there"): (
            sv.boolean
        ),
    }
)
CONFIG = vol.Schema(sv.ensure_list(ZONE))
