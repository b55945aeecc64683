"""Zones of the home and of the YAML in whole hubs: what they show, what rules make of them, how they come and go."""

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

import linli_zone
from linli.auth import COMMAND_ACTOR
from linli.config import check, load
from linli.hub import Hub
from linli.ids import PlaceId
from linli.plugin.catalog import PluginCatalog
from linli.testing.hub import Deployment, running_hub
from plugins.automation.home import home_with

HOME = "linli: {name: Lime Street, time_zone: Europe/Berlin, latitude: 48.1, longitude: 11.6}\n"
SCHOOL = "- {name: School, latitude: 48.2, longitude: 11.7, radius: 250, icon: 'mdi:school', passive: true}"
OF_ALL = {"passive": False, "persons": [], "editable": False}
RULES = """
zone:
  - {name: School, latitude: 48.2, longitude: 11.7, radius: 250}
automation:
  - id: comes
    triggers:
      - {trigger: zone, entity_id: device_tracker.li, zone: zone.home}
      - {trigger: zone, entity_id: device_tracker.li, zone: zone.school, event: leave}
    actions: [{action: test.note, data: {n: "{{ trigger.event }} {{ trigger.zone.entity_id }}"}}]
  - id: asks
    triggers: [{trigger: event, event_type: ask}]
    conditions: [{condition: zone, entity_id: device_tracker.li, zone: zone.school}]
    actions: [{action: test.note, data: {n: at school}}]
"""


def zones(hub: Hub) -> dict[str, tuple[str, dict[str, Any]]]:
    """What all zones show."""
    return {
        state.entity_id: (state.state, dict(state.attributes))
        for state in hub.rooms.states.all()
        if state.domain == "zone"
    }


async def reload(hub: Hub) -> None:
    await hub.rooms.services.call("zone", "reload", {})


@pytest.mark.parametrize("section", ["zone:", "zone: {}", "zone: []", "automation: []"])
async def test_the_home_is_a_zone_without_a_word_of_yaml_and_rules_bring_it_along(tmp_path: Path, section: str) -> None:
    async with running_hub(Deployment(tmp_path, HOME + section)) as hub:
        shown = {"latitude": 48.1, "longitude": 11.6, "radius": 100, "icon": "mdi:home", "friendly_name": "Lime Street"}
        assert zones(hub) == {"zone.home": ("0", shown | OF_ALL)}


async def test_zones_of_the_yaml_show_what_it_says_and_are_called_after_their_names(tmp_path: Path) -> None:
    more = "- {name: 学校, latitude: -1, longitude: '2'}\n- {name: School, latitude: 1, longitude: 2}"
    async with running_hub(Deployment(tmp_path, f"{HOME}zone:\n{SCHOOL}\n{more}")) as hub:
        found = zones(hub)
        assert found.keys() == {"zone.home", "zone.school", "zone.xue_xiao", "zone.school_2"}
        shown = {"latitude": 48.2, "longitude": 11.7, "radius": 250, "icon": "mdi:school", "friendly_name": "School"}
        assert found["zone.school"] == ("0", OF_ALL | shown | {"passive": True})
        shown = {"latitude": -1, "longitude": 2, "radius": 100, "friendly_name": "学校"}
        assert found["zone.xue_xiao"] == ("0", OF_ALL | shown)


async def test_one_zone_may_stand_without_its_list_and_one_called_home_is_the_home(tmp_path: Path) -> None:
    own = "zone: {name: Home, latitude: 1, longitude: 2, radius: 30}"
    async with running_hub(Deployment(tmp_path, f"{HOME}{own}")) as hub:
        shown = {"latitude": 1, "longitude": 2, "radius": 30, "friendly_name": "Home"}
        assert zones(hub) == {"zone.home": ("0", OF_ALL | shown)}


async def test_rules_hear_of_a_tracker_that_comes_home_and_ask_whether_it_is_at_school(tmp_path: Path) -> None:
    async with home_with(tmp_path, RULES) as home:

        async def walk(latitude: float, longitude: float) -> list[Any]:
            await home.set("device_tracker.li", "x", latitude=latitude, longitude=longitude, gps_accuracy=0)
            await home.fire("ask")
            return list(home.done())

        assert await walk(48.2, 11.7) == ["at school"]
        assert await walk(48.15, 11.6) == ["leave zone.school"]
        assert await walk(48.1005, 11.6) == ["enter zone.home"], "56 m from the middle"
        assert await walk(48.1, 11.6) == []
        assert await walk(48.2021, 11.7) == ["at school"], "234 m from the middle"


