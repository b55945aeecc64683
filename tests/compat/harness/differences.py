"""The list of answers that differ on purpose, applied to the recorded ones before ours are held against them."""

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from compat.table import GROUPS

FILE = Path(__file__).parent.parent / "differences.toml"
ANY = "<any>"
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
HELPERS = ("input_boolean", "input_number")
BETTER_CODES = ("invalid_format", "not_found", "invalid_info", "invalid_entity_ids")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A whole class of answers that differ; what it does is in ``expected``."""

    name: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Difference:
    """One step that is answered otherwise."""

    case: str
    step: int
    answer: dict[str, Any]
    reason: Reason


def rules() -> list[Rule]:
    """The classes of differences."""
    found = [Rule(item["name"], Reason(**item["reason"])) for item in _read().get("rule", [])]
    listed_absent = _read().get("absent")
    if listed_absent is None:
        return found
    names = ", ".join(f"`{name}`" for name in (*listed_absent["commands"], *listed_absent["paths"]))
    return [
        *found,
        Rule("absent", Reason(f"{listed_absent['en']} {names}", f"{listed_absent['zh']}{names}")),
    ]


def listed() -> list[Difference]:
    """The single differences, in the order of the file."""
    return [
        Difference(item["case"], item["step"], json.loads(item["answer"]), Reason(**item["reason"]))
        for item in _read().get("difference", [])
    ]


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def expected(case: str, golden: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What linli has to answer: the recording, with the rules and the listed differences of this case applied."""
    answers = [_by_rules(answer) for answer in golden]
    for difference in listed():
        if difference.case == case:
            while difference.step >= len(answers):
                answers.append({})
            answers[difference.step] = {"step": answers[difference.step].get("step", "end"), **difference.answer}
    return answers


def _by_rules(answer: dict[str, Any]) -> dict[str, Any]:
    if any(answer.get("step", "").partition(" ")[2].startswith(f"{path} ") for path in absent_paths()):
        body = answer["body"] if answer["body"] == "not looked at" else "404: Not Found"
        return {**answer, "status": 404, "headers": PLAIN, "body": body}
    if answer.get("status") == 500:
        body = answer["body"] if answer["body"] == "not looked at" else {"message": ANY}
        return {**answer, "status": 400, "headers": {"Content-Type": "application/json"}, "body": body}
    if _command(answer) in absent():
        return {**answer, "messages": [_unknown(answer)]}
    answer = _helpers(answer)
    if "Allow" in answer.get("headers", {}):
        answer = {**answer, "headers": {**answer["headers"], "Allow": ANY}}
    if "messages" in answer:
        return {**answer, "messages": [_better(message) for message in answer["messages"]]}
    return answer


@cache
def absent() -> frozenset[str]:
    """The WebSocket commands that linli does not have (yet)."""
    return frozenset(_read().get("absent", {}).get("commands", ()))


@cache
def absent_paths() -> tuple[str, ...]:
    """The addresses that linli does not have."""
    return tuple(_read().get("absent", {}).get("paths", ()))


def absent_case(name: str) -> bool:
    """Whether a whole case is about what linli does not have."""
    return name in _read().get("absent", {}).get("cases", ())


def _unknown(answer: dict[str, Any]) -> dict[str, Any]:
    """The refusal of a command that is not there; its words only where the recording kept words."""
    recorded = answer["messages"][-1] if answer["messages"] else {}
    has_words = "result" in recorded or "message" in recorded.get("error", {}) or "silence" in recorded
    words = {"message": ANY} if has_words else {}
    return {"id": ANY, "type": "result", "success": False, "error": {"code": "unknown_command", **words}}


def _command(answer: dict[str, Any]) -> str | None:
    """The type of the message that was sent in this step."""
    try:
        sent = json.loads(answer.get("step", ""))
    except json.JSONDecodeError:
        return None
    return sent.get("type") if isinstance(sent, dict) else None


def _helpers(value: Any) -> Any:
    """Helpers are one plugin, with a config entry."""
    if isinstance(value, list):
        return [_helpers(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _helpers(item) for key, item in value.items()}
    for key in ("platform", "pl", "domain"):
        if changed.get(key) in HELPERS and (key != "domain" or len(changed) == 1):
            changed[key] = "helpers"
    if changed.get("platform") == "helpers":
        changed["config_entry_id"] = ANY
    return changed


def _better(message: Any) -> Any:
    """A failure without a reason becomes one of the codes that say something."""
    error = message.get("error") if isinstance(message, dict) else None
    if not isinstance(error, dict) or error.get("code") != "unknown_error":
        return message
    return {**message, "error": {**error, "code": {"<one of>": list(BETTER_CODES)}}}


def unknown_cases() -> list[str]:
    """Differences that speak of a case or step that is not in the table."""
    known = {f"{group}: {case.name}": len(case.steps) for group, cases in GROUPS.items() for case in cases}
    return [f"{d.case} step {d.step}" for d in listed() if d.case not in known or d.step > known[d.case]]
