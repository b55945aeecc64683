"""The table of ``table.toml``: read once, one row for each thing that can be asked."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from linli.cli.reference.events import declared_events
from linli.cli.reference.world import World
from linli.rooms import Rooms
from linli.template import devices, place, registry, state_access

FILE: Final = Path(__file__).with_name("table.toml")
TABLE: Final[Mapping[str, Mapping[str, Any]]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
COLUMNS: Final = {"admin": "admin", "resident of a": "resident", "read-only": "guest", "nobody": "nobody"}
"""Which column holds for whom."""
OF_THE_HOME: Final = (devices, place, registry, state_access)
"""The parts of the templates' library that look at the home; the others only reckon, which a test asks of each."""


def unlike(section: str, there: Iterable[str]) -> list[str]:
    """What the hub offers without a row, and rows of what it does not offer (any more), each as a sentence."""
    rows, found = set(TABLE[section]), set(there)
    return [
        f'"{name}" has no row: add it under [{section}] in tests/rights/table.toml, with what an administrator, a '
        "resident (about their own flat and about another), a guest and nobody are answered"
        for name in sorted(found - rows)
    ] + [f'"{name}" is not offered: take its row under [{section}] away' for name in sorted(rows - found)]


def commands(rooms: Rooms) -> list[str]:
    return [command.type for command in rooms.commands.all()]


def addresses(rooms: Rooms) -> list[str]:
    """Sockets too: what is asked of one in plain HTTP is an answer like others."""
    return [f"{route.method} {route.path}" for route in rooms.routes.all()]


def events(world: World) -> list[str]:
    return [event.event_type for event in declared_events(world)]


def functions(parts: Iterable[ModuleType] = OF_THE_HOME) -> set[str]:
    """Every name under which a template looks at the home."""
    return {name for part in parts for name in (*part.GLOBALS, *part.FILTERS, *getattr(part, "TESTS", ()))}
