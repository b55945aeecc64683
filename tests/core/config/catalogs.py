"""A catalog of plugins as discovery would give it, for the check's tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import voluptuous as vol

from linli import schema as sv
from linli.config import CatalogEntry, PluginPlace
from linli.errors import ContractError
from linli.plugin.manifest import Manifest


@dataclass
class Plugins:
    """Plugins by domain."""

    entries: dict[str, CatalogEntry] = field(default_factory=dict)
    rivals: dict[str, tuple[str, ...]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    imported: list[str] = field(default_factory=list)

    def add(self, manifest: Manifest, schema: vol.Schema | None = None, *, shipped: bool = True) -> "Plugins":
        distribution = "linli" if shipped else f"someone-{manifest.domain}"
        self.entries[manifest.domain] = CatalogEntry(manifest, schema, distribution, shipped)
        return self

    def known(self) -> Sequence[str]:
        return sorted(self.entries)

    def find(self, domain: str) -> PluginPlace | None:
        entry = self.entries.get(domain)
        return entry and PluginPlace(entry.distribution, entry.shipped, domain, self.rivals.get(domain, ()))

    def get(self, domain: str, *, trusted: bool = False) -> CatalogEntry | None:
        self.imported.append(domain)
        if domain in self.broken:
            raise ContractError(f"{domain}/__init__.py:3: no MANIFEST")
        entry = self.entries.get(domain)
        return entry and replace(entry, trusted=entry.shipped or trusted)


def usual() -> Plugins:
    """Plugins enough for a home: some with settings, one foreign, one that lacks its library."""
    plugins = Plugins()
    household = ("api", "pages", "home", "overview", "helpers", "recorder", "history", "logbook")
    for domain in (*household, "automation", "script", "scene", "webhook"):
        plugins.add(Manifest(domain, "data"))
    plugins.add(Manifest("http", "network"), vol.Schema({vol.Optional("port", default=8123): sv.port}))
    plugins.add(Manifest("lift", "perception"), vol.Schema({vol.Optional("floors"): sv.integer(min=1)}), shipped=False)
    plugins.add(Manifest("zigbee", "network", extra="zigbee", libraries=("zigbee_library_that_nobody_has",)))
    plugins.add(Manifest("bridge", "network", requires=("cable",)))
    plugins.add(Manifest("old_bridge", "network", conflicts=("recorder",)))
    plugins.add(
        Manifest("doorbell", "perception", requires=("notices",), single=False),
        vol.Schema(
            {
                vol.Required("button", description="The event entity that rings"): sv.entity_id("event"),
                vol.Optional("ring_for", default="30s"): sv.duration,
                vol.Optional("quiet", default="22:00-07:00"): sv.time_range,
                vol.Optional("lamps", default=[]): sv.list_of(sv.entity_id("light")),
                vol.Optional("code"): sv.text(min=4, max=8, secret=True),
                vol.Optional("volume", default=50): sv.percentage,
            }
        ),
    )
    plugins.add(Manifest("notices", "application"), vol.Schema({vol.Optional("channels", default=["web"]): [str]}))
    chain = sv.list_of({vol.Required("who"): sv.reference("role"), vol.Optional("within", default="1m"): sv.duration})
    plugins.add(
        Manifest("incident", "management"),
        vol.Schema(
            {
                vol.Optional("chains", default={}): sv.map_of(sv.slug, chain),
                vol.Optional("confirm_window", default="20s"): sv.at_most(sv.duration),
                vol.Optional("people", default=2): sv.at_least(sv.integer(min=1)),
                vol.Optional("classes", default=[]): sv.superset(sv.list_of(sv.slug)),
            }
        ),
    )
    return plugins
