"""The command as a person types it: in this process, or, where signals and terminals matter, in one of its own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Protocol

import pytest
from typer.testing import CliRunner

from linli.cli import words
from linli.cli.main import app

LANGUAGE_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()


class Linli(Protocol):
    def __call__(self, *arguments: Any, typed: str = "", lang: str = "C.UTF-8") -> Said: ...


@pytest.fixture
def linli(monkeypatch: pytest.MonkeyPatch) -> Iterator[Linli]:
    """Runs ``linli ARGUMENTS`` in this process."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: Any, typed: str = "", lang: str = "C.UTF-8") -> Said:
        for name in LANGUAGE_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LANG", lang)
        words.language.cache_clear()
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    yield run
    words.language.cache_clear()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def deployment(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a deployment with this YAML and says its folder."""

    def write(yaml: str) -> Path:
        folder = tmp_path / "home"
        folder.mkdir(exist_ok=True)
        (folder / "linli.yaml").write_text(yaml, encoding="utf-8")
        return folder

    return write


class Process:
    """``linli ARGUMENTS`` in a process of its own, whose lines on standard error are read as they come."""

    def __init__(self, *arguments: object, lang: str = "C.UTF-8") -> None:
        kept = {name: value for name, value in os.environ.items() if name not in LANGUAGE_VARIABLES}
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from linli.cli.start import main; main()", *map(str, arguments)],
            env={**kept, "LANG": lang},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._lines: Queue[str] = Queue()
        self.seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for line in stream:
                self._lines.put(line.rstrip("\n"))

    def until(self, part: str, within: float = 20) -> str:
        """The next line with ``part`` in it."""
        while True:
            try:
                line = self._lines.get(timeout=within)
            except Empty:
                raise AssertionError(f"no line with {part!r} came; these did: {self.seen}") from None
            self.seen.append(line)
            if part in line:
                return line

    def ctrl_c(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def ended(self, within: float = 10) -> int:
        """The exit code; a negative number is the signal that ended it."""
        return self._process.wait(within)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)


@pytest.fixture
def process() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(*arguments: object, lang: str = "C.UTF-8") -> Process:
        started.append(Process(*arguments, lang=lang))
        return started[-1]

    yield start
    for one in started:
        one.close()
