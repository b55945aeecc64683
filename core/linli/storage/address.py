"""Where the data of a hub are: files in its folder, or a database server; and how a command finds the way there."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from linli.config import load
from linli.config.deployment import CORE_SECTION
from linli.storage.errors import StorageRefused
from linli.storage.folder import DataFolder, Instance

SQLITE: Final = "sqlite"
"""What ``instance.json`` says of databases that are files in the folder itself."""
KEY: Final = "database"
PORT: Final = 5432
"""PostgreSQL's own, where an address names none."""
SECRETS: Final = frozenset({"password", "sslpassword"})


def without_password(url: str) -> str:
    """The same address without any secret, also without those that stand behind its question mark."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name not in SECRETS])
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=query))


def is_same_database(url: str, other: str) -> bool:
    """Whether two addresses name one database, whoever logs in."""
    first, second = ((parts.hostname, parts.port or PORT, parts.path) for parts in map(urlsplit, (url, other)))
    return first == second


def of_database(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def in_words(database: str | None) -> str:
    """What ``instance.json`` says of a deployment's database."""
    return SQLITE if database is None else without_password(database)


def require_same_kind(folder: DataFolder, before: Instance | None, database: str | None) -> None:
    """Refuse to begin anew beside data that stand elsewhere: whoever was a user there would silently be none here."""
    on_server = before is not None and before.database != SQLITE
    if database is not None and not on_server and folder.holds_files():
        raise StorageRefused(
            f"the data folder {folder.path} holds databases of its own, but the deployment names the server "
            f"{without_password(database)}: give another folder with --data, or take `database` out of the deployment",
            key="storage.holds_files",
            parameters={"folder": str(folder.path), "server": without_password(database)},
        )
    if database is None and before is not None and on_server:
        raise StorageRefused(
            f"the hub of the data folder {folder.path} keeps its data on {before.database}, but the deployment names "
            "no database: put it back, or give another folder with --data",
            key="storage.was_server",
            parameters={"folder": str(folder.path), "server": before.database},
        )


def of_instance(instance: Instance | None) -> str | None:
    """The address that a command opens; None: the files of the folder.

    ``instance.json`` holds no password: it is taken from the deployment named there, when that names the same place.
    Otherwise the driver looks where it always does (``PGPASSWORD``, ``~/.pgpass``). Reads files.
    """
    if instance is None or instance.database == SQLITE:
        return None
    if instance.deployment is not None and Path(instance.deployment).is_file():
        said = load(instance.deployment).section(CORE_SECTION)
        named = said.get(KEY) if isinstance(said, dict) else None
        if isinstance(named, str) and without_password(named) == instance.database:
            return named
    return instance.database
