"""What a hub finds when its parent starts it."""

import os
import socket
import sys
from pathlib import Path

from linli.process.birth import Birth
from linli.process.hub_process import THRIFT, HubProcess
from linli.process.watched import Watched


def tell(sock: socket.socket) -> None:
    """A hub that says what it finds in its environment."""
    Watched.accept(sock).say(found={name: os.environ.get(name) for name in (*THRIFT, "PATH")})


def found() -> dict[str, str]:
    hub = HubProcess(Birth(), f"{Path(__file__).stem}:tell", [str(Path(__file__).parent), *sys.path], None)
    try:
        said = [frame for _ in range(50) for frame in hub.listen(0.2)]
    finally:
        hub.close()
    return dict(said[0]["found"])


def test_a_hub_gives_memory_back_where_the_deployment_says_nothing_else(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    for name in THRIFT:
        monkeypatch.delenv(name, raising=False)
    assert found() == {**THRIFT, "PATH": os.environ["PATH"]}
    monkeypatch.setenv("MALLOC_ARENA_MAX", "7")
    assert found() == {**THRIFT, "MALLOC_ARENA_MAX": "7", "PATH": os.environ["PATH"]}
