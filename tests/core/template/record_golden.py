"""Record what a real Home Assistant answers to the templates of cases.py, into golden/*.json.

    HOME_ASSISTANT_PYTHON tests/core/template/record_golden.py

runs under the Python of an installed Home Assistant (2025.4.4 on Python 3.13 is the one that the files hold) and needs
nothing of linli. Its world is world.json, the same that the tests build.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
WORLD = json.loads((HERE / "world.json").read_text())
os.environ["TZ"] = WORLD["time_zone"]
time.tzset()

from cases import CASES, VARIABLES  # noqa: E402
from homeassistant import config_entries, core  # noqa: E402
from homeassistant.const import __version__  # noqa: E402
from homeassistant.helpers import area_registry as ar  # noqa: E402
from homeassistant.helpers import device_registry as dr  # noqa: E402
from homeassistant.helpers import entity_registry as er  # noqa: E402
from homeassistant.helpers import floor_registry as fr  # noqa: E402
from homeassistant.helpers import issue_registry as ir  # noqa: E402
from homeassistant.helpers import label_registry as lr  # noqa: E402
from homeassistant.helpers import template  # noqa: E402
from homeassistant.util import dt as dt_util  # noqa: E402

NOW = datetime.fromisoformat(WORLD["now"])


async def furnish(hass: core.HomeAssistant) -> None:
    """Build the world of world.json in this Home Assistant."""
    zone = await dt_util.async_get_time_zone(WORLD["time_zone"])
    dt_util.set_default_time_zone(zone)
    dt_util.now = lambda time_zone=None: NOW.astimezone(time_zone or zone)
    dt_util.utcnow = lambda: NOW
    hass.config.latitude, hass.config.longitude = WORLD["home"]
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    for load in (ar, fr, lr, dr, er, ir):
        await load.async_load(hass)
    entries(hass)
    registries(hass)
    for row in WORLD["issues"]:
        ir.async_create_issue(
            hass,
            row["domain"],
            row["issue_id"],
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="x",
        )
    for row in WORLD["states"]:
        at = NOW - timedelta(seconds=row.get("ago", 0))
        state = core.State(
            row["entity_id"], row["state"], row.get("attributes", {}), at, at, at, core.Context(id="ctx")
        )
        hass.states._states[row["entity_id"]] = state


def entries(hass: core.HomeAssistant) -> None:
    for row in WORLD["entries"]:
        entry = config_entries.ConfigEntry(
            data={}, discovery_keys=MappingProxyType({}), domain=row["domain"], entry_id=row["id"], minor_version=1,
            options={}, source="user", state=config_entries.ConfigEntryState.LOADED, subentries_data=(),
            title=row["title"], unique_id=None, version=1,
        )  # fmt: skip
        hass.config_entries._entries[row["id"]] = entry


def registries(hass: core.HomeAssistant) -> None:
    floors, areas, labels = fr.async_get(hass), ar.async_get(hass), lr.async_get(hass)
    for row in WORLD["floors"]:
        assert floors.async_create(row["name"], level=row["level"]).floor_id == row["id"]
    for row in WORLD["labels"]:
        assert labels.async_create(row["name"]).label_id == row["id"]
    for row in WORLD["areas"]:
        area = areas.async_create(row["name"], floor_id=row["floor"], labels=set(row["labels"]))
        assert area.id == row["id"]
    devices = dr.async_get(hass)
    for row in WORLD["devices"]:
        devices.devices[row["id"]] = dr.DeviceEntry(
            id=row["id"], name=row["name"], name_by_user=row.get("name_by_user"), area_id=row["area"],
            labels=set(row["labels"]), manufacturer=row["manufacturer"], model=row["model"],
            config_entries={row["entry"]}, primary_config_entry=row["entry"],
            connections=set(), identifiers={tuple(each) for each in row["identifiers"]},
        )  # fmt: skip
    entities = er.async_get(hass)
    sources = hass.data["entity_info"] = {}
    for row in WORLD["entities"]:
        domain, _, object_id = row["entity_id"].partition(".")
        entry = hass.config_entries.async_get_entry(row["entry"]) if row["entry"] else None
        made = entities.async_get_or_create(
            domain, row["platform"], row["entity_id"], suggested_object_id=object_id, config_entry=entry,
            device_id=row["device"], hidden_by=er.RegistryEntryHider.USER if row["hidden"] else None,
        )  # fmt: skip
        assert made.entity_id == row["entity_id"], made
        entities.async_update_entity(made.entity_id, area_id=row["area"], labels=set(row["labels"]))
        if row["precision"] is not None:
            entities.async_update_entity_options(made.entity_id, "sensor", {"display_precision": row["precision"]})
        sources[row["entity_id"]] = {"domain": row["platform"], "custom_component": False}
    for entity_id, platform in WORLD["sources"].items():
        sources[entity_id] = {"domain": platform, "custom_component": False}


def plain(value: Any) -> Any:
    """A result as JSON, without its types."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)


def kind(value: Any) -> str:
    """The name of the built-in type of a result."""
    found = next(
        (each for each in (bool, int, float, str, dict, list, set, tuple, bytes) if isinstance(value, each)), None
    )
    return found.__name__ if found else type(value).__name__


def ask(hass: core.HomeAssistant, text: str) -> dict[str, Any]:
    """One template's answer."""
    answer: dict[str, Any] = {"template": text}
    try:
        info = template.Template(text, hass).async_render_to_info(VARIABLES)
    except (template.TemplateError, SyntaxError):  # the original lets some errors of the compiler through
        return answer | {"error": True}
    if info.exception is not None:
        answer["error"] = True
    else:
        answer |= {"value": plain(info.result()), "type": kind(info.result())}
    read = {
        "entities": sorted(info.entities), "domains": sorted(info.domains), "all_states": info.all_states,
        "domains_lifecycle": sorted(info.domains_lifecycle), "all_states_lifecycle": info.all_states_lifecycle,
        "has_time": info.has_time, "rate_limit": info.rate_limit,
    }  # fmt: skip
    return answer | {"read": {name: value for name, value in read.items() if value}}


def write(name: str, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (HERE / "golden" / f"{name}.json").write_text(text + "\n")


async def main() -> None:
    hass = core.HomeAssistant(tempfile.mkdtemp())
    await furnish(hass)
    env = template.TemplateEnvironment(hass)
    write(
        "names",
        {
            "version": __version__,
            "globals": sorted(env.globals), "filters": sorted(env.filters), "tests": sorted(env.tests),
        },
    )  # fmt: skip
    answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for group, texts in CASES.items():
        answers[group] = [ask(hass, text) for text in texts]
        write(group, answers[group])
    print(sum(map(len, answers.values())), "answers of", __version__)
    os._exit(0)


asyncio.run(main())
