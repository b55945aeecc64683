"""The home as a reader's templates see it: looked at piece by piece, so that a large one holds nobody up."""

from pathlib import Path
from typing import Any, cast

from linli.auth.view import View
from linli.reading import ReaderWorld
from linli.template.answers import MANY, frames, rows
from linli.testing import Deployment, running_hub

ENTITIES = 3 * MANY

PLUGIN = f'''
    """Many: has many entities, each on a device."""
    from dataclasses import dataclass
    from typing import ClassVar

    from linli import Capabilities, DeviceInfo, EntityDescription, Manifest, NO_ATTRIBUTES, hookimpl

    MANIFEST = Manifest(domain="many", layer="perception", capabilities=Capabilities(entities=("sensor",)))

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Count(EntityDescription[int]):
        domain: ClassVar[str] = "sensor"

        def render(self, reading):
            return str(reading), NO_ATTRIBUTES

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        for number in range({ENTITIES}):
            device = DeviceInfo(identifiers=frozenset({{("many", str(number))}}), name=str(number))
            ctx.entities.add(Count(unique_id=str(number), name=str(number), device=device)).write(number)
'''


ONE = """
        ctx.entities.device(DeviceInfo(identifiers=frozenset({("many", "behind")}), name="Behind"))
        device = DeviceInfo(identifiers=frozenset({("many", "one")}), name="Front", via_device=("many", "behind"))
        description = Count(unique_id="one", name="One", device=device, suggested_object_id="one")
        ctx.entities.add(description).write(1)
"""


class Looked:
    """A view that counts how often it is asked."""

    everything = False

    def __init__(self) -> None:
        self.times = 0

    def sees(self, entity_id: str) -> bool:
        self.times += 1
        return True

    def sees_item(self, item: str, item_id: str) -> bool:
        self.times += 1
        return True

    def sees_root(self) -> bool:
        return True

    def mask(self, state: Any) -> Any:
        self.times += 1
        return state


class Narrow(Looked):
    """A view that sees one sensor with its device, and nothing that these point at."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self._device = device

    def sees(self, entity_id: str) -> bool:
        return entity_id == "sensor.one"

    def sees_item(self, item: str, item_id: str) -> bool:
        return item_id == self._device

    def sees_root(self) -> bool:
        return False


TOLD = {
    "labels": "{{ labels('sensor.one') }} {{ labels(device_id('sensor.one')) }}",
    "area": "{{ area_id('sensor.one') }} {{ area_name('sensor.one') }} {{ area_id(device_id('sensor.one')) }}",
    "floor": "{{ floor_id('sensor.one') }} {{ floor_name('sensor.one') }}",
    "device behind": "{{ device_attr('sensor.one', 'via_device_id') }} {{ device_attr('sensor.one', 'area_id') }}",
    "entry": "{{ config_entry_id('sensor.one') }} {{ device_attr('sensor.one', 'config_entries') }}"
    " {{ device_attr('sensor.one', 'primary_config_entry') }}",
}


async def test_what_a_row_points_at_and_its_reader_does_not_see_is_not_told(tmp_path: Path) -> None:
    source = PLUGIN.replace(f"range({ENTITIES})", "[]") + ONE
    async with running_hub(Deployment(tmp_path, "many: {}").drop_in("many", source), encoded=False) as hub:
        registries, rooms = hub.rooms.registries, hub.rooms
        floor = await registries.floors.create("Neighbour's floor")
        area = await registries.areas.create("Neighbour's room", floor_id=floor.id)
        label = await registries.labels.create("Neighbour's label")
        device = registries.entities.need("sensor.one").device_id
        assert device is not None
        for change in (registries.entities.update, registries.devices.update):
            named = "sensor.one" if change == registries.entities.update else device
            await change(named, area_id=area.id, labels=[label.id])  # type: ignore[operator]  # one of two alike
        everything, narrow = rooms.auth.views.everything, cast("View", Narrow(device))
        entry = rooms.entries.all("many")[0].entry_id
        secrets = {area.id, floor.id, label.id, entry, behind(hub), "Neighbour"}
        for what, text in TOLD.items():
            full, seen = (str(rooms.templates.render(text, {}, view)) for view in (everything, narrow))
            assert any(secret in full for secret in secrets), (what, full)
            assert not any(secret in seen for secret in secrets), (what, seen)


def behind(hub: Any) -> str:
    return next(str(row.id) for row in hub.rooms.registries.devices.all() if row.name == "Behind")


async def test_one_turn_of_the_loop_looks_at_few_of_many(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, "many: {}").drop_in("many", PLUGIN), encoded=False) as hub:
        entry = hub.rooms.entries.all("many")[0].entry_id
        questions = (
            ("states", None), ("words", None), ("sources", None), ("entities", None), ("devices", None),
            ("states_of", "sensor"), ("entities_by_entry", entry),
        )  # fmt: skip
        for kind, key in questions:
            view = Looked()
            world = ReaderWorld(hub.rooms.templates.world(hub.rooms.auth.views.everything)._from, cast("View", view))
            answer = frames(rows(world, kind, key))
            next(answer)
            assert view.times <= 3 * MANY - 1, kind
            assert len(list(answer)) == ENTITIES // MANY, kind
