"""Recordings as files: what is kept of each answer, and how ours is held against it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .looks import seen
from .normal import Normaliser
from .paths import MISSING, change
from .shape import misfits
from .steps import Case, Hear, Http, Look, Open, Step

FOLDER = Path(__file__).parent.parent / "golden"


def load(group: str) -> dict[str, list[dict[str, Any]]]:
    """The recorded answers of one group of cases, by name of the case."""
    return json.loads((FOLDER / f"{group}.json").read_text(encoding="utf-8"))


def save(group: str, recorded: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write one group; keys are sorted, so that a new recording shows only what changed."""
    text = json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False)
    (FOLDER / f"{group}.json").write_text(text + "\n", encoding="utf-8")


def kept(case: Case, records: list[dict[str, Any]], known: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is written to a file: the part that each step looks at, with placeholders."""
    normal = Normaliser(known)
    out = []
    for i, record in enumerate(records):
        step = case.steps[i] if i < len(case.steps) else None
        out.append({"step": told(step), **normal(_looked_at(record, getattr(step, "look", Look())))})
    return out


def told(step: Step | None) -> str:
    """A step in a few words, for the reader of a recording."""
    match step:
        case Http():
            body = "" if step.json is None else " " + json.dumps(step.json, ensure_ascii=False)
            raw = "" if step.raw is None else f" {step.raw[:60]!r}"
            form = "" if step.form is None else f" {dict(step.form)}"
            return f"{step.method} {step.path}{body}{raw}{form} as {step.user}"
        case Open():
            return f"open {step.socket} as {step.user}"
        case Hear():
            return f"hear {step.events}"
        case None:
            return "end"
        case _:
            return (
                step.message
                if isinstance(step.message, str)
                else json.dumps(step.message, default=repr, ensure_ascii=False)
            )


def _looked_at(record: dict[str, Any], look: Look) -> dict[str, Any]:
    kept = dict(record)
    if "body" in kept:
        kept["body"] = seen(kept["body"], look)
    if "messages" in kept:
        kept["messages"] = [seen(message, look) for message in kept["messages"]]
    return kept


def differences(case: Case, golden: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[str]:
    """Where our answers differ from the recorded ones, one sentence each."""
    found = []
    ours = renamed(golden, ours)
    for i in range(max(len(golden), len(ours))):
        step = case.steps[i] if i < len(case.steps) else None
        look = getattr(step, "look", Look())
        theirs, mine = (r[i] if i < len(r) else {"step": told(step)} for r in (golden, ours))
        for key in sorted((theirs.keys() | mine.keys()) - {"step"}):
            where = f"step {i} ({told(step)[:100]}) {key}"
            found += _unlike(theirs.get(key, MISSING), mine.get(key, MISSING), look, where)
    return found


def _unlike(theirs: Any, mine: Any, look: Look, where: str) -> list[str]:
    if theirs is MISSING or mine is MISSING:
        return [f"{where}: expected {_short(theirs)}, found {_short(mine)}"]
    if look.how == "shape" and where.endswith(" body"):
        return [f"{where}.{misfit}" for misfit in misfits(theirs, mine)]
    if where.endswith(" messages") and isinstance(theirs, list) and isinstance(mine, list):
        if len(theirs) != len(mine):
            return [f"{where}: expected {_short(theirs)}, found {_short(mine)}"]
        pairs = enumerate(zip(theirs, mine, strict=True))
        return [why for n, (one, two) in pairs for why in _unlike_messages(one, two, look, f"{where}[{n}]")]
    return unequal(theirs, mine, where)


def _unlike_messages(theirs: Any, mine: Any, look: Look, where: str) -> list[str]:
    if look.how == "shape":
        return [f"{where}.{misfit}" for misfit in misfits(theirs, mine)]
    if not look.words:
        theirs, mine = _wordless(theirs), _wordless(mine)
    return unequal(theirs, mine, where)


def _wordless(message: Any) -> Any:
    """The text of an error is for people; that there is one is checked."""
    if not isinstance(message, dict) or not isinstance(message.get("error"), dict):
        return message
    return change(message, "error.message", bool)


_NUMBERED = re.compile(r"<(?:hex|ulid) \d+>")


def renamed(golden: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our answers with the original's names for ids, where each id of ours stands for one of theirs everywhere.

    linli's ids all have one form; the original's have two, and are numbered apart. One that stands where the original
    has another keeps its own name, which then is a difference.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()

    def learn(theirs: Any, mine: Any) -> None:
        if isinstance(theirs, dict) and isinstance(mine, dict):
            for key in theirs.keys() & mine.keys():
                learn(theirs[key], mine[key])
            left = [[key for key in one if key not in two] for one, two in ((theirs, mine), (mine, theirs))]
            for one, two in zip(*left, strict=False):
                learn(one, two)
                learn(theirs[one], mine[two])
        elif isinstance(theirs, list) and isinstance(mine, list):
            for one, two in zip(theirs, mine, strict=False):
                learn(one, two)
        elif isinstance(theirs, str) and isinstance(mine, str):
            for one, two in zip(_NUMBERED.findall(theirs), _NUMBERED.findall(mine), strict=False):
                if two not in names and one not in taken:
                    names[two] = one
                    taken.add(one)

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {rename(key): rename(item) for key, item in value.items()}
        if isinstance(value, list):
            return [rename(item) for item in value]
        if isinstance(value, str):
            return _NUMBERED.sub(lambda found: names.get(found[0], found[0].replace("<", "<our ")), value)
        return value

    learn(golden, ours)
    return [rename(answer) for answer in ours]


def unequal(theirs: Any, mine: Any, where: str) -> list[str]:
    """The places where two JSON values differ; ``"<any>"`` and ``{"<one of>": […]}`` on their side fit more."""
    if theirs == "<any>" or (isinstance(theirs, dict) and "<one of>" in theirs and mine in theirs["<one of>"]):
        return []
    if isinstance(theirs, dict) and isinstance(mine, dict):
        found = [f"{where}.{key}: missing, the original has {_short(theirs[key])}" for key in theirs if key not in mine]
        found += [
            f"{where}.{key}: the original has none, found {_short(mine[key])}" for key in mine if key not in theirs
        ]
        both = [key for key in theirs if key in mine]
        return found + [why for key in both for why in unequal(theirs[key], mine[key], f"{where}.{key}")]
    if isinstance(theirs, list) and isinstance(mine, list) and len(theirs) == len(mine):
        pairs = enumerate(zip(theirs, mine, strict=True))
        return [why for i, (one, two) in pairs for why in unequal(one, two, f"{where}[{i}]")]
    if theirs == mine and isinstance(theirs, bool) == isinstance(mine, bool):
        return []
    return [f"{where}: expected {_short(theirs)}, found {_short(mine)}"]


def _short(value: Any) -> str:
    text = "nothing" if value is MISSING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:297] + "..."
