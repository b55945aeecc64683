"""What ``linli check`` finds in scenes; one with a mistake is left out and costs no other."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from linli import schema as sv
from linli_automation.api import Once
from linli_scene.scenes import SCHEMA

A_MAP: Final = sv.map_of(sv.string, sv.anything)


def check_parts(written: Any, around: sv.Surroundings) -> Iterator[sv.Part]:
    """See :class:`linli.schema.Part`."""
    ids = Once("scene.id_twice", "another scene above has the id {name}; this one is passed over")
    scenes = enumerate(written) if isinstance(written, list) else [(None, written)]
    for index, config in scenes:
        path: tuple[str | int, ...] = () if index is None else (index,)
        if not isinstance(config, Mapping):
            yield sv.Part(path, config, A_MAP)
            continue
        if "id" in config:
            yield from ids.part(str(config["id"]), (*path, "id"))
        yield sv.Part(path, config, SCHEMA)
        entities = config.get("entities")
        for entity_id in entities if isinstance(entities, Mapping) else ():
            if isinstance(entity_id, str):
                yield sv.Part((*path, "entities", entity_id), entity_id.lower(), sv.entity_id())
