"""Targets: what a call means, and what was named told apart from what was reached."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.errors import InvalidRequest
from linli.ids import EntityId
from linli.targets import TARGET_KEYS, Item, Target, expand


class Home:
    """A registry of one flat: a device with two lights, an area with a lock."""

    def entities_of_device(self, device_id: str) -> list[EntityId]:
        return [EntityId("light.a"), EntityId("light.b")] if device_id == "lamp" else []

    def entities_of_area(self, area_id: str) -> list[EntityId]:
        return [EntityId("light.a"), EntityId("lock.door")] if area_id == "hall" else []

    def entities_of_floor(self, floor_id: str) -> list[EntityId]:
        return [EntityId("light.c")] if floor_id == "ground" else []

    def entities_of_label(self, label_id: str) -> list[EntityId]:
        return [EntityId("light.d")] if label_id == "night" else []

    def resolve(self, name_or_registry_id: str) -> EntityId | None:
        return EntityId("light.renamed") if name_or_registry_id == "01JXREGISTRYID" else None


def everything(item: Item, item_id: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ({"entity_id": "light.a"}, Target(("light.a",), given=True)),
        ({"entity_id": "light.a, light.b"}, Target(("light.a", "light.b"), given=True)),
        ({"entity_id": ["light.a", "light.b"]}, Target(("light.a", "light.b"), given=True)),
        ({"entity_id": "all"}, Target(everything=True, given=True)),
        ({"entity_id": "none"}, Target(given=True)),
        ({"area_id": "hall, kitchen"}, Target(area_ids=("hall, kitchen",), given=True)),
        ({"device_id": "d", "floor_id": ["f"], "label_id": ("l",)}, Target((), ("d",), (), ("f",), ("l",), given=True)),
        ({}, Target()),
        ({"entity_id": None}, Target(given=True)),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_target_is_read_as_people_write_it(written: dict[str, Any], target: Target) -> None:
    assert Target.of(written) == target


def test_the_data_and_the_target_of_a_call_are_one_target() -> None:
    assert Target.of({"entity_id": "light.a"}, None, {"entity_id": "light.b", "area_id": "hall"}) == Target(
        ("light.a", "light.b"), area_ids=("hall",), given=True
    )


@pytest.mark.parametrize("wrong", [5, {"a": 1}, [5], [["light.a"]], True])
def test_what_names_nothing_is_refused_with_its_key(wrong: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Target.of({"area_id": wrong})
    assert caught.value.path == ("target", "area_id")


@pytest.mark.parametrize("no_entity_id", ["no dot", "sensor.with space", "{{ 'x.y' }}", "", "light.a,"])
def test_what_can_be_no_entity_id_is_refused(no_entity_id: str) -> None:
    with pytest.raises(InvalidRequest, match="invalid entity ID") as caught:
        Target.of({"entity_id": no_entity_id})
    assert caught.value.path == ("target", "entity_id")


@pytest.mark.parametrize("name", ["Light.A", "01JXREGISTRYID0000000000AB", "0123456789abcdef0123456789abcdef"])
def test_capitals_and_registry_ids_are_names_of_entities(name: str) -> None:
    assert Target.of({"entity_id": name}).entity_ids == (name,)


@given(st.dictionaries(st.sampled_from(TARGET_KEYS), st.none() | st.text() | st.lists(st.text()) | st.integers()))
def test_any_target_is_taken_or_refused_as_a_sentence(written: dict[str, Any]) -> None:
    try:
        target = Target.of(written)
    except InvalidRequest:
        return
    aim = expand(target, Home(), everything)
    assert target.given == bool(written)
    assert not aim.named.keys() & aim.reached.keys()
    assert not aim.of_devices.keys() & (aim.named.keys() | aim.reached.keys())


def test_named_one_by_one_or_by_device_is_told_apart_from_reached_by_area_floor_or_label() -> None:
    aim = expand(Target(("lock.door",), ("lamp",), ("hall",), ("ground",), ("night",)), Home(), everything)
    assert list(aim.named) == ["lock.door"]
    assert list(aim.of_devices) == ["light.a", "light.b"]
    assert list(aim.reached) == ["light.c", "light.d"]


def test_a_registry_id_finds_the_entity_under_its_present_name_and_capitals_do_not_matter() -> None:
    assert list(expand(Target(("01JXREGISTRYID", "Light.A")), Home(), everything).named) == ["light.renamed", "light.a"]


def test_what_nobody_knows_means_nothing() -> None:
    aim = expand(Target((), ("x",), ("x",), ("x",), ("x",)), Home(), everything)
    assert (dict(aim.named), dict(aim.of_devices), dict(aim.reached)) == ({}, {}, {})


def test_what_who_calls_does_not_see_is_not_looked_into() -> None:
    class Watched(Home):
        def entities_of_area(self, area_id: str) -> list[EntityId]:
            raise AssertionError(area_id)

    target = Target((), ("lamp",), ("hall",), ("ground",), ("night",))
    aim = expand(target, Watched(), lambda item, item_id: item == "device")
    assert (list(aim.of_devices), dict(aim.reached)) == (["light.a", "light.b"], {})
