"""Waits of rules while the wall clock jumps, in the nights of daylight saving, and over a restart of which it is wrong.

What waits a length of time waits that long by monotonic time, whatever a watch says meanwhile.
"""

from datetime import UTC, datetime, timedelta

import pytest

from plugins.automation.home import START, home_with

HOUR = timedelta(hours=1)
YEARS = timedelta(days=3 * 365)
STEPS = pytest.mark.parametrize("step", [HOUR, -HOUR, YEARS, -YEARS], ids=["hour on", "hour back", "years on", "back"])
NIGHTS = pytest.mark.parametrize(
    "night",
    [datetime(2025, 3, 30, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 0, 30, tzinfo=UTC)],
    ids=["an hour less", "an hour more"],
)
WAITS = """
automation:
  - id: one
    alias: One
    durable: true
    triggers: [{trigger: event, event_type: go}]
    actions:
      - %s
      - {action: test.note, data: {n: 1}}
script:
"""
DELAY = WAITS % "delay: {hours: 2}"
PLAIN = DELAY.replace("    durable: true\n", "")
FOR_TRIGGER = PLAIN.replace(
    "delay: {hours: 2}", "{wait_for_trigger: [{trigger: event, event_type: never}], timeout: '2:00'}"
)
FOR_TEMPLATE = PLAIN.replace("delay: {hours: 2}", "{wait_template: '{{ false }}', timeout: '2:00'}")
SCRIPT = """
automation:
script:
  one:
    durable: true
    sequence: [{delay: {hours: 2}}, {action: test.note, data: {n: 1}}]
"""


async def ends_after(home, seconds: float) -> None:
    """Not before, and then."""
    await home.forward(seconds - 2)
    assert home.done() == []
    await home.forward(4)
    assert home.done() == [1]


@STEPS
@pytest.mark.parametrize("yaml", [DELAY, PLAIN, FOR_TRIGGER, FOR_TEMPLATE], ids=["durable", "plain", "trigger", "tpl"])
async def test_a_wait_lasts_as_long_however_the_clock_jumps_meanwhile(tmp_path, yaml, step):
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        await home.forward(1800)
        home.clock.step_wall(step)
        await ends_after(home, 5400)


@NIGHTS
@pytest.mark.parametrize("yaml", [DELAY, PLAIN, FOR_TRIGGER, FOR_TEMPLATE], ids=["durable", "plain", "trigger", "tpl"])
async def test_a_wait_lasts_as_long_in_the_nights_of_daylight_saving(tmp_path, yaml, night):
    async with home_with(tmp_path, yaml, start=night) as home:
        await home.fire("go")
        await ends_after(home, 7200)


@NIGHTS
async def test_a_durable_delay_lasts_as_long_over_a_restart_in_those_nights(tmp_path, night):
    async with home_with(tmp_path, DELAY, start=night) as home:
        await home.fire("go")
        await home.forward(1200)
    async with home_with(tmp_path, DELAY, start=night + timedelta(seconds=3000)) as home:
        await ends_after(home, 4200)


@STEPS
@pytest.mark.parametrize(("yaml", "begin"), [(DELAY, "fire"), (SCRIPT, "call")], ids=["automation", "script"])
async def test_a_durable_delay_over_a_restart_knows_that_the_clock_was_put_right_before(tmp_path, yaml, begin, step):
    async with home_with(tmp_path, yaml) as home:
        await (home.fire("go") if begin == "fire" else home.call("script.turn_on", entity_id="script.one"))
        await home.forward(1800)
        home.clock.step_wall(step)
        await home.forward(1)
        now = home.clock.now()
    async with home_with(tmp_path, yaml, start=now + timedelta(seconds=599)) as home:
        await ends_after(home, 4800)


@pytest.mark.parametrize("behind", [HOUR, YEARS], ids=["an hour", "years"])
@pytest.mark.parametrize(("yaml", "begin"), [(DELAY, "fire"), (SCRIPT, "call")], ids=["automation", "script"])
async def test_after_a_start_with_a_clock_that_is_behind_none_waits_longer_than_its_length(
    tmp_path, yaml, begin, behind
):
    async with home_with(tmp_path, yaml) as home:
        await (home.fire("go") if begin == "fire" else home.call("script.turn_on", entity_id="script.one"))
        await home.forward(1800)
    async with home_with(tmp_path, yaml, start=START - behind) as home:
        await home.forward(60)
        home.clock.step_wall(behind)  # the network was found
        await ends_after(home, 7140)


async def test_after_a_start_with_a_clock_that_is_ahead_it_is_over(tmp_path):
    yaml = WAITS % "delay: {hours: 2}\n      - delay: 3"
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        await home.forward(1800)
    async with home_with(tmp_path, yaml, start=START + YEARS) as home:
        await ends_after(home, 3)
