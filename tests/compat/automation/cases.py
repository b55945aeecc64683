"""The table of constructs: own examples of what rules may say, each played on linli and on a real Home Assistant."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "cases"
GOLDEN = Path(__file__).parent / "golden.json"
ACTIONS = ("action", "actions")
TRIGGERS = ("trigger", "triggers")


@dataclass(frozen=True)
class Case:
    """One example: what stands in the YAML, which states there are, and what happens."""

    group: str
    name: str
    automations: list[dict[str, Any]]
    scripts: dict[str, Any]
    scenes: list[dict[str, Any]]
    helpers: dict[str, Any]
    states: dict[str, Any]
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """What every id of the case begins with."""
        return slug_of(self.name)

    def plain(self) -> dict[str, Any]:
        """For a player in another process."""
        return {"name": self.name, "slug": self.slug, "states": self.states, "steps": self.steps}


def slug_of(name: str) -> str:
    return "c_" + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


@cache
def cases() -> tuple[Case, ...]:
    """All of them."""
    found = [
        _case(path.stem, written)
        for path in sorted(FOLDER.glob("*.yaml"))
        for written in yaml.safe_load(path.read_text("utf-8"))
    ]
    names = [case.name for case in found]
    assert len(set(names)) == len(names), sorted({name for name in names if names.count(name) > 1})
    return tuple(found)


def _case(group: str, written: dict[str, Any]) -> Case:
    slug = slug_of(written["name"])
    written = _spelled({**written, "name": written["name"]}, slug)
    rules = written.get("automation", [])
    rules = rules if isinstance(rules, list) else [rules]
    for rule in rules:
        rule.setdefault("alias", slug)
        rule.setdefault("id", rule["alias"].replace(" ", "_"))
        if not any(key in rule for key in TRIGGERS):
            rule["triggers"] = [{"trigger": "event", "event_type": f"{slug}_go"}]
    return Case(
        group,
        written["name"],
        rules,
        written.get("script", {}),
        written.get("scene", []),
        written.get("helpers", {}),
        written.get("states", {}),
        written.get("steps", [{"fire": f"{slug}_go"}]),
    )


def _spelled(value: Any, slug: str) -> Any:
    """``CASE`` becomes the case's slug, ``note: X`` a call of probe.note, ``holds: X`` a condition."""
    if isinstance(value, str):
        return value.replace("CASE", slug)
    if isinstance(value, list):
        return [_spelled(each, slug) for each in value]
    if isinstance(value, dict):
        if set(value) == {"note"}:
            return {"action": "probe.note", "data": {"n": _spelled(value["note"], slug)}}
        if set(value) == {"holds"}:
            return {"condition": "template", "value_template": _spelled(value["holds"], slug)}
        return {_spelled(key, slug): _spelled(each, slug) for key, each in value.items()}
    return value


def configuration() -> dict[str, Any]:
    """The YAML of all cases together, as Home Assistant's top-level keys."""
    found: dict[str, Any] = {"automation": [], "script": {}, "scene": [], "input_boolean": {}, "input_number": {}}
    for case in cases():
        found["automation"] += case.automations
        found["script"] |= case.scripts
        found["scene"] += case.scenes
        for domain, items in case.helpers.items():
            found[domain] |= items
    return found


def shown(state: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """What of an entity is compared."""
    kept = {key: attributes[key] for key in ("current", "mode", "max") if key in attributes}
    return {"state": state, "ran": attributes.get("last_triggered") is not None, **kept}
