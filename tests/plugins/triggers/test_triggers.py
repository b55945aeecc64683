"""Triggers in a whole hub on simulated time: each kind fires when it should, for whom it should, and ends."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linli import Busy, Context, InvalidRequest, UserId
from linli.auth import COMMAND_ACTOR
from linli.clock import SimulatedClock
from linli.testing.hub import Deployment, running_hub
from linli_triggers.api import TRIGGERS_FIRED, TriggersApi


class Site:
    def __init__(self, hub: Any, clock: SimulatedClock) -> None:
        self.hub, self.clock = hub, clock
        self.api = hub.rooms.apis.proxy(TriggersApi)
        self.events: list[Any] = []
        hub.rooms.bus.listen(TRIGGERS_FIRED, self.events.append)

    async def set(self, entity: str, state: str, **attributes: Any) -> None:
        self.hub.rooms.states.set(entity, state, attributes)
        await self.clock.settle()

    async def told(self) -> list[dict[str, Any]]:
        await self.clock.settle()
        told = [event.data["variables"]["trigger"] for event in self.events]
        self.events.clear()
        return told

    async def count(self) -> int:
        return len(await self.told())


@asynccontextmanager
async def site_at(tmp_path, start=datetime(2025, 1, 1, tzinfo=UTC)):
    clock = SimulatedClock(start)
    home = Deployment(tmp_path, "linli: {time_zone: Europe/Berlin}\ntriggers:\n")
    async with running_hub(home, clock=clock) as hub:
        yield Site(hub, clock)


@pytest.fixture
async def site(tmp_path):
    async with site_at(tmp_path) as found:
        yield found


async def test_a_state_trigger_hands_out_what_home_assistant_does(site):
    await site.set("sensor.x", "a")
    await site.api.attach({"platform": "state", "entity_id": "sensor.x", "from": "a", "to": "b"})
    await site.set("sensor.x", "c")
    await site.set("sensor.x", "a")
    assert await site.count() == 0
    await site.set("sensor.x", "b")
    event = site.events[0]
    assert event.data["context"] == site.hub.rooms.states.get("sensor.x").context.as_dict()
    (told,) = await site.told()
    assert told["from_state"].state == "a"
    assert told["to_state"].state == "b"
    assert {key: told[key] for key in told if not key.endswith("_state")} == {
        "id": "0", "idx": "0", "alias": None, "platform": "state", "entity_id": "sensor.x", "for": None,
        "attribute": None, "description": "state of sensor.x",
    }  # fmt: skip


async def test_for_is_fulfilled_cancelled_and_begun_again(site):
    await site.set("sensor.x", "off")
    await site.api.attach({"trigger": "state", "entity_id": "sensor.x", "to": "on", "for": "00:01:00"})
    await site.set("sensor.x", "on")
    await site.clock.forward(seconds=40)
    await site.set("sensor.x", "on", a=1)
    await site.set("sensor.x", "off")
    await site.clock.forward(seconds=60)
    assert await site.count() == 0
    await site.set("sensor.x", "on")
    await site.clock.forward(seconds=59)
    assert await site.count() == 0
    await site.clock.forward(seconds=1)
    assert [told["for"] for told in await site.told()] == [timedelta(minutes=1)]


async def test_for_may_be_a_template(site):
    await site.set("sensor.x", "off")
    config = {"trigger": "state", "entity_id": "sensor.x", "to": "on", "for": {"seconds": "{{ wait }}"}}
    await site.api.attach(config, None, {"wait": 20})
    await site.set("sensor.x", "on")
    await site.clock.forward(seconds=19)
    assert await site.count() == 0
    await site.clock.forward(seconds=1)
    assert await site.count() == 1


async def test_an_attribute_is_followed_alone(site):
    await site.set("light.x", "on", brightness=1)
    await site.api.attach({"trigger": "state", "entity_id": "light.x", "attribute": "brightness", "to": 5})
    await site.set("light.x", "on", brightness=1, other=2)
    await site.set("light.x", "on", brightness=5)
    assert await site.count() == 1


async def test_without_a_filter_attributes_count_and_with_null_they_do_not(site):
    await site.set("light.x", "on")
    await site.api.attach({"trigger": "state", "entity_id": "light.x"})
    await site.api.attach({"trigger": "state", "entity_id": "light.x", "to": None})
    await site.set("light.x", "on", a=1)
    assert await site.count() == 1
    await site.set("light.x", "off", a=1)
    assert await site.count() == 2


async def test_a_number_fires_when_it_comes_into_the_range(site):
    await site.set("sensor.n", "1")
    await site.api.attach({"trigger": "numeric_state", "entity_id": "sensor.n", "above": 5})
    for value in ("6", "7", "x", "1", "8"):
        await site.set("sensor.n", value)
    told = await site.told()
    assert [each["to_state"].state for each in told] == ["6", "8"]
    assert told[0]["above"] == 5.0
    assert told[0]["below"] is None


@pytest.mark.parametrize("bound", ["above", "below"])
async def test_a_number_at_its_bound_is_outside(site, bound):
    outside, inside = ("4", "5.1") if bound == "above" else ("6", "4.9")
    await site.set("sensor.x", outside)
    await site.api.attach({"platform": "numeric_state", "entity_id": "sensor.x", bound: 5})
    await site.set("sensor.x", "5")
    assert await site.count() == 0
    await site.set("sensor.x", inside)
    assert await site.count() == 1


async def test_a_number_may_come_from_a_template_and_must_stay_for_a_while(site):
    await site.set("sensor.n", "1")
    config = {"trigger": "numeric_state", "entity_id": "sensor.n", "above": 50, "for": 10}
    await site.api.attach({**config, "value_template": "{{ state.state | float * 10 }}"})
    await site.set("sensor.n", "6")
    await site.clock.forward(seconds=5)
    await site.set("sensor.n", "2")
    await site.clock.forward(seconds=10)
    assert await site.count() == 0
    await site.set("sensor.n", "7")
    await site.clock.forward(seconds=10)
    assert await site.count() == 1


async def test_an_event_is_heard_with_its_data_and_never_the_triggers_own(site):
    await site.api.attach({"trigger": "event", "event_type": ["rung", "*"], "event_data": {"a": 1}, "id": "door"})
    site.hub.rooms.bus.fire("rung", {"a": 2})
    assert await site.count() == 0
    site.hub.rooms.bus.fire("rung", {"a": 1, "b": 2})
    told = await site.told()
    assert [each["id"] for each in told] == ["door", "door"]
    assert told[0]["event"]["data"] == {"a": 1, "b": 2}


async def test_a_template_fires_when_it_becomes_true(site):
    await site.set("sensor.t", "off")
    await site.api.attach({"trigger": "template", "value_template": "{{ is_state('sensor.t', 'on') }}"})
    await site.api.attach({"trigger": "template", "value_template": "{{ is_state('sensor.t', 'on') }}", "for": 5})
    await site.set("sensor.t", "on")
    assert [each["description"] for each in await site.told()] == ["sensor.t via template"]
    await site.clock.forward(seconds=5)
    assert await site.count() == 1
    await site.set("sensor.t", "on", a=1)
    await site.clock.forward(seconds=10)
    assert await site.count() == 0


async def test_times_follow_local_clocks_through_the_change_to_summer(tmp_path):
    async with site_at(tmp_path, datetime(2025, 3, 29, 12, tzinfo=UTC)) as site:
        await site.api.attach({"trigger": "time", "at": ["02:30:00", "08:00"]})
        await site.clock.forward(hours=24)
        told = [each["now"].isoformat() for each in await site.told()]
        assert told == ["2025-03-30T03:00:00+02:00", "2025-03-30T08:00:00+02:00"]


async def test_a_wall_clock_put_forward_fires_what_it_passed_once(site):
    await site.api.attach({"trigger": "time", "at": "08:00"})
    site.clock.step_wall(8 * 3600)
    await site.clock.forward(seconds=1)
    assert await site.count() == 1


async def test_a_time_pattern_fires_at_every_match(site):
    await site.api.attach({"platform": "time_pattern", "minutes": "/15"})
    await site.clock.forward(hours=1)
    assert [each["now"].minute for each in await site.told()] == [15, 30, 45, 0]


async def test_a_sensor_tells_the_time_with_an_offset(site):
    await site.set("sensor.alarm", "2025-01-01T06:00:00+00:00", device_class="timestamp")
    await site.api.attach({"trigger": "time", "at": {"entity_id": "sensor.alarm", "offset": "-00:30:00"}})
    await site.clock.forward(hours=5.4)
    assert await site.count() == 0
    await site.clock.forward(hours=0.2)
    assert [each["entity_id"] for each in await site.told()] == ["sensor.alarm"]


async def test_own_variables_are_rendered_and_a_disabled_trigger_sleeps(site):
    on = {"trigger": "event", "event_type": "go", "variables": {"x": "{{ trigger.id }}-{{ y }}"}}
    await site.api.attach([{**on, "enabled": False}, {**on, "alias": "two"}], None, {"y": 7})
    site.hub.rooms.bus.fire("go")
    await site.clock.settle()
    (event,) = site.events
    assert event.data["variables"]["x"] == "1-7"
    assert event.data["variables"]["trigger"]["alias"] == "two"


async def test_who_sees_nothing_is_told_nothing(site):
    await site.set("sensor.x", "1")
    stranger = Context(UserId("nobody")).vouch()
    await site.api.attach({"trigger": "state", "entity_id": "sensor.x"}, stranger)
    await site.api.attach({"trigger": "numeric_state", "entity_id": "sensor.x", "above": 1}, stranger)
    await site.api.attach({"trigger": "event", "event_type": ["state_changed", "go"]}, stranger)
    await site.api.attach({"trigger": "template", "value_template": "{{ is_state('sensor.x', '2') }}"}, stranger)
    await site.set("sensor.x", "2")
    site.hub.rooms.bus.fire("go")
    await site.clock.forward(minutes=2)
    assert await site.count() == 0


async def test_detaching_leaves_no_listener_and_no_timer(site):
    await site.set("sensor.x", "1")
    listeners, tracked = site.hub.rooms.bus.counts(), site.hub.rooms.states.tracked()
    config = [
        {"trigger": "state", "entity_id": "sensor.x", "for": 5},
        {"trigger": "numeric_state", "entity_id": "sensor.x", "above": 1, "for": 5},
        {"trigger": "template", "value_template": "{{ states.sensor | count > 5 or now().hour > 30 }}"},
        {"trigger": "event", "event_type": "go"},
        {"trigger": "time", "at": "08:00"},
        {"trigger": "time_pattern", "seconds": "/5"},
    ]
    attachment = await site.api.attach(config)
    await site.set("sensor.x", "2")
    await site.api.detach(attachment)
    assert (site.hub.rooms.bus.counts(), site.hub.rooms.states.tracked()) == (listeners, tracked)
    await site.clock.forward(hours=9)
    assert await site.count() == 0


WRONG = [
    {"platform": "nothing"}, {"platform": "state"}, {"platform": "state", "entity_id": "nodot"}, {"platform": "event"},
    {}, {"platform": "event", "event_type": "x", "extra": 1}, {"platform": "numeric_state", "entity_id": "sensor.x"},
    {"platform": "time", "at": "25:00"}, {"platform": "time_pattern", "minutes": "99"},
    {"platform": "time_pattern", "minutes": "/0"}, {"platform": "time_pattern"}, 5, "text",
    {"platform": "template", "value_template": "{{ 1 +"}, {"platform": "event", "trigger": "event", "event_type": "x"},
    {"platform": "state", "entity_id": "sensor.x", "to": "a", "not_to": "b"},
    {"platform": "state", "entity_id": "sensor.x", "for": "soon"},
    {"platform": "numeric_state", "entity_id": "sensor.x", "above": 5, "below": 1},
]  # fmt: skip


@pytest.mark.parametrize("config", WRONG, ids=str)
async def test_what_is_wrong_is_said_and_not_attached(site, config):
    assert await site.api.problem(config)
    with pytest.raises(InvalidRequest):
        await site.api.attach(config)


async def test_what_is_right_has_no_problem(site):
    assert await site.api.problem([]) is None
    assert await site.api.problem({"triggers": [{"trigger": "event", "event_type": "x"}]}) is None
    assert await site.api.problem({"trigger": "nothing"}) == "Invalid trigger 'nothing' specified"
    assert await site.api.problem({"trigger": "event"}) == "required key not provided @ data['event_type']"


@pytest.mark.parametrize("goes", [False, True])
async def test_a_right_that_ends_while_for_runs_ends_the_trigger(site, goes):
    users = site.hub.rooms.auth.users
    user = await users.create("R", role="admin", username="r", actor=COMMAND_ACTOR)
    await site.set("sensor.x", "off")
    held = {"trigger": "state", "entity_id": "sensor.x", "to": "on", "for": 60}
    await site.api.attach(held, Context(user.id).vouch())
    await site.set("sensor.x", "on")
    if goes:
        await users.remove(user.id, actor=COMMAND_ACTOR)
    await site.clock.forward(seconds=60)
    assert await site.count() == (0 if goes else 1)


async def test_too_many_are_refused_and_leave_nothing(site):
    config = [{"trigger": "event", "event_type": "go"}] * 500
    first = [await site.api.attach(config) for _ in range(8)]
    with pytest.raises(Busy):
        await site.api.attach(config)
    await site.api.detach(first[0])
    await site.api.attach(config)
    broken = [{"trigger": "event", "event_type": "go", "enabled": "{{ 1 / 0 }}"}] * 90
    for _ in range(2):  # those that could not be armed take no place
        with pytest.raises(InvalidRequest):
            await site.api.attach(broken)


async def test_a_template_with_time_is_rendered_at_full_minutes(site):
    await site.api.attach({"trigger": "template", "value_template": "{{ now().minute == 2 }}"})
    await site.clock.forward(minutes=2)
    assert [each["description"] for each in await site.told()] == ["time change or manual update via template"]


async def test_a_trigger_on_every_event_does_not_fire_itself(site):
    await site.api.attach({"trigger": "event", "event_type": "*"})
    site.hub.rooms.bus.fire("go")
    assert [each["event"]["event_type"] for each in await site.told()] == ["go"]


@pytest.mark.parametrize(
    ("written", "offset"),
    [("00:00:00", timedelta(0)), ("-00:30:00", timedelta(minutes=-30)), ("01:00:00", timedelta(hours=1))],
)
async def test_the_sun_fires_once_each_day_where_the_deployment_is(tmp_path, written, offset):
    """Berlin's almanac for 2025: sunset on 29 March 18:35, on 30 March 19:37; the change of time lies between."""
    clock = SimulatedClock(datetime(2025, 3, 29, 12, tzinfo=UTC))
    home = Deployment(
        tmp_path, "linli: {time_zone: Europe/Berlin, latitude: 52.52, longitude: 13.40, elevation: 0}\ntriggers:\n"
    )
    async with running_hub(home, clock=clock) as hub:
        site = Site(hub, clock)
        at = []
        hub.rooms.bus.listen(TRIGGERS_FIRED, lambda event: at.append(clock.now()))
        await site.api.attach({"trigger": "sun", "event": "sunset", "offset": written})
        await clock.forward(hours=48)
        wanted = [
            datetime(2025, 3, 29, 17, 35, tzinfo=UTC) + offset,
            datetime(2025, 3, 30, 17, 37, tzinfo=UTC) + offset,
        ]
        assert len(at) == 2
        assert all(abs(found - each) < timedelta(minutes=2) for found, each in zip(at, wanted, strict=True))
        told = await site.told()
        assert told[0]["description"] == ("sunset" if not offset else "sunset with offset")


