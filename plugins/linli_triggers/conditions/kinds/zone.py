"""``condition: zone``: people or trackers are in one of some zones."""

import math
from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import UNAVAILABLE, UNKNOWN, State
from linli import schema as sv
from linli_triggers.conditions.reading import Reading, Unanswerable

SCHEMA: Final = {vol.Required("entity_id"): sv.entity_ids(), vol.Required("zone"): sv.entity_ids("zone")}
EARTH_M: Final = 6_371_000.0


async def test(config: Mapping[str, Any], reading: Reading, path: str) -> bool:
    """Each of the entities is in one of the zones."""
    faults: list[str] = []
    every = True
    for entity_id in config["entity_id"]:
        one = False
        for zone_id in config["zone"]:
            try:
                one = one or is_in(reading.state(entity_id), reading.state(zone_id), entity_id, zone_id)
            except Unanswerable as error:
                faults.append(str(error))
        every = every and one
    if faults and not every:
        raise Unanswerable("; ".join(faults))
    reading.tell(path, result=every)
    return every


def is_in(state: State | None, zone: State | None, entity_id: str, zone_id: str) -> bool:
    """Whether what an entity shows lies in a zone, as exactly as its ``gps_accuracy`` allows. Raises Unanswerable."""
    if zone is None:
        raise Unanswerable(f"unknown zone {zone_id}")
    if state is None:
        raise Unanswerable(f"unknown entity {entity_id}")
    if state.state in (UNAVAILABLE, UNKNOWN):
        return False
    place = [state.attributes.get(name) for name in ("latitude", "longitude")]
    if None in place:
        missing = "latitude" if place[0] is None else "longitude"
        raise Unanswerable(f"entity {entity_id} has no '{missing}' attribute")
    center = zone.attributes["latitude"], zone.attributes["longitude"]
    distance = distance_m((float(place[0] or 0), float(place[1] or 0)), center)
    return bool(distance - float(state.attributes.get("gps_accuracy") or 0) < zone.attributes["radius"])


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres along a great circle between two places in degrees (the haversine formula)."""
    (latitude, longitude), (to_latitude, to_longitude) = (map(math.radians, place) for place in (one, other))
    half = math.sin((to_latitude - latitude) / 2) ** 2
    half += math.cos(latitude) * math.cos(to_latitude) * math.sin((to_longitude - longitude) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))
