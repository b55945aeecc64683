"""What clients show of the hub: its configuration, and every service with its fields, in the reader's language."""

from typing import Any, Final

from linli import CoreSettings, PluginDomain, Rooms, SupportsResponse, UnitSystem, View, form_fields
from linli_api.version import HA_VERSION

METRIC: Final = {
    "length": "km",
    "accumulated_precipitation": "mm",
    "area": "m²",
    "mass": "g",
    "pressure": "Pa",
    "temperature": "°C",
    "volume": "L",
    "wind_speed": "m/s",
}
US_CUSTOMARY: Final = {
    "length": "mi",
    "accumulated_precipitation": "in",
    "area": "ft²",
    "mass": "lb",
    "pressure": "psi",
    "temperature": "°F",
    "volume": "gal",
    "wind_speed": "mph",
}
RADIUS_M: Final = 100


def core_config(rooms: Rooms, view: View) -> dict[str, Any]:
    """``/api/config`` and ``get_config``, as this reader may see them."""
    settings: CoreSettings = rooms.settings
    return {
        "allowlist_external_dirs": list(rooms.allowed_folders.listed),
        "allowlist_external_urls": [],
        "components": components(rooms, view),
        "config_dir": str(rooms.checked.deployment.root),
        "config_source": "yaml",
        "country": settings.country,
        "currency": settings.currency,
        "debug": False,
        "elevation": settings.elevation,
        "external_url": settings.external_url,
        "internal_url": settings.internal_url,
        "language": settings.language,
        "latitude": settings.latitude,
        "location_name": settings.name,
        "longitude": settings.longitude,
        "radius": RADIUS_M,
        "recovery_mode": False,
        "safe_mode": False,
        "state": rooms.hub_state().value,
        "time_zone": settings.time_zone,
        "unit_system": METRIC if settings.unit_system is UnitSystem.METRIC else US_CUSTOMARY,
        "version": HA_VERSION,
        "whitelist_external_dirs": list(rooms.allowed_folders.listed),
    }


def components(rooms: Rooms, view: View) -> list[str]:
    """The plugins that run, the domains in which they offer services, and those of what the reader sees."""
    running = {status.domain for status in rooms.overview.all() if status.state.value == "running"}
    seen = {state.domain for state in rooms.states.all() if view.sees(state.entity_id)}
    return sorted({*running, *rooms.services.all(), *seen})


def described_services(rooms: Rooms, view: View, language: str | None) -> dict[str, dict[str, Any]]:
    """Every service by domain and name: what it is called, its fields with selectors, what it can be aimed at.

    A script's own service is named like the script, so who does not see the script is not told of it.
    """
    spoken = language or rooms.settings.language
    return {
        domain: {
            name: _described(rooms, service, spoken)
            for name, service in services.items()
            if not view.conceals(service.full_name, service.owner)
        }
        for domain, services in rooms.services.all().items()
    }


def _described(rooms: Rooms, service: Any, language: str) -> dict[str, Any]:
    base = f"services.{service.domain}.{service.name}"

    def words(key: str) -> str:
        return rooms.translator.find(PluginDomain(service.owner), f"{base}.{key}", language) or ""

    described: dict[str, Any] = {
        "name": words("name"),
        "description": words("description"),
        "fields": {field["name"]: _field(field, words) for field in form_fields(service.schema)},
    }
    if service.target is not None:
        described["target"] = service.target
    if service.response is not SupportsResponse.NONE:
        described["response"] = {"optional": service.response is SupportsResponse.OPTIONAL}
    return described


def _field(field: dict[str, Any], words: Any) -> dict[str, Any]:
    name = field["name"]
    shown: dict[str, Any] = {
        "name": words(f"fields.{name}.name") or name,
        "description": words(f"fields.{name}.description") or str(field.get("description") or ""),
    }
    for key in ("required", "default", "selector"):
        if field.get(key) is not None:
            shown[key] = field[key]
    return shown
