"""The ``linli:`` section: what Home Assistant's core configuration carries, and what a deployment is made of."""

from typing import Final

import voluptuous as vol

from linli.config.validators.choices import any_of
from linli.config.validators.collections import ensure_list, list_of, map_of, section
from linli.config.validators.databases import database_url
from linli.config.validators.directions import subset, superset
from linli.config.validators.files import path
from linli.config.validators.network import hub_address, url
from linli.config.validators.numbers import integer
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
from linli.config.validators.schedule import cron
from linli.config.validators.text import boolean, one_of, pattern, slug, text
from linli.ids import ROOT_PLACE
from linli.plugin.manifest import Privilege
from linli.settings import CoreSettings

_privileges = list_of(one_of(*(privilege.value for privilege in Privilege)), unique=True)

_age_recipient = pattern(
    r"age1[02-9ac-hj-np-z]{58}", example="age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
)

_journal = section(
    {
        vol.Optional("heads", default=[], description="Where signed heads go: a folder elsewhere, an HTTPS address"): (
            ensure_list(any_of(url("https"), path(outside=True, example="/mnt/other-disk/heads")), unique=True)
        ),
        vol.Optional("hubs", default=[], description="Other hubs to which they go too"): ensure_list(
            section(
                {
                    vol.Required("address", description="Of that hub's heads"): hub_address,
                    vol.Required("token", description="Of a user of that hub whose role is hub"): text(secret=True),
                }
            )
        ),
        vol.Optional("receive", default=False, description="Keep the heads that other hubs send here"): boolean,
    }
)

_backup = section(
    {
        vol.Required("recipients", description="Public age keys, whose identities are kept elsewhere"): (
            ensure_list(_age_recipient, min=1, unique=True)
        ),
        vol.Required("folder", description="Where backups go, best on another disk"): (
            path(outside=True, example="/mnt/other-disk/backups")
        ),
        vol.Optional("schedule", description="When the hub makes one, as a cron line; without it, never"): cron,
        vol.Optional("keep", default=14, description="How many are kept"): integer(min=1, max=10_000),
        vol.Optional("history", default=True, description="With what was recorded: history and statistics"): boolean,
        vol.Optional("drill", description="How often the newest one is tried"): one_of("monthly"),
        vol.Optional(
            "identity_file", description="The secret age key for the drill; without it only the file is tried"
        ): (path(outside=True, example="/mnt/usb/backup.identity")),
    }
)

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
        vol.Optional(
            "allowlist_external_dirs", default=[], description="Folders outside the data folder where files may be put"
        ): list_of(path(outside=True, example="/media/snapshots"), unique=True),
        vol.Optional("trusted", default=[], description="Foreign plugins that may run in the hub's process"): (
            list_of(slug, unique=True)
        ),
        vol.Optional("children", default=[], description="Plugins that run in a process of their own all the same"): (
            list_of(slug, unique=True)
        ),
        vol.Optional("children_user", description="The user of the machine as whom plugins that are not trusted run"): (
            text(min=1, max=64)
        ),
        vol.Optional("database", description="PostgreSQL instead of files; as a secret"): database_url,
        vol.Optional("journal", description="How the journal is proved"): _journal,
        vol.Optional("backup", description="How the hub is backed up"): _backup,
        vol.Optional("grants", default={}, description="Privileges of plugins, by domain"): (map_of(slug, _privileges)),
    }
)