async def test_nobody_learns_from_a_zone_who_came(tmp_path: Path) -> None:
    """Until there are persons; what is set from outside is none of linli's."""
    async with home_with(tmp_path, "zone:\n") as home:
        before = zones(home.hub)
        for entity_id in ("person.li", "device_tracker.li"):
            await home.set(entity_id, "home", latitude=48.1, longitude=11.6)
        assert zones(home.hub) == before


async def test_who_does_not_see_the_whole_house_sees_a_zone_once_it_lies_in_their_flat(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, f"{HOME}zone:\n")) as hub:
        users = hub.rooms.auth.users
        flat, house = [
            await users.create(place, role="resident", actor=COMMAND_ACTOR, places=[PlaceId(place)])
            for place in ("flat", "root")
        ]
        views = [hub.rooms.auth.views.for_user(user.id) for user in (flat, house)]
        assert [view.sees("zone.home") for view in views] == [False, True]
        await hub.rooms.registries.entities.update("zone.home", place=PlaceId("flat"))
        assert [view.sees("zone.home") for view in views] == [True, True]


async def test_a_reload_moves_zones_adds_some_and_takes_others_off_the_map(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, f"{HOME}zone:\n{SCHOOL}\n- {{name: Shop, latitude: 1, longitude: 2}}")
    async with running_hub(deployment) as hub:
        home = hub.rooms.states.get("zone.home")
        moved = SCHOOL.replace("48.2", "48.3")
        (deployment.folder / "linli.yaml").write_text(
            f"{HOME}zone:\n{moved}\n- {{name: Pool, latitude: 1, longitude: 2}}"
        )
        await reload(hub)
        found = zones(hub)
        assert found.keys() == {"zone.home", "zone.school", "zone.pool"}
        assert found["zone.school"][1]["latitude"] == 48.3
        assert hub.rooms.states.get("zone.home") == home
        assert hub.rooms.registries.entities.get("zone.shop") is None


async def test_a_zone_that_left_the_yaml_while_the_hub_was_down_is_gone(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, f"{HOME}zone:\n{SCHOOL}")):
        pass
    async with running_hub(Deployment(tmp_path, f"{HOME}zone:\n")) as hub:
        assert zones(hub).keys() == {"zone.home"}
        assert hub.rooms.registries.entities.get("zone.school") is None


def said(tmp_path: Path, yaml: str) -> tuple[str, ...]:
    (tmp_path / "linli.yaml").write_text(HOME + textwrap.dedent(yaml), encoding="utf-8")
    return check(load(tmp_path), PluginCatalog(None)).report.lines()


@pytest.mark.parametrize(
    ("zone", "there"), [("zone.home", True), ("zone.school", True), ("zone.xue_xiao", True), ("zone.office", False)]
)
@pytest.mark.parametrize(
    "part",
    [
        "triggers: [{{trigger: zone, entity_id: device_tracker.li, zone: {zone}}}]",
        "triggers: [], conditions: [{{condition: zone, entity_id: device_tracker.li, zone: {zone}}}]",
    ],
)
def test_the_check_knows_which_zones_there_are(tmp_path: Path, zone: str, there: bool, part: str) -> None:
    yaml = (
        f"zone:\n{SCHOOL}\n- {{name: 学校, latitude: 1, longitude: 2}}\nautomation:\n  - {{id: a, PART, actions: []}}\n"
    )
    found = said(tmp_path, yaml.replace("PART", part.format(zone=zone)))
    assert len(found) == (0 if there else 1), found
    assert all(line.startswith("linli.yaml:6:") and zone in line for line in found)


@pytest.mark.parametrize(
    ("zone", "wrong"),
    [
        ("{latitude: 1, longitude: 2}", '"name"'),
        ("{name: '', latitude: 1, longitude: 2}", "name"),
        ("{name: a, latitude: 91, longitude: 2}", "latitude"),
        ("{name: a, latitude: 1, longitude: 2, radius: -1}", "radius"),
        ("{name: a, latitude: 1, longitude: 2, colour: red}", "colour"),
    ],
)
def test_the_check_names_what_is_wrong_with_a_zone(tmp_path: Path, zone: str, wrong: str) -> None:
    (line,) = said(tmp_path, f"zone:\n  - {zone}\n")
    assert line.startswith("linli.yaml:3:")
    assert wrong in line


def test_both_languages_name_the_same_services() -> None:
    folder = Path(linli_zone.__file__).parent / "translations"
    english, chinese = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("en", "zh-Hans"))
    assert english["services"]["zone"].keys() == chinese["services"]["zone"].keys() == {"reload"}
