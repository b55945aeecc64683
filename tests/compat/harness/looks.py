"""What a step looks at: the part of an answer that is kept, held equal, or saved for later steps."""

from typing import Any

from .paths import MISSING, change
from .shape import shape_of
from .steps import Look


def picked(value: Any, look: Look) -> Any:
    """The value with its lists and maps narrowed to the items that the step names."""
    for path, (field, wanted) in look.only.items():
        value = change(value, path, lambda found, field=field, wanted=wanted: _narrowed(found, field, wanted))
    return value


def seen(value: Any, look: Look) -> Any:
    """What is kept of one body or message."""
    if look.how == "code":
        return _code(value)
    value = picked(value, look)
    for path in look.drop:
        value = change(value, path, lambda _: MISSING)
    for path in look.unordered:
        value = change(value, path, lambda found: sorted(found, key=repr) if isinstance(found, list) else found)
    is_failure = isinstance(value, dict) and value.get("success") is False
    return shape_of(value, look.maps) if look.how == "shape" and not is_failure else value


def _code(value: Any) -> Any:
    if not isinstance(value, dict) or "type" not in value:
        return "not looked at"
    kept = {key: value[key] for key in ("id", "type", "success") if key in value}
    if isinstance(value.get("error"), dict):
        kept["error"] = {"code": value["error"].get("code")}
    return kept


def _narrowed(found: Any, field: str, wanted: str) -> Any:
    if isinstance(found, dict):
        return {key: item for key, item in found.items() if key == wanted}
    if isinstance(found, list):
        return [item for item in found if item == wanted or (isinstance(item, dict) and item.get(field) == wanted)]
    return found
