"""The ``linli:`` section: what Home Assistant's core configuration carries, and what a deployment is made of."""

from typing import Final

import voluptuous as vol

from linli.config.validators.collections import list_of, map_of
from linli.config.validators.directions import subset, superset
from linli.config.validators.files import path
from linli.config.validators.network import url
from linli.config.validators.places import (
    country,
    currency,
    elevation,
    language,
    latitude,
    longitude,
    time_zone,
    unit_system,
)
from linli.config.validators.text import one_of, slug, text
from linli.ids import ROOT_PLACE
from linli.plugin.manifest import Privilege
from linli.settings import CoreSettings

_privileges = list_of(one_of(*(privilege.value for privilege in Privilege)), unique=True)

CORE_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("name", default=CoreSettings.name, description="What this place is called"): text(min=1, max=100),
        vol.Optional("time_zone", default=CoreSettings.time_zone, description="Local time, like Asia/Shanghai"): (
            time_zone
        ),
        vol.Optional("language", default=CoreSettings.language, description="What the hub speaks"): language,
        vol.Optional("country", description="Two letters, like CN"): country,
        vol.Optional("currency", default=CoreSettings.currency, description="Three letters, like CNY"): currency,
        vol.Optional("unit_system", default=CoreSettings.unit_system.value, description="Which units people read"): (
            unit_system
        ),
        vol.Optional("latitude", default=CoreSettings.latitude, description="Degrees north, for sun and zones"): (
            latitude
        ),
        vol.Optional("longitude", default=CoreSettings.longitude, description="Degrees east"): longitude,
        vol.Optional("elevation", default=CoreSettings.elevation, description="Metres above the sea"): elevation,
        vol.Optional("internal_url", description="How the hub is reached at home"): url(),
        vol.Optional("external_url", description="How the hub is reached from outside"): url(),
        vol.Optional("packs", default=[], description="Named sets of plugins with defaults"): (
            superset(list_of(text(min=1), unique=True))
        ),
        vol.Optional("default_places", default=[ROOT_PLACE], description="Places of users for whom none are named"): (
            subset(list_of(text(min=1, max=200), unique=True))
        ),
        vol.Optional("extends", description="The deployment that lies under this one: its folder or file"): (
            path(outside=True, example="../district/linli.yaml")
        ),
        vol.Optional("trusted", default=[], description="Foreign plugins that may run in the hub's process"): (
            list_of(slug, unique=True)
        ),
        vol.Optional("grants", default={}, description="Privileges of plugins, by domain"): (map_of(slug, _privileges)),
    }
)
