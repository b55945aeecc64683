"""What the manifest says of the flat is what stands in it, so that the check can name a mistyped entity."""

from pathlib import Path

from linli.testing import Deployment, running_hub
from linli_demo import MANIFEST


async def test_the_manifest_lists_every_entity_of_the_flat(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, "demo: {}")) as hub:
        made = {entity_id for entity_id in hub.rooms.states.ids() if hub.rooms.registries.owner_of(entity_id) == "demo"}
        assert made == set(MANIFEST.makes)
        assert {entity_id.partition(".")[0] for entity_id in made} == set(MANIFEST.capabilities.entities)
