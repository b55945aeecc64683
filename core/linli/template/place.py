"""Where things are: the distance between points, and the closest of several entities."""

import math
from collections.abc import Callable
from typing import Any, Final

from linli.template.errors import bad_value
from linli.template.scope import SCOPE
from linli.template.state_access import expand
from linli.template.state_objects import StateView, is_entity_id, look_up

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

_EQUATOR_M: Final = 6_378_137.0
_POLE_M: Final = 6_356_752.314_245
_FLATTENING: Final = 1 / 298.257_223_563
_METRES_PER_MILE: Final = 1609.344


def metres_between(a: Point, b: Point) -> float | None:
    """The length of the shortest way over the earth, in metres, to the millimetre; None near the opposite point.

    Method: T. Vincenty, Direct and inverse solutions of geodesics on the ellipsoid, Survey Review 176 (1975); WGS 84.
    """
    if a == b:
        return 0.0
    u1 = math.atan((1 - _FLATTENING) * math.tan(math.radians(a[0])))
    u2 = math.atan((1 - _FLATTENING) * math.tan(math.radians(b[0])))
    apart = math.radians(b[1] - a[1])
    sin_u1, cos_u1, sin_u2, cos_u2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    around = apart
    for _ in range(200):
        sin_l, cos_l = math.sin(around), math.cos(around)
        sin_s = math.hypot(cos_u2 * sin_l, cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos_l)
        if sin_s == 0:
            return 0.0
        cos_s = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_l
        angle = math.atan2(sin_s, cos_s)
        sin_a = cos_u1 * cos_u2 * sin_l / sin_s
        cos2_a = 1 - sin_a**2
        cos_2m = cos_s - 2 * sin_u1 * sin_u2 / cos2_a if cos2_a else 0.0
        c = _FLATTENING / 16 * cos2_a * (4 + _FLATTENING * (4 - 3 * cos2_a))
        before, around = (
            around,
            apart + (1 - c) * _FLATTENING * sin_a * (angle + c * sin_s * (cos_2m + c * cos_s * (2 * cos_2m**2 - 1))),
        )
        if abs(around - before) < 1e-12:
            return round(_along(cos2_a, angle, sin_s, cos_s, cos_2m), 3)
    return None


def _along(cos2_a: float, angle: float, sin_s: float, cos_s: float, cos_2m: float) -> float:
    """The last step of the method: from the angle on the sphere to metres on the ellipsoid."""
    u2 = cos2_a * (_EQUATOR_M**2 - _POLE_M**2) / _POLE_M**2
    a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    inner = cos_s * (2 * cos_2m**2 - 1) - b / 6 * cos_2m * (4 * sin_s**2 - 3) * (4 * cos_2m**2 - 3)
    return _POLE_M * a * (angle - b * sin_s * (cos_2m + b / 4 * inner))


def _of_state(view: StateView | None) -> Point | None:
    """Where an entity is, if it says so in numbers."""
    if view is None:
        return None
    latitude, longitude = view.attributes.get("latitude"), view.attributes.get("longitude")
    return (latitude, longitude) if isinstance(latitude, float) and isinstance(longitude, float) else None


def _of_numbers(latitude: Any, longitude: Any) -> Point | None:
    try:
        return float(latitude), float(longitude)
    except (ValueError, TypeError):
        return None


def _points(function: str, values: tuple[Any, ...]) -> list[Point] | None:
    """The points that arguments name: entities, state objects, or pairs of numbers; None if one of them names none."""
    rest = list(values)
    found: list[Point] = []
    while rest:
        value = rest.pop(0)
        view = value if isinstance(value, StateView) else None
        if isinstance(value, str) and is_entity_id(value):
            view = look_up(function, value)
        point = _of_state(view) if view is not None else _of_numbers(value, rest.pop(0) if rest else None)
        if point is None:
            return None
        found.append(point)
    return found


def distance(*values: Any) -> float | None:
    """From home to a point, or between two points, in kilometres or miles; None where a place is not known."""
    home = SCOPE.get().world("distance").home
    points = _points("distance", values)
    if not points:
        return None
    start, end = ((home.latitude, home.longitude), points[0]) if len(points) == 1 else (points[0], points[1])
    metres = metres_between(start, end)
    return None if metres is None else metres / (1000 if home.metric else _METRES_PER_MILE)


def closest(*values: Any) -> StateView | None:
    """The entity, of those that the last argument names, that is closest to home, to an entity or to a point."""
    if not values:
        raise bad_value("needs_one", "closest")
    home = SCOPE.get().world("closest").home
    *where, candidates = values[:3]
    point: Point | None = (home.latitude, home.longitude)
    if len(where) == 1:
        view = where[0] if isinstance(where[0], StateView) else None
        point = _of_state(look_up("closest", where[0]) if isinstance(where[0], str) else view)
    elif len(where) == 2:
        point = _of_numbers(*where)
    if point is None:
        return None
    best: tuple[float, StateView] | None = None
    for view in expand(candidates):
        place = _of_state(view)
        if place is None:
            continue
        SCOPE.get().meter.spend(8)
        metres = metres_between(place, point) or 0.0
        if best is None or metres < best[0]:
            best = (metres, view)
    return best[1] if best is not None else None


def closest_of(candidates: Any, *where: Any) -> StateView | None:
    """The same as a filter over the entities."""
    return closest(*where, candidates)


GLOBALS: Final[dict[str, Any]] = {"distance": distance, "closest": closest}
FILTERS: Final[dict[str, Callable[..., Any]]] = {"closest": closest_of}