@pytest.mark.parametrize(("begin", "days"), [("2025-05-25", 3), ("2025-07-20", 5)], ids=["for long", "until it does"])
async def test_where_the_sun_does_not_set_nothing_fires_until_it_does(tmp_path, begin, days):
    """Tromsø: the sun stays up from 18 May to 26 July."""
    clock = SimulatedClock(datetime.fromisoformat(begin).replace(hour=12, tzinfo=UTC))
    home = Deployment(tmp_path, "linli: {time_zone: Europe/Oslo, latitude: 69.65, longitude: 18.96}\ntriggers:\n")
    async with running_hub(home, clock=clock) as hub:
        site = Site(hub, clock)
        await site.api.attach({"trigger": "sun", "event": "sunset"})
        await clock.forward(hours=days * 24)
        assert await site.count() == 0
        await clock.forward(hours=days * 24)
        assert (await site.count() in (2, 3, 4)) is (begin == "2025-07-20")


async def test_the_hubs_start_and_stop_fire(site):
    await site.api.attach(
        [{"trigger": "homeassistant", "event": "shutdown"}, {"platform": "homeassistant", "event": "start"}]
    )
    site.hub.rooms.bus.fire("homeassistant_started", {})
    (told,) = await site.told()
    assert (told["event"], told["description"]) == ("start", "Home Assistant starting")
    site.hub.rooms.bus.fire("homeassistant_stop", {})
    (told,) = await site.told()
    assert told["description"] == "Home Assistant stopping"


