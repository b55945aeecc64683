"""What a check may take as existing beside what the deployment says: the roles, and what a hub kept."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
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
from linli.storage.address import of_instance
from linli.storage.errors import StorageError
from linli.storage.folder import DataFolder

BY_KEY: Final = {
    DeviceRegistry.kind: "device",
    AreaRegistry.kind: "area",
    FloorRegistry.kind: "floor",
    LabelRegistry.kind: "label",
}
KINDS: Final = (EntityRegistry.kind, *BY_KEY)
WAIT_S: Final = 1.0


def known_names(data: Path) -> Known:
    """What is known by name; of a folder that no hub used yet, and of one that cannot be read, nothing but the roles.

    Reads beside a running hub, its files or the server that the folder names, and changes nothing.
    """
    names: Mapping[str, Collection[str]] = {"role": SHIPPED_ROLES, **_kept(data)}
    return names.get


def _kept(data: Path) -> Mapping[str, set[str]]:
    server = of_instance(DataFolder(data).read_instance())
    if server is None:
        return _named(partial(_rows_of_file, data / "hub.db")) if (data / "hub.db").is_file() else {}
    return _named(partial(_rows_of_server, server))


def _named(rows: Callable[[], Iterable[tuple[str, str, str]]]) -> Mapping[str, set[str]]:
    names: dict[str, set[str]] = {}
    try:
        for kind, key, value in rows():
            if kind in BY_KEY:
                names.setdefault(BY_KEY[kind], set()).add(key)
                continue
            row = loads(value)
            names.setdefault("entity", set()).add(row["entity_id"])
            names.setdefault("platform", set()).add(row["platform"])
    except (sqlite3.Error, StorageError, ValueError, KeyError, TypeError):
        return {}  # the hub says at its start what is wrong with its store, and mends it
    if "entity" not in names:
        return {}  # it never ran: nobody had the time to make anything
    return {**{kind: set() for kind in BY_KEY.values()}, **names}


def _rows_of_file(database: Path) -> Iterator[tuple[str, str, str]]:
    query = f"SELECT kind, key, value FROM documents WHERE kind IN ({', '.join('?' * len(KINDS))})"
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", timeout=WAIT_S, uri=True)) as connection:
        yield from connection.execute(query, KINDS)


def _rows_of_server(url: str) -> Iterator[tuple[str, str, str]]:
    """Raises StorageError when the server does not answer, or has no tables of ours."""
    from sqlalchemy import select

    from linli.storage.backends import make_backend
    from linli.storage.tables import documents

    try:
        backend = make_backend("hub", url, "FULL", alone=None)
    except ImportError as error:
        raise StorageError("this machine has no driver for the server") from error
    columns = documents.c
    try:
        with closing(backend.reader()) as connection, connection.begin():
            wanted = select(columns.kind, columns.key, columns.value).where(columns.kind.in_(KINDS))
            yield from (tuple(row) for row in connection.execute(wanted))
    except backend.errors as error:
        raise StorageError(f"{backend.where} cannot be read") from error
