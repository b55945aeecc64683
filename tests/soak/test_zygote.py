"""A hub that begins as a copy is what one is that begins as a new Python: its place, its ways, its end."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from soak import births
from soak.ground import Ground, people


@pytest.fixture
async def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ground]:
    monkeypatch.setattr(births, "COLD", 0.0)
    hub = births.Births(tmp_path / "hub", chance=random.Random(1))
    hub.write_deployment()
    ground = Ground(hub, people(1, 1), None)
    try:
        yield ground
    finally:
        ground.close()
        assert ground.losses == []


def _stat(pid: int) -> tuple[int, int]:
    """The process above, and the session."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), int(fields[3])


def _sockets(pid: int) -> set[str]:
    handles = {os.readlink(handle) for handle in Path(f"/proc/{pid}/fd").iterdir()}
    return {handle for handle in handles if handle.startswith("socket:")}


async def test_a_copy_with_a_parent_and_one_alone_stand_where_new_pythons_would(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(births, "ALONE", 0.0)
    await ground.open()
    first, hub = ground.first(), ground.hub_pid()
    assert hub is not None
    assert ground.hub.zygote is not None
    assert _stat(first) == (ground.hub.zygote.pid, first)
    assert _stat(hub) == (first, hub)
    assert _sockets(first)
    assert _sockets(hub).isdisjoint(_sockets(first) | _sockets(ground.hub.zygote.pid))
    os.kill(first, signal.SIGTERM)
    assert await asyncio.to_thread(ground.hub.process.wait, 20) == 0
    assert ground.processes() == {}
    monkeypatch.setattr(births, "ALONE", 1.0)
    await ground.hub.start()
    assert ground.hub_pid() == ground.first()
    os.kill(ground.first(), signal.SIGKILL)
    assert await asyncio.to_thread(ground.hub.process.wait, 20) == -signal.SIGKILL
    assert ground.processes() == {}
