"""Polls: one at a time, on their ticks, ended when the device hangs; told once when it fails."""

import asyncio
import logging
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.entity.home import Door, Home, Lamp
from linli.clock import SimulatedClock
from linli.entity.polling import Poller
from linli.entries import NotReady


class Device:
    """Answers after ``takes`` seconds, or fails with ``error``; remembers when it was asked."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self.asked: list[float] = []
        self.takes = 0.0
        self.error: Exception | None = None
        self.at_once = 0
        self.most_at_once = 0

    async def poll(self) -> bool:
        self.asked.append(self._clock.monotonic())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._clock.sleep(self.takes)
            if self.error is not None:
                raise self.error
            return True
        finally:
            self.at_once -= 1


@pytest.fixture
def device(clock: SimulatedClock) -> Device:
    return Device(clock)


async def test_it_is_polled_at_once_and_on_every_tick(home: Home, door: Door, device: Device, clock: SimulatedClock):
    door.add(Lamp(unique_id="1", name="L", poll=device.poll, poll_every=timedelta(seconds=10)))
    await clock.forward(35)
    assert device.asked == [0, 10, 20, 30]
    assert home.shown("lamp.l") == "on"


async def test_a_slow_poll_is_not_overtaken_and_its_ticks_are_left_out(
    home: Home, door: Door, device: Device, clock: SimulatedClock
):
    device.takes = 25
    door.add(Lamp(unique_id="1", name="L", poll=device.poll, poll_every=timedelta(seconds=10)))
    await clock.forward(95)
    assert device.asked == [0, 30, 60, 90]
    assert device.most_at_once == 1


async def test_a_failing_device_is_unavailable_once_and_logged_once(
    home: Home, door: Door, device: Device, clock: SimulatedClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    changes: list[str | None] = []
    home.bus.listen("state_changed", lambda event: changes.append(event.new and event.new.state))
    door.add(Lamp(unique_id="1", name="L", poll=device.poll, poll_every=timedelta(seconds=10)))
    await clock.forward(5)
    device.error = NotReady("no route")
    await clock.forward(60)
    device.error = None
    await clock.forward(10)
    assert changes == ["unknown", "on", "unavailable", "on"]
    said = [record.message for record in caplog.records if record.name.startswith("linli.entity")]
    assert said == ["lamp.l is unavailable: no route", "lamp.l is available again"]
    assert home.ledger.account(door.domain).counts == {}


async def test_a_mistake_in_a_poll_is_charged_and_the_next_poll_comes(
    home: Home, door: Door, device: Device, clock: SimulatedClock
):
    device.error = KeyError("x")
    door.add(Lamp(unique_id="1", name="L", poll=device.poll, poll_every=timedelta(seconds=10)))
    await clock.forward(25)
    assert home.shown("lamp.l") == "unavailable"
    assert home.ledger.account(door.domain).counts == {"error": 3}


async def test_a_device_that_hangs_is_unavailable_after_a_minute(
    home: Home, door: Door, device: Device, clock: SimulatedClock
):
    device.takes = 1e6
    door.add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(59)
    assert home.shown("lamp.l") == "unknown"
    await clock.forward(2)
    assert home.shown("lamp.l") == "unavailable"


async def test_at_most_so_many_are_polled_at_once(home: Home, door: Door, device: Device, clock: SimulatedClock):
    device.takes = 1
    for number in range(9):
        door.add(Lamp(unique_id=str(number), name=f"L{number}", poll=device.poll, parallel=3))
    await clock.forward(10)
    assert (len(device.asked), device.most_at_once) == (9, 3)


async def test_a_poll_can_be_had_before_its_tick(home: Home, door: Door, device: Device, clock: SimulatedClock):
    lamp = door.add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(5)
    lamp.poll_soon()
    await clock.forward(1)
    await home.platforms.poll("lamp.l")
    assert device.asked == [0, 5, 6]


async def test_an_entry_that_is_not_to_be_polled_is_polled_only_when_asked(
    home: Home, device: Device, clock: SimulatedClock
):
    (entry,) = home.entries.all("demo")
    await home.entries.update(entry.entry_id, pref_disable_polling=True)
    lamp = (await home.door()).add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(600)
    lamp.poll_soon()
    await clock.forward(600)
    assert device.asked == [0, 600]


async def test_a_poll_that_is_asked_for_waits_for_the_one_that_runs(
    home: Home, door: Door, device: Device, clock: SimulatedClock
):
    device.takes = 10
    door.add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(5)
    asked = asyncio.ensure_future(home.platforms.poll("lamp.l"))
    await clock.forward(20)
    await asked
    assert (device.asked, device.most_at_once) == ([0, 10], 1)


async def test_a_disabled_entity_is_not_polled(home: Home, door: Door, device: Device, clock: SimulatedClock):
    door.add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(5)
    await home.registries.entities.update("lamp.l", disabled_by="user")
    await clock.forward(600)
    assert device.asked == [0]
    await home.registries.entities.update("lamp.l", disabled_by=None)
    await clock.forward(45)
    assert device.asked == [0, 605, 635]


async def test_a_known_entity_shows_no_unknown_before_its_first_poll(
    home: Home, door: Door, device: Device, clock: SimulatedClock
):
    device.takes = 1
    door.add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(5)
    changes: list[str | None] = []
    home.bus.listen("state_changed", lambda event: changes.append(event.new and event.new.state))
    await home.entries.reload(door.entry.entry_id)
    home.doors["main"].add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(5)
    assert changes == ["unavailable", "on"]


async def test_polling_is_regular_again_once_a_person_wants_it(home: Home, device: Device, clock: SimulatedClock):
    (entry,) = home.entries.all("demo")
    await home.entries.update(entry.entry_id, pref_disable_polling=True)
    (await home.door()).add(Lamp(unique_id="1", name="L", poll=device.poll))
    await home.entries.update(entry.entry_id, pref_disable_polling=False)
    await home.entries.reload(entry.entry_id)
    home.doors["main"].add(Lamp(unique_id="1", name="L", poll=device.poll))
    await clock.forward(100)
    assert device.asked[-4:] == [0, 30, 60, 90]


@settings(max_examples=40, deadline=None)
@given(every=st.integers(1, 50), takes=st.lists(st.floats(0, 120), min_size=1, max_size=8))
def test_polls_never_overlap_and_begin_on_ticks(every: int, takes: list[float]):
    async def run() -> tuple[list[float], int]:
        clock = SimulatedClock()
        device = Device(clock)
        delays = iter(takes)

        async def poll() -> bool:
            device.takes = next(delays, 0.0)
            return await device.poll()

        poller = Poller(
            lambda: "x", poll, every, clock, asyncio.Semaphore(1), answered=lambda _: None, failed=lambda: None,
            charge=lambda error: None,
        )  # fmt: skip
        task = asyncio.ensure_future(poller.run())
        await clock.forward(every * 30 + sum(takes))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return device.asked, device.most_at_once

    asked, most = asyncio.run(run())
    assert most == 1
    assert all(abs(at / every - round(at / every)) < 1e-6 for at in asked)
    assert len(asked) > 20
