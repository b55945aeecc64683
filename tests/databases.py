"""A PostgreSQL server that the tests start and stop themselves, with a fresh database for every store that is opened.

``LINLI_TEST_DATABASE=postgresql`` runs every test on it; otherwise those below ``BOTH`` run on both databases, and the
rest on SQLite. ``@pytest.mark.sqlite_only`` marks what opens the file itself, or speaks of SQLite, ``server_only`` what
speaks of a server.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (
    "core/cli/test_known", "core/storage/test_backup_on_server", "core/storage/test_changes",
    "core/storage/test_claims", "core/storage/test_database", "core/storage/test_documents",
    "core/storage/test_in_doubt",
    "core/storage/test_heads", "core/storage/test_migrate", "core/storage/test_postgresql",
    "core/storage/test_storage", "scenarios/test_kill.py", "soak/test_kills.py", "plugins/recorder/",
    "plugins/test_migrations",
)  # fmt: skip
"""On both in every run, which is to stay short; ``make test-postgresql`` runs everything on a server."""
FILES = ("core/storage/test_backup.py",)
"""About backups of files; ``test_backup_on_server.py`` is about the others."""
USER = "postgres"


def kinds_for(path: Path, marks: Collection[str]) -> list[str]:
    """On which databases a test of a file runs that bears these marks."""
    if "server_only" in marks:
        return [POSTGRESQL]
    if "sqlite_only" in marks:
        return [SQLITE]
    below = path.relative_to(Path(__file__).parent).as_posix()
    if below.startswith(FILES):
        return [SQLITE]
    chosen = os.environ.get("LINLI_TEST_DATABASE")
    if chosen:
        return [chosen]
    return [SQLITE, POSTGRESQL] if below.startswith(BOTH) else [SQLITE]


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


class Server:
    """A server in a temporary folder (in memory where there is room) on a free port of the loopback."""

    def __init__(self, bin: Path) -> None:
        memory = Path("/dev/shm")
        roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
        self.folder = Path(tempfile.mkdtemp(prefix="linli-test-", dir=memory if roomy else None))
        self._bin = bin
        self._shell: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._user = USER if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        initdb = [bin / "initdb", "-D", self.folder / "data", "-U", "linli", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--locale=C", "--no-sync"], check=True, capture_output=True, **self._as_user())
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers. It ends with the tests, however they end: its shell waits on our pipe."""
        said = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
            "shared_buffers": "64MB", "max_connections": 200, "logging_collector": "off", "autovacuum": "off",
            "dynamic_shared_memory_type": "mmap",  # in its folder, and gone with it
        }  # fmt: skip
        command = [self._bin / "postgres", "-D", self.folder / "data"]
        command += [word for name, value in said.items() for word in ("-c", f"{name}={value}")]
        script = '"$@" <&- & read _; kill -QUIT $! 2>/dev/null; wait'
        with (self.folder / "log").open("ab") as log:
            self._shell = subprocess.Popen(
                ["sh", "-c", script, "sh", *command],
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, **self._as_user(),
            )  # fmt: skip
        for _ in range(400):
            if self.answers():
                return
            time.sleep(0.02)
        self.remove()
        pytest.exit("the PostgreSQL server of the tests does not answer", 1)

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """A crash: its sessions hear nothing, and the next start has to recover."""
        if self._shell is not None:
            self._shell.communicate(timeout=30)  # closes the pipe
            self._shell = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://linli@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str) -> None:
        """Statements for the server as a whole."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement.encode())

    def _as_user(self) -> dict[str, Any]:
        """initdb and postgres refuse root."""
        if self._user is None:
            return {}
        known = pwd.getpwnam(self._user)
        return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": []}


_server: Server | None = None
_made = 0


def server() -> Server:
    """The session's server, started when the first test needs it."""
    global _server
    if _server is None:
        bin = programs()
        if bin is None or (os.geteuid() == 0 and not _has_user(USER)):
            if os.environ.get("LINLI_REQUIRE_ALL"):
                pytest.fail("no PostgreSQL server is installed")
            pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
        _server = Server(bin)
    return _server


