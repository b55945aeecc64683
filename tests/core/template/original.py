"""What the original answered, and the world in which it was asked; the tests of templates share it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from linli.template import AreaView, DeviceView, EntityView, EntryView, FloorView, Home, IssueView, LabelView
from linli.testing.worlds import StaticWorld

HERE = Path(__file__).parent


def golden(name: str) -> Any:
    return json.loads((HERE / "golden" / f"{name}.json").read_text())


def furnished() -> StaticWorld:
    """The world of world.json, as the recording script builds it in the original."""
    rows = json.loads((HERE / "world.json").read_text())
    latitude, longitude = rows["home"]
    world = StaticWorld(
        now=datetime.fromisoformat(rows["now"]),
        time_zone=ZoneInfo(rows["time_zone"]),
        home=Home(latitude, longitude),
    )
    for row in rows["states"]:
        world.put(row["entity_id"], row["state"], row.get("attributes"), ago=row.get("ago", 0))
    world.floor_rows += [FloorView(**row) for row in rows["floors"]]
    world.label_rows += [LabelView(**row) for row in rows["labels"]]
    world.area_rows += [
        AreaView(row["id"], row["name"], row["floor"], frozenset(row["labels"])) for row in rows["areas"]
    ]
    world.entry_rows += [EntryView(**row) for row in rows["entries"]]
    world.device_rows += [_device(row) for row in rows["devices"]]
    world.entity_rows += [
        EntityView(
            row["entity_id"], row["platform"], row["device"], row["area"], frozenset(row["labels"]), row["entry"],
            row["hidden"], row["precision"],
        )
        for row in rows["entities"]
    ]  # fmt: skip
    world.issue_rows += [IssueView(**row) for row in rows["issues"]]
    world.sources = rows["sources"]
    return world


def _device(row: dict[str, Any]) -> DeviceView:
    return DeviceView(
        row["id"], row["name"], row.get("name_by_user"), row["area"], frozenset(row["labels"]), row["manufacturer"],
        row["model"], primary_config_entry=row["entry"], config_entries=frozenset([row["entry"]]),
        identifiers=frozenset(tuple(each) for each in row["identifiers"]),
    )  # fmt: skip


def plain(value: Any) -> Any:
    """A result as the recording script writes it."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)
