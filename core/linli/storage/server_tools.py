"""PostgreSQL's own programs (``pg_dump``, ``pg_restore``), told where the server is without a secret on their line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg import conninfo

from linli.storage.errors import StorageRefused

if TYPE_CHECKING:
    from linli.storage.archive import GoOn

SERVICE: Final = "linli"
ASK_EVERY_S: Final = 0.1


def run_tool(program: str, *arguments: str, url: str, go_on: GoOn = lambda: None) -> None:
    """Run one to its end. Blocks; raises StorageRefused, with what it said, when it is not there or fails.

    A hub that is killed meanwhile leaves it running: a dump ends by itself, and a restore that nobody finished is
    marked as such in its database.
    """
    found = shutil.which(program)
    if found is None:
        raise StorageRefused(
            f"{program} is not installed on this machine: install PostgreSQL's client programs (Debian: "
            "postgresql-client), not older than the server",
            key="storage.no_server_tools",
            parameters={"program": program},
        )
    with _service(url) as environment:
        process = subprocess.Popen(
            [found, "--no-password", f"--dbname=service={SERVICE}", *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace",
        )  # fmt: skip
        said = _wait(process, go_on)
    if process.returncode:
        reason = next((line for line in said.splitlines() if line.strip()), f"exit code {process.returncode}")
        raise StorageRefused(
            f"{program} failed: {reason}",
            key="storage.server_tool_failed",
            parameters={"program": program, "reason": reason},
        )


def _wait(process: subprocess.Popen[str], go_on: GoOn) -> str:
    """What it said on standard error; ended when nobody wants it any more."""
    with process:
        try:
            while True:
                go_on()
                try:
                    _, said = process.communicate(timeout=ASK_EVERY_S)
                except subprocess.TimeoutExpired:
                    continue
                return said
        except BaseException:
            process.kill()
            raise


@contextmanager
def _service(url: str) -> Iterator[dict[str, str]]:
    """The environment in which ``service=linli`` is the server of ``url``; every user reads a command line."""
    said = conninfo.conninfo_to_dict(url)
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    password = said.pop("password", None)
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    with tempfile.TemporaryDirectory(prefix="linli-") as folder:
        file = Path(folder, "service.conf")
        lines = [f"[{SERVICE}]", *(f"{name}={value}" for name, value in said.items() if value is not None)]
        file.touch(mode=0o600)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        yield {**environment, "PGSERVICEFILE": str(file)}
