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


class Looked:
    """A view that counts how often it is asked."""

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
