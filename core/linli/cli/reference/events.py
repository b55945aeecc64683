"""Event types, read from the places that declare them: ``NAME: EventType[…] = EventType("…")`` and its docstring."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import linli
from linli.cli.reference.markdown import code, page, prose, table
from linli.cli.reference.world import World
from linli.errors import ContractError
from linli.ids import CORE

_FIELD = re.compile(r"^(\w+): (.+(?:\n[ \t]+.+)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DeclaredEvent:
    """An event type as its declaration and the docstring below it say."""

    event_type: str
    owner: str
    doc: str
    fields: tuple[tuple[str, str], ...]
    """What its data hold: (key, meaning); said as ``key: meaning`` lines at the end of the docstring."""


def events_page(world: World) -> str:
    """Every event type that the core and the shipped plugins fire."""
    parts = []
    for event in declared_events(world):
        who = "the core" if event.owner == CORE else f"the plugin {code(event.owner)}"
        parts += [
            f"## {event.event_type}",
            f"{prose(event.doc)}\n\nFired by {who}.",
            table(("field", "what it holds"), ((code(key), prose(meaning)) for key, meaning in event.fields))
            or "Its data are empty.",
        ]
    return page("Events", _INTRODUCTION, *parts)


_INTRODUCTION = (
    "What is fired on the hub's bus, and heard by `ctx.bus.listen`, `subscribe_events` and event triggers. Clients may "
    "fire events of other types too (`fire_event`, `POST /api/events/…`); plugins fire those that begin with their "
    "domain, and what their manifest names under `fires`."
)


def declared_events(world: World) -> list[DeclaredEvent]:
    """By type. Raises ContractError where one lacks a docstring."""
    folders = {CORE: Path(linli.__file__).parent, **{domain: entry.folder for domain, entry in world.entries.items()}}
    found = [event for owner, folder in folders.items() for event in declared_in(owner, folder)]
    return sorted(found, key=lambda event: event.event_type)


def declared_in(owner: str, folder: Path) -> Iterator[DeclaredEvent]:
    """What one plugin's code declares."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "EventType(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.ClassDef):
                yield from _in_body(owner, path, node.body)


def _in_body(owner: str, path: Path, body: list[ast.stmt]) -> Iterator[DeclaredEvent]:
    for statement, after in zip(body, [*body[1:], None], strict=True):
        event_type = _declared_type(statement)
        if event_type is None or event_type == linli.ALL:
            continue
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
            raise ContractError(f"{path}:{statement.lineno}: the event {event_type} has no docstring below it")
        said = inspect.cleandoc(str(after.value.value))
        fields = tuple((match.group(1), " ".join(match.group(2).split())) for match in _FIELD.finditer(said))
        yield DeclaredEvent(event_type, owner, _FIELD.sub("", said).strip(), fields)


def _declared_type(statement: ast.stmt) -> str | None:
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "EventType":
        (name,) = value.args
        return str(name.value) if isinstance(name, ast.Constant) else None
    return None
