"""What a check may take as existing beside what the deployment says: the roles, and what a hub kept."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from linli.auth.policy import SHIPPED_ROLES
from linli.config.references import Known
from linli.jsonbytes import loads
from linli.registry.areas import AreaRegistry
from linli.registry.devices import DeviceRegistry
from linli.registry.entities import EntityRegistry
from linli.registry.floors import FloorRegistry
from linli.registry.labels import LabelRegistry

BY_KEY: Final = {
    DeviceRegistry.kind: "device",
    AreaRegistry.kind: "area",
    FloorRegistry.kind: "floor",
    LabelRegistry.kind: "label",
}
WAIT_S: Final = 1.0


def known_names(data: Path) -> Known:
    """What is known by name; of a folder that no hub used yet, and of one that cannot be read, nothing but the roles.

    Reads beside a running hub, and changes nothing.
    """
    names: Mapping[str, Collection[str]] = {"role": SHIPPED_ROLES, **_kept(data / "hub.db")}
    return names.get


def _kept(database: Path) -> Mapping[str, set[str]]:
    names: dict[str, set[str]] = {}
    if not database.is_file():
        return names
    try:
        for kind, name in _rows(database):
            names.setdefault(kind, set()).add(name)
    except (sqlite3.Error, ValueError, KeyError, TypeError):
        return {}  # the hub says at its start what is wrong with its store, and mends it
    if "entity" not in names:
        return {}  # it never ran: nobody had the time to make anything
    return {**{kind: set() for kind in BY_KEY.values()}, **names}


def _rows(database: Path) -> Iterator[tuple[str, str]]:
    kinds = (EntityRegistry.kind, *BY_KEY)
    query = f"SELECT kind, key, value FROM documents WHERE kind IN ({', '.join('?' * len(kinds))})"
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", timeout=WAIT_S, uri=True)) as connection:
        for kind, key, value in connection.execute(query, kinds):
            if kind in BY_KEY:
                yield BY_KEY[kind], key
                continue
            row = loads(value)
            yield "entity", row["entity_id"]
            yield "platform", row["platform"]
