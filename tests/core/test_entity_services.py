"""Entity services: every entity that a call touches is checked on its own, and a broad target opens no door."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.readers import Reader
from core.test_targets import Home
from linli.context import Context
from linli.entity_services import EntityCommand, EntityServices
from linli.errors import Forbidden, InvalidRequest, NotSupported
from linli.ids import EntityId
from linli.services import ServiceCall
from linli.targets import Target

HALL = frozenset({"light", "lock"})


@dataclass
class Thing:
    """A live entity that notes what it is told."""

    entity_id: EntityId
    available: bool = True
    supported_features: int = 0
    guarded: bool = False
    fails: bool = False
    unable: bool = False
    told: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    @property
    def domain(self) -> str:
        return self.entity_id.partition(".")[0]

    def lacks(self, command: str, data: Mapping[str, Any]) -> bool:
        return self.unable

    async def run(self, command: str, data: Mapping[str, Any], context: Context) -> Any:
        await asyncio.sleep(0)
        if self.fails:
            raise ValueError(self.entity_id)
        self.told.append((command, data))
        return {"did": command}


class House:
    """The entities that run in a flat with the registry of ``Home``."""

    def __init__(self, *things: Thing) -> None:
        self.things = {thing.entity_id: thing for thing in things}

    def live(self, entity_id: str) -> Thing | None:
        return self.things.get(EntityId(entity_id))

    def live_in(self, domain: str) -> Iterable[Thing]:
        return [thing for thing in self.things.values() if thing.domain == domain]

    def told(self) -> list[str]:
        return [thing.entity_id for thing in self.things.values() if thing.told]


def house() -> House:
    return House(*(Thing(EntityId(f"light.{name}")) for name in "abcd"), Thing(EntityId("lock.door"), guarded=True))


async def call(
    house: House, target: Target, reader: Reader | None = None, *, features: tuple[int, ...] = (),
    data: Mapping[str, Any] | None = None, respond: bool = False,
) -> Any:  # fmt: skip
    handler = EntityServices(house, Home()).handler(EntityCommand(HALL, "turn_on", features))
    made = ServiceCall("hall", "turn_on", data or {}, target, Context(), (reader or Reader()).view, respond)
    answer = handler(made)
    assert asyncio.iscoroutine(answer)
    return await answer


def aimed(**keys: Any) -> Target:
    return Target.of(keys)


async def test_each_entity_meant_runs_the_command_once() -> None:
    home = house()
    await call(home, aimed(entity_id=["light.a", "light.a"], device_id="lamp", floor_id="ground"), data={"level": 5})
    assert home.told() == ["light.a", "light.b", "light.c"]
    assert home.things[EntityId("light.a")].told == [("turn_on", {"level": 5})]


@pytest.mark.parametrize("broad", [{"area_id": "hall"}, {"entity_id": "all"}], ids=["area", "all"])
async def test_a_broad_target_never_reaches_what_is_guarded(broad: dict[str, str]) -> None:
    home = house()
    await call(home, aimed(**broad))
    assert "light.a" in home.told()
    assert "lock.door" not in home.told()


async def test_what_is_guarded_obeys_whoever_names_it_also_beside_its_area() -> None:
    home = house()
    await call(home, aimed(entity_id="lock.door", area_id="hall"))
    assert home.told() == ["light.a", "lock.door"]


async def test_naming_what_one_sees_but_may_not_control_is_refused_before_anything_runs() -> None:
    home = house()
    reader = Reader(controls_only=frozenset({"light.a"}))
    with pytest.raises(Forbidden, match=r"light\.b"):
        await call(home, aimed(entity_id=["light.a", "light.b"]), reader)
    assert home.told() == []


async def test_what_one_does_not_see_is_passed_over_like_what_is_not_there() -> None:
    home = house()
    reader = Reader(sees_only=frozenset({"light.a"}))
    hidden = await call(home, aimed(entity_id="light.b"), reader, respond=True)
    absent = await call(home, aimed(entity_id="light.nobody"), reader, respond=True)
    assert hidden == absent == {}
    assert home.told() == []


async def test_a_broad_target_reaches_only_what_one_controls() -> None:
    home = house()
    await call(home, aimed(entity_id="all"), Reader(controls_only=frozenset({"light.c"})))
    assert home.told() == ["light.c"]


async def test_what_cannot_do_it_is_refused_when_named_and_passed_over_when_reached() -> None:
    home = house()
    home.things[EntityId("light.a")].supported_features = 0b110
    with pytest.raises(NotSupported) as caught:
        await call(home, aimed(entity_id="light.b"), features=(0b100,))
    assert caught.value.parameters["entity_id"] == "light.b"
    await call(home, aimed(entity_id="all"), features=(0b001, 0b110))
    assert home.told() == ["light.a"]


@pytest.mark.parametrize("broad", [{"entity_id": "all"}, {"label_id": "night"}, {"device_id": "lamp"}])
async def test_what_has_nobody_to_carry_it_out_is_refused_only_when_named(broad: dict[str, str]) -> None:
    home = house()
    home.things[EntityId("light.a")].unable = home.things[EntityId("light.c")].unable = True
    with pytest.raises(NotSupported) as caught:
        await call(home, aimed(entity_id=["light.b", "light.a"]))
    assert (caught.value.key, dict(caught.value.parameters)) == (
        "service_not_supported",
        {"domain": "hall", "service": "turn_on", "entity_id": "light.a"},
    )
    assert home.told() == []
    await call(home, aimed(**broad))
    assert home.told()
    assert not {"light.a", "light.c"} & set(home.told())


async def test_what_is_not_available_or_of_another_domain_is_passed_over() -> None:
    home = House(Thing(EntityId("light.a"), available=False), Thing(EntityId("fan.a")), Thing(EntityId("light.b")))
    await call(home, aimed(entity_id=["light.a", "fan.a", "light.b"]))
    assert home.told() == ["light.b"]


async def test_one_failure_is_raised_after_all_others_have_run() -> None:
    home = house()
    home.things[EntityId("light.a")].fails = True
    with pytest.raises(ValueError, match=r"light\.a"):
        await call(home, aimed(device_id="lamp", floor_id="ground"))
    assert home.told() == ["light.b", "light.c"]


async def test_responses_come_by_entity() -> None:
    answers = await call(house(), aimed(device_id="lamp"), respond=True)
    assert answers == {"light.a": {"did": "turn_on"}, "light.b": {"did": "turn_on"}}
    assert await call(house(), aimed(device_id="lamp")) is None


async def test_a_call_that_aims_at_nothing_is_refused_and_one_that_aims_at_none_does_nothing() -> None:
    home = house()
    with pytest.raises(InvalidRequest, match="must contain at least one of entity_id, device_id"):
        await call(home, Target.of({}))
    assert await call(home, aimed(entity_id="none"), respond=True) == {}
    assert home.told() == []
