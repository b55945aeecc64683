"""Conditions in a whole hub on simulated time."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from linli import Context, InvalidRequest, UserId
from linli.clock import SimulatedClock
from linli.testing.hub import Deployment, running_hub
from linli_triggers.api import ConditionsApi
from linli_triggers.conditions import compiled, tester

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)  # a Wednesday
PLACE = "latitude: 48.1, longitude: 11.6, time_zone: Europe/Berlin"


class Site:
    def __init__(self, hub, clock):
        self.hub, self.clock = hub, clock
        self.api = hub.rooms.apis.proxy(ConditionsApi)

    def set(self, entity, state, **attributes):
        self.hub.rooms.states.set(entity, state, attributes)

    async def holds(self, config, **variables):
        answer = await self.api.test(config, variables)
        return "?" if answer["error"] else answer["result"]


@asynccontextmanager
async def site_at(tmp_path, start=NOON, *, encoded=True):
    clock = SimulatedClock(start)
    home = Deployment(tmp_path, f"linli: {{{PLACE}}}\ntriggers:\n")
    async with running_hub(home, clock=clock, encoded=encoded) as hub:
        yield Site(hub, clock)


@pytest.fixture
async def site(tmp_path):
    async with site_at(tmp_path) as found:
        found.set("light.a", "on", brightness=20, name="x")
        found.set("light.b", "off")
        found.set("sensor.t", "21.5", unit="C")
        found.set("sensor.u", "unavailable")
        found.set("input_number.limit", "20")
        found.set("input_text.wanted", "on")
        found.set("input_datetime.late", "22:00:00", hour=22, minute=0, second=0)
        found.set("zone.home", "0", latitude=48.1, longitude=11.6, radius=100)
        found.set("person.near", "home", latitude=48.1001, longitude=11.6)
        found.set("person.far", "not_home", latitude=49.0, longitude=11.6)
        yield found


STATE = {"condition": "state"}
NUMBER = {"condition": "numeric_state", "entity_id": "sensor.t"}
CASES = {
    "a state": (STATE | {"entity_id": "light.a", "state": "on"}, True),
    "another state": (STATE | {"entity_id": "light.a", "state": "off"}, False),
    "one of several states": (STATE | {"entity_id": "light.a", "state": ["off", "on"]}, True),
    "all entities": (STATE | {"entity_id": ["light.a", "light.b"], "state": "on"}, False),
    "any entity": (STATE | {"entity_id": ["light.a", "light.b"], "state": "on", "match": "any"}, True),
    "an attribute": (STATE | {"entity_id": "light.a", "attribute": "brightness", "state": 20}, True),
    "an attribute as text": (STATE | {"entity_id": "light.a", "attribute": "brightness", "state": "20"}, False),
    "no such attribute": (STATE | {"entity_id": "light.a", "attribute": "none", "state": "1"}, False),
    "what a helper shows": (STATE | {"entity_id": "light.a", "state": "input_text.wanted"}, True),
    "no such entity": (STATE | {"entity_id": "light.none", "state": "on"}, "?"),
    "above": (NUMBER | {"above": 21}, True),
    "above does not belong": (NUMBER | {"above": 21.5}, False),
    "below an entity": (NUMBER | {"below": "input_number.limit"}, False),
    "above an entity": (NUMBER | {"above": "input_number.limit", "below": 22}, True),
    "a template's value": (NUMBER | {"value_template": "{{ state.state | float * 2 }}", "above": 40}, True),
    "no number now": (NUMBER | {"entity_id": "sensor.u", "above": 1}, False),
    "never a number": (NUMBER | {"entity_id": "light.a", "above": 1}, "?"),
    "an attribute's number": (NUMBER | {"entity_id": "light.a", "attribute": "brightness", "below": 21}, True),
    "after": ({"condition": "time", "after": "12:59:59"}, True),
    "after itself": ({"condition": "time", "after": "13:00:00"}, True),
    "before itself": ({"condition": "time", "before": "13:00:00"}, False),
    "over midnight": ({"condition": "time", "after": "22:00:00", "before": "14:00:00"}, True),
    "not over midnight": ({"condition": "time", "after": "14:00:00", "before": "12:00:00"}, False),
    "weekday": ({"condition": "time", "weekday": ["wed"]}, True),
    "other weekday": ({"condition": "time", "weekday": "mon"}, False),
    "a helper's time": ({"condition": "time", "before": "input_datetime.late"}, True),
    "after sunrise": ({"condition": "sun", "after": "sunrise"}, True),
    "after sunset": ({"condition": "sun", "after": "sunset"}, False),
    "long before sunset": ({"condition": "sun", "before": "sunset", "before_offset": "-04:00:00"}, False),
    "the night": ({"condition": "sun", "before": "sunrise", "after": "sunset"}, False),
    "a template": ({"condition": "template", "value_template": "{{ is_state('light.a', 'on') }}"}, True),
    "a template alone": ("{{ states('sensor.t') | float > 30 }}", False),
    "a template that fails": ("{{ 1 / 0 }}", "?"),
    "which trigger": ({"condition": "trigger", "id": ["x", "y"]}, True),
    "other trigger": ({"condition": "trigger", "id": "z"}, False),
    "in a zone": ({"condition": "zone", "entity_id": "person.near", "zone": "zone.home"}, True),
    "outside": ({"condition": "zone", "entity_id": "person.far", "zone": "zone.home"}, False),
    "one of two outside": (
        {"condition": "zone", "entity_id": ["person.near", "person.far"], "zone": "zone.home"},
        False,
    ),
    "no place": ({"condition": "zone", "entity_id": "light.a", "zone": "zone.home"}, "?"),
    "and": ({"and": ["{{ true }}", "{{ false }}"]}, False),
    "and without a part": ({"condition": "and", "conditions": []}, True),
    "or": ({"or": ["{{ false }}", "{{ true }}"]}, True),
    "or of a mistake": ({"or": ["{{ 1 / 0 }}", "{{ true }}"]}, True),
    "or of nothing else": ({"or": ["{{ 1 / 0 }}", "{{ false }}"]}, "?"),
    "and of a mistake": ({"and": ["{{ 1 / 0 }}", "{{ false }}"]}, False),
    "not": ({"not": ["{{ false }}", "{{ false }}"]}, True),
    "not any": ({"condition": "not", "conditions": ["{{ false }}", "{{ true }}"]}, False),
    "a list": (["{{ true }}", STATE | {"entity_id": "light.a", "state": "on"}], True),
    "switched off": (STATE | {"entity_id": "light.a", "state": "off", "enabled": False}, True),
    "switched off by a template": (STATE | {"entity_id": "light.a", "state": "off", "enabled": "{{ false }}"}, True),
}


async def test_what_holds(site):
    found = {name: await site.holds(config, trigger={"id": "x"}) for name, (config, _) in CASES.items()}
    assert found == {name: expected for name, (_, expected) in CASES.items()}


async def test_a_state_for_a_while(site):
    config = STATE | {"entity_id": "light.a", "state": "on", "for": {"minutes": "{{ 2 }}"}}
    assert await site.holds(config) is False
    await site.clock.forward(seconds=121)
    assert await site.holds(config) is True
    site.set("light.a", "on", brightness=30)
    assert await site.holds(config) is True


async def test_what_was_seen_is_told_for_the_trace(site):
    answer = await site.api.test([{"or": [STATE | {"entity_id": "light.a", "state": "off"}]}])
    assert answer == {
        "result": False,
        "error": None,
        "steps": [
            {
                "path": "/0/conditions/0/entity_id/0",
                "result": {"result": False, "state": "on", "wanted_state": "off"},
            },
            {"path": "/0", "result": {"result": False}},
        ],
    }


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"condition": "moon"}, "Unexpected value for condition: 'moon'"),
        ({"entity_id": "light.a"}, "required key not provided @ data['condition']"),
        (STATE | {"state": "on"}, "required key not provided @ data['entity_id']"),
        (NUMBER, "must contain at least one of below, above."),
        ("{{ 1 +", None),
        ({"or": [{"condition": "time"}]}, "must contain at least one of before, after, weekday."),
    ],
)
async def test_what_is_wrong_is_said(site, config, sentence):
    said = await site.api.problem(config)
    assert said is not None
    if sentence is not None:
        assert said.startswith(sentence)
    if sentence is None:
        assert await site.holds(config) == "?"
        return
    with pytest.raises(InvalidRequest):
        await site.api.test(config)
    assert await site.api.problem({"or": ["{{ true }}"]}) is None


async def test_the_night_holds_on_both_sides_of_midnight(tmp_path):
    night = {"condition": "sun", "before": "sunrise", "after": "sunset"}
    async with site_at(tmp_path, datetime(2025, 1, 1, 23, tzinfo=UTC)) as site:
        assert await site.holds(night) is True
        await site.clock.forward(seconds=4 * 3600)
        assert await site.holds(night) is True


async def test_what_the_reader_does_not_see_does_not_exist(site):
    nobody = Context(UserId("nobody")).vouch()
    answer = await site.api.test(STATE | {"entity_id": "light.a", "state": "on"}, {}, nobody)
    assert (answer["result"], answer["error"]) == (False, "unknown entity light.a")


async def test_what_is_tested_again_is_parsed_once_and_anew_when_it_was_changed(tmp_path, monkeypatch):
    parsed = []
    real = tester.conditions_of
    monkeypatch.setattr(tester, "conditions_of", lambda config, *more: parsed.append(config) or real(config, *more))
    async with site_at(tmp_path, encoded=False) as site:  # as in a hub that runs: what is handed in is not copied
        site.set("light.b", "off")
        site.set("sensor.t", "21.5")
        config = {"or": [STATE | {"entity_id": "light.b", "state": "on"}, "{{ states('sensor.t') | float > limit }}"]}
        for _ in range(5):
            assert await site.holds(config, limit=20) is True
            assert await site.holds(config, limit=22) is False
        assert len(parsed) == 1
        site.set("light.b", "on")
        assert await site.holds(config, limit=22) is True
        config["or"][0]["state"] = "off"
        assert await site.holds(config, limit=22) is False
        assert len(parsed) == 2


def test_the_memory_of_what_was_parsed_is_bounded(monkeypatch):
    monkeypatch.setattr(compiled, "MOST", 3)
    memory = compiled.Compiled()
    written = [{"number": number} for number in range(4)]
    for each in written[:3]:
        memory.put(each, [each])
    memory.get(written[0])
    memory.put(written[3], [written[3]])
    assert [memory.get(each) for each in written] == [[written[0]], None, [written[2]], [written[3]]]
    assert memory.get({"number": 0}) is None
    long = ["x" * compiled.LONGEST]
    memory.put(long, [])
    assert memory.get(long) is None
