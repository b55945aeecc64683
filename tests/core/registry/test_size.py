"""A registry of 100 000 entities answers as one of a hundred does."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.registry.rooms import Disk, Entries, Rooms
from linli.clock import SimulatedClock
from linli.ids import EntryId
from linli.registry import Registries
from linli.storage import Document

SIZES = (100, 100_000)
PER_DEVICE = 25


@contextmanager
def without_collector() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def filled(size: int) -> Registries:
    """``size`` entities, 25 to a device, twenty devices to an area."""
    entries = Entries()
    entries.set("e1")
    registries = Rooms(SimulatedClock(), Disk(), entries).registries
    registries.keeper._closed = True
    devices: list[str] = []
    for number in range(size // PER_DEVICE):
        if number % 20 == 0:
            area = registries.areas.make(f"A{number // 20}", labels=["l"] if number == 0 else [])
        device = registries.devices.register(EntryId("e1"), identifiers=[("demo", str(number))], name="D")
        registries.devices._change(device, {"area_id": area.id})
        devices.append(device.id)
    rows = {
        str(n): {
            "id": str(n), "entity_id": f"lamp.l{n}", "unique_id": str(n), "platform": "demo", "config_entry_id": "e1",
            "device_id": devices[n // PER_DEVICE],
        }
        for n in range(size)
    }  # fmt: skip
    registries.entities.load({key: Document("core.entities", key, 1, value) for key, value in rows.items()})
    return registries


@pytest.fixture(scope="module")
def by_size() -> dict[int, Registries]:
    with without_collector():
        return {size: filled(size) for size in SIZES}


LOOK_UPS: dict[str, Callable[[Registries], object]] = {
    "by name": lambda registries: registries.entities.get("lamp.l3"),
    "by device": lambda registries: registries.entities_of_device(registries.entities.need("lamp.l3").device_id or ""),
    "by area": lambda registries: registries.entities_of_area("a0"),
    "by label": lambda registries: registries.entities_of_label("l"),
    "its place": lambda registries: registries.place_of("lamp.l3"),
    "a change": lambda registries: registries.entities._change(
        registries.entities.need("lamp.l3"), {"name": str(time.perf_counter())}
    ),
    "a new one and its end": lambda registries: registries.entities._remove(
        registries.entities.register("lamp", "demo", "new", object_id="new")  # type: ignore[arg-type]
    ),
}


@pytest.mark.parametrize("look_up", LOOK_UPS)
def test_a_look_up_costs_the_same_at_any_size(by_size: dict[int, Registries], look_up: str):
    assert {len(list(registries.entities.all())) for registries in by_size.values()} == set(SIZES)
    small, large = (best(LOOK_UPS[look_up], by_size[size]) for size in SIZES)
    assert large < 8 * small + 20e-6, f"{small * 1e6:.1f} µs at {SIZES[0]}, {large * 1e6:.1f} µs at {SIZES[1]}"


def best(look_up: Callable[[Registries], object], registries: Registries) -> float:
    """The quickest of several rounds, in seconds a call: what else runs on the machine only ever adds."""
    rounds: list[float] = []
    with without_collector():
        for _ in range(15):
            started = time.perf_counter()
            for _ in range(20):
                look_up(registries)
            rounds.append((time.perf_counter() - started) / 20)
    return min(rounds)
