"""The reference in docs/reference is what the code says today, and its events are what a hub fires."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from linli import ALL, Message
from linli.cli.reference.events import DeclaredEvent, declared_events, declared_in
from linli.cli.reference.world import every_shipped_plugin
from linli.errors import ContractError
from linli.ids import CORE, EntityId
from linli.issues import Severity

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference as ``make docs`` would write it now, from a Chinese terminal."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "gone.md").write_text("a page that is none any more")
    subprocess.run(
        [sys.executable, "-m", "linli.cli.reference", str(folder)],
        check=True, capture_output=True, env={**os.environ, "LANG": "zh_CN.UTF-8"},
    )  # fmt: skip
    return folder


def test_the_reference_is_what_the_code_says(written: Path) -> None:
    now = {page.name: page.read_text(encoding="utf-8") for page in written.iterdir()}
    kept = {page.name: page.read_text(encoding="utf-8") for page in REFERENCE.iterdir()}
    stale = sorted(name for name in now.keys() | kept.keys() if now.get(name) != kept.get(name))
    assert not stale, f"docs/reference is older than the code ({', '.join(stale)}): run `make docs` and commit it"


def test_no_page_of_it_leaves_something_unsaid(written: Path) -> None:
    for page in written.iterdir():
        text = page.read_text(encoding="utf-8")
        for sign in ("another value", "<lambda>", "<function", "object at 0x", "Union["):
            assert sign not in text, f"{page.name} shows {sign}"
    for line in (written / "websocket.md").read_text(encoding="utf-8").splitlines():
        assert not (line.startswith("| `") and line.endswith("users |  |")), f"no docstring: {line}"


def test_every_page_is_linked_from_the_front_page(written: Path) -> None:
    front = (written / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in written.iterdir() if f"({page.name})" not in front] == ["README.md"]


async def test_what_a_living_hub_fires_is_declared_with_its_fields() -> None:
    fired: dict[str, set[str]] = {}
    async with every_shipped_plugin() as world:
        rooms = world.rooms
        rooms.bus.listen(ALL, lambda event: fired.setdefault(event.event_type, set()).update(event.data))
        rooms.bus.listen("state_reported", lambda event: fired.setdefault(event.event_type, set()).update(event.data))
        await rooms.clock.forward(hours=2)  # type: ignore[attr-defined]  # the clock is a simulated one
        for _ in range(2):
            rooms.states.set(EntityId("sensor.knob"), "1")
        await name_things(rooms)
        rooms.issues.raise_issue(CORE, "one", severity=Severity.WARNING, message=Message("issues.one"))
        await rooms.services.call("light", "turn_on", {"entity_id": "all"})
        declared = {event.event_type: event for event in declared_events(world)}
    assert {"state_changed", "state_reported", "call_service", "entity_registry_updated"} <= fired.keys()
    assert {"area_registry_updated", "device_registry_updated", "repairs_issue_registry_updated"} <= fired.keys()
    assert undeclared(fired, declared) == []


async def name_things(rooms: Any) -> None:
    area = await rooms.registries.areas.create("Attic")
    await rooms.registries.areas.update(area.id, name="Loft")
    await rooms.registries.labels.create("Old")
    await rooms.registries.floors.create("Second")
    entity, device = next(rooms.registries.entities.all()), next(rooms.registries.devices.all())
    domain = entity.entity_id.partition(".")[0]
    await rooms.registries.entities.update(entity.entity_id, new_entity_id=f"{domain}.renamed")
    await rooms.registries.devices.update(device.id, name_by_user="Mine")


def undeclared(fired: Mapping[str, set[str]], declared: Mapping[str, DeclaredEvent]) -> list[str]:
    fields = {name: {key for key, _ in event.fields} for name, event in declared.items()}
    return [f"{name}.{key}" for name, keys in fired.items() for key in keys - fields.get(name, set())] + [
        name for name in fired if name not in declared
    ]


async def test_an_event_that_says_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rings.py").write_text('RUNG: EventType[str] = EventType("rung")\nCOUNT = 3\n')
    with pytest.raises(ContractError, match=r"rings.py:1: the event rung has no docstring"):
        list(declared_in("doorbell", tmp_path))
