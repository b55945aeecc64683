"""Rows of the registries as one reader sees them: what a row points at and the reader does not see is not told.

An area may lie on a floor, a device behind another one, an entity may bear a label that its reader knows nothing of:
the id of such a thing is often its name. So every reference is cut by the same view that cuts the lists.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from linli import View

Item = Literal["area", "device", "floor"]

ITEMS: Final[Mapping[str, Item]] = {
    "area_id": "area", "ai": "area", "device_id": "device", "di": "device", "via_device_id": "device",
    "floor_id": "floor",
}  # fmt: skip
"""Fields that name one item, and of which registry."""
LABELS: Final = ("labels", "lb")
MEASURES: Final = ("humidity_entity_id", "temperature_entity_id")
ENTRY: Final = ("config_entry_id", "primary_config_entry")
SHORT: Final = frozenset({"ai", "di"})
"""Fields that are left out where they have no value."""


def seen_row(view: View, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row that this reader sees, without what it does not see."""
    return row if view.everything else _cut(view, dict(row))


def seen_rows(view: View, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Several of them."""
    return list(rows) if view.everything else [_cut(view, dict(row)) for row in rows]


def _cut(view: View, row: dict[str, Any]) -> Mapping[str, Any]:
    for name, item in ITEMS.items():
        item_id = row.get(name)
        if item_id is not None and not view.sees_item(item, item_id):
            if name in SHORT:
                del row[name]
            else:
                row[name] = None
    for name in LABELS:
        if name in row:
            row[name] = [label for label in row[name] if view.sees_item("label", label)]
    for name in MEASURES:
        if row.get(name) is not None and not view.sees(row[name]):
            row[name] = None
    if "categories" in row:
        row["categories"] = {
            scope: category for scope, category in row["categories"].items() if view.sees_item("category", category)
        }
    if not view.sees_root():
        _without_entries(row)
    return row


def _without_entries(row: dict[str, Any]) -> None:
    """Config entries are the deployment's."""
    for name in ENTRY:
        if name in row:
            row[name] = None
    if "config_entries" in row:
        row["config_entries"] = []
        row["config_entries_subentries"] = {}
