"""One entity for each zone: those of the YAML, and the home where none of them has taken its id."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from linli import ConfigEntry, EntityHandle, PluginContext, unique_slug
from linli_home.api import Zone

DOMAIN: Final = "zone"
HOME: Final = "home"
HOME_RADIUS_M: Final = 100.0
NOBODY: Final = ()
"""Who is in a zone: there are no persons yet. Trackers are not counted in their place: a number at the root of the
house would tell everybody that somebody in a flat came home."""


class Zones:
    """All of them, by what their ids are made of."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._live: dict[str, EntityHandle[tuple[str, ...]]] = {}

    async def take_up(self, items: Sequence[Mapping[str, Any]]) -> None:
        """The YAML says this now: zones come and go, and those that stay are where it says."""
        wanted = self._wanted(items)
        for key in self._live.keys() - wanted.keys():
            await self._live.pop(key).remove()
        for key, zone in wanted.items():
            if key in self._live:
                self._live[key].redescribe(zone)
            else:
                self._live[key] = self._ctx.entities.add(zone)
                self._live[key].write(NOBODY)

    async def forget_others(self, entry: ConfigEntry) -> None:
        """Zones that left the YAML while the hub was down are gone for good."""
        for row in self._ctx.registries.entities.by_entry(entry.entry_id):
            if row.unique_id not in self._live:
                await self._ctx.registries.entities.remove(row.id)

    def _wanted(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Zone]:
        wanted: dict[str, Zone] = {}
        for item in items:
            key = unique_slug(item["name"], wanted.__contains__)
            wanted[key] = _zone(key, **item)
        if HOME not in wanted:
            at = self._ctx.settings
            wanted[HOME] = _zone(HOME, at.name, at.latitude, at.longitude, HOME_RADIUS_M, icon="mdi:home")
        return wanted


def _zone(
    key: str,
    name: str,
    latitude: float,
    longitude: float,
    radius: float,
    icon: str | None = None,
    passive: bool = False,
) -> Zone:
    return Zone(
        unique_id=key,
        name=name,
        has_entity_name=False,
        suggested_object_id=key,
        icon=icon,
        latitude=latitude,
        longitude=longitude,
        radius=radius,
        passive=passive,
    )
