"""What is forbidden costs the same look-ups as what never existed, so that no slower answer tells of it (SAFETY 15)."""

from collections import Counter
from typing import Any

from rights.estate import Estate
from rights.table import TABLE


class Counted(dict[str, Any]):
    """Rows that note how often they are asked for one."""

    def __init__(self, rows: dict[str, Any], name: str, counts: Counter[str]) -> None:
        super().__init__(rows)
        self._name = name
        self._counts = counts

    def get(self, key: Any, default: Any = None) -> Any:
        self._counts[self._name] += 1
        return super().get(key, default)

    def __getitem__(self, key: Any) -> Any:
        self._counts[self._name] += 1
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._counts[self._name] += 1
        return super().__contains__(key)


def counted(estate: Estate) -> Counter[str]:
    """Count the look-ups in every registry, and among the states and who is alive."""
    rooms, counts = estate.hub.rooms, Counter[str]()
    registries = rooms.registries
    for name in ("areas", "devices", "entities", "labels", "floors"):
        registry: Any = getattr(registries, name)
        registry._rows = Counted(registry._rows, name, counts)
    entities: Any = registries.entities
    entities._by_entity_id = Counted(entities._by_entity_id, "entity ids", counts)
    states: Any = rooms.states
    states._slots = Counted(states._slots, "states", counts)
    platforms: Any = rooms.platforms
    platforms._by_entity_id = Counted(platforms._by_entity_id, "alive", counts)
    return counts


async def test_what_is_forbidden_is_looked_up_as_often_as_what_never_existed(estate: Estate) -> None:
    line, counts, wrong = await estate.connect("resident of a"), counted(estate), []
    for section in ("commands", "addresses"):
        for name, row in TABLE[section].items():
            if "other" not in row:
                continue
            used = []
            for flat in ("b", None):
                sent = estate.aimed([row.get("path", name.partition(" ")[2]), row.get("send")], flat)
                for _ in range(2):  # the second time: the first answers of a view are remembered
                    counts.clear()
                    if section == "commands":
                        await line.ask(name, sent[1])
                    else:
                        await estate.rest("resident of a", name.partition(" ")[0], *sent)
                used.append(dict(counts))
            if used[0] != used[1]:
                wrong.append(f"{name}: {used[0]} for what is forbidden, {used[1]} for nothing")
    assert not wrong, "\n".join(wrong)
    await line.ws.close()