def end_server() -> None:
    global _server
    if _server is not None:
        _server.remove()
        _server = None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@dataclass
class Databases:
    """The databases of one test: none of them on SQLite, one for each data folder on PostgreSQL."""

    kind: str
    _names: dict[Path, str] = field(default_factory=dict)

    def url(self, folder: Path) -> str | None:
        """Where the store of a folder is kept; None: in the folder."""
        if self.kind == SQLITE:
            return None
        name = self._names.get(folder)
        if name is None:
            name = self._names[folder] = self._make()
        return server().url(name)

    def of(self, name: str, folder: Path) -> str:
        """The address of one database by itself, as :class:`linli.storage.Database` takes it."""
        return self.url(folder) or f"sqlite:///{folder / name}.db"

    def execute(self, folder: Path, name: str, *statements: str) -> int:
        """Past linli, as somebody would who has the file or the server in hand; how many rows the last one changed."""
        url = self.url(folder)
        if url is None:
            with closing(sqlite3.connect(folder / f"{name}.db")) as raw, raw:
                return [raw.execute(statement) for statement in statements][-1].rowcount
        import psycopg

        with psycopg.connect(url, options=f"-c search_path={name}") as session:
            return [session.execute(statement.encode()) for statement in statements][-1].rowcount

    def rows(self, folder: Path, name: str, statement: str) -> list[tuple[Any, ...]]:
        """What a statement gives, past linli."""
        url = self.url(folder)
        if url is None:
            with closing(sqlite3.connect(folder / f"{name}.db")) as raw:
                return raw.execute(statement).fetchall()
        import psycopg

        with psycopg.connect(url, options=f"-c search_path={name}") as session:
            return session.execute(statement.encode()).fetchall()

    def unguard(self, folder: Path) -> None:
        """Take the guards of the journal away, as somebody would who may do everything there."""
        if self.kind == SQLITE:
            names = self.rows(folder, "safety", "SELECT name FROM sqlite_master WHERE type = 'trigger'")
            statements = [f"DROP TRIGGER {name}" for (name,) in names]
        else:
            tables = self.rows(folder, "safety", "SELECT tablename FROM pg_tables WHERE tablename LIKE 'journal%'")
            statements = [f"ALTER TABLE {name} DISABLE TRIGGER USER" for (name,) in tables]
        if statements:
            self.execute(folder, "safety", *statements)

    def keep_copy(self, folder: Path, copy: Path) -> None:
        """A copy of a data folder on which nobody runs, with its databases."""
        shutil.copytree(folder, copy)
        if self.kind == POSTGRESQL:
            self._names[copy] = self._make(self._names[folder])

    def bring_back(self, copy: Path, folder: Path) -> None:
        """Put a copy in the place of what is there now."""
        shutil.rmtree(folder)
        shutil.copytree(copy, folder)
        if self.kind == POSTGRESQL:
            name, old = self._names[folder], self._names[copy]
            server().run(f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {old}")

    def bytes(self, content: bytes) -> str:
        """Bytes as a statement writes them."""
        return f"X'{content.hex()}'" if self.kind == SQLITE else f"'\\x{content.hex()}'::bytea"

    def in_deployment(self, yaml: str, folder: Path) -> str:
        """A deployment that begins with ``linli: {…}``, for a hub in a process of its own on the data of ``folder``."""
        url = self.url(folder)
        return yaml if url is None else yaml.replace("linli: {", f'linli: {{database: "{url}", ', 1)

    def drop(self) -> None:
        if self._names:
            server().run(*(f"DROP DATABASE {name} WITH (FORCE)" for name in self._names.values()))
        self._names.clear()

    @staticmethod
    def _make(template: str = "template1") -> str:
        global _made
        _made += 1
        name = f"test_{_made}"
        server().run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


current = Databases(SQLITE)
"""Of the test that runs now; for helpers that are no fixtures."""
