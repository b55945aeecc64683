"""Recorder: remembers states, events and statistics, and shows each reader the past that is theirs."""

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege
from linli import schema as sv

MANIFEST = Manifest(
    domain="recorder",
    layer="data",
    requires=("home",),
    capabilities=Capabilities(
        listens=("*",),
        fires=("recorder_5min_statistics_generated", "recorder_hourly_statistics_generated"),
        personal_data=("activity",),
        privileges=frozenset({Privilege.READ_ALL}),
    ),
)


def chosen(what: str, *, events: bool) -> sv.section:
    """Which entities (and events) a filter names."""
    names = {
        vol.Optional("domains", default=[], description=f"Whole entity domains that are {what}"): sv.list_of(sv.slug),
        vol.Optional("entities", default=[], description=f"Single entities that are {what}"): sv.entity_ids(),
        vol.Optional(
            "entity_globs", default=[], description=f"Patterns of entities that are {what}, with * and ?"
        ): sv.list_of(sv.string),
    }
    if events:
        key = vol.Optional("event_types", default=[], description=f"Event types that are {what}")
        names[key] = sv.list_of(sv.string)
    return sv.section(names)


CONFIG = vol.Schema(
    {
        vol.Optional(
            "db_url", description="A PostgreSQL server with the name of a database; else where the hub's own data are"
        ): sv.database_url,
        vol.Optional("commit_interval", default="500ms", description="How much may be lost when the power goes"): (
            sv.seconds_or_duration
        ),
        vol.Optional("queue", default=50_000, description="How many changes may wait for the disk"): sv.integer(
            min=1000, max=1_000_000
        ),
        vol.Optional("auto_purge", default=True, description="Forget what is old each night"): sv.boolean,
        vol.Optional("auto_repack", default=True, description="Give the disk its space back each month"): sv.boolean,
        vol.Optional("purge_keep_days", default=10, description="For how many days states and events are kept"): (
            sv.integer(min=1)
        ),
        vol.Optional("include", default={}, description="Keep only these"): chosen("kept", events=False),
        vol.Optional("exclude", default={}, description="Keep all but these"): chosen("not kept", events=True),
    }
)