async def test_a_zone_that_is_not_there_is_told_of_once(site, caplog):
    here, far = {"latitude": 52.5, "longitude": 13.4}, {"latitude": 53.5, "longitude": 13.4}
    await site.set("device_tracker.li", "home", **far)
    await site.api.attach({"trigger": "zone", "entity_id": "device_tracker.li", "zone": "zone.shop"})
    for place in (here, far, here):
        await site.set("device_tracker.li", "away", **place)
    assert caplog.text.count("there is no zone.shop that a trigger waits for") == 1


async def test_who_comes_into_a_zone_or_leaves_it_fires(site):
    here, far = {"latitude": 52.5, "longitude": 13.4}, {"latitude": 53.5, "longitude": 13.4}
    await site.set("zone.shop", "0", **here, radius=100, friendly_name="Shop")
    await site.set("device_tracker.li", "home", **far)
    for event in ("enter", "leave"):
        await site.api.attach(
            {"trigger": "zone", "entity_id": "device_tracker.li", "zone": "zone.shop", "event": event}
        )
    await site.set("device_tracker.li", "shop", **here)
    (told,) = await site.told()
    assert (told["event"], told["description"]) == ("enter", "device_tracker.li entering Shop")
    assert told["zone"].entity_id == "zone.shop"
    await site.set("device_tracker.li", "shop", **here, more=1)
    await site.set("device_tracker.li", "unknown")
    assert await site.count() == 0
    await site.set("device_tracker.li", "shop", **here)
    await site.set("device_tracker.li", "away", **far)
    (told,) = await site.told()
    assert told["description"] == "device_tracker.li leaving Shop"
    await site.set("device_tracker.wang", "shop", **here)
    assert await site.count() == 0
