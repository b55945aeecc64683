"""Telling an entity what to do: who caused what, what it cannot do, what goes wrong."""

import asyncio
from typing import Any

import pytest

from core.entity.home import Door, Home, Lamp
from linli.clock import SimulatedClock
from linli.context import Context
from linli.entity import EntityHandle
from linli.entries import NotReady
from linli.errors import HandlerFailed, LinliError, NotSupported
from linli.ids import UserId


def live(home: Home, entity_id: str) -> Any:
    found = home.platforms.live(entity_id)
    assert found is not None
    return found


async def test_a_command_gets_its_data_and_gives_its_answer(home: Home, door: Door):
    async def turn_on(brightness: int) -> dict[str, int]:
        return {"was": brightness - 1}

    door.add(Lamp(unique_id="1", name="L", turn_on=turn_on))
    assert await live(home, "lamp.l").run("turn_on", {"brightness": 5}, Context()) == {"was": 4}


async def test_what_follows_from_a_command_carries_its_context(home: Home, door: Door, clock: SimulatedClock):
    handles: list[EntityHandle[bool]] = []

    async def turn_on() -> None:
        handles[0].write(True)

    handles.append(door.add(Lamp(unique_id="1", name="L", turn_on=turn_on)))
    cause = Context(UserId("ann"))
    await live(home, "lamp.l").run("turn_on", {}, cause)
    assert home.state("lamp.l").context is cause
    await clock.forward(4.9)
    handles[0].write(False)
    assert home.state("lamp.l").context is cause
    await clock.forward(0.2)
    handles[0].write(True)
    assert home.state("lamp.l").context.user_id is None
    assert home.state("lamp.l").context.plugin == "demo"


async def test_a_polled_entity_is_polled_after_a_command(home: Home, door: Door, clock: SimulatedClock):
    burning: list[bool] = [False]

    async def turn_on() -> None:
        burning[0] = True

    async def poll() -> bool:
        return burning[0]

    door.add(Lamp(unique_id="1", name="L", turn_on=turn_on, poll=poll, parallel=1))
    await clock.forward(1)
    cause = Context(UserId("ann"))
    await live(home, "lamp.l").run("turn_on", {}, cause)
    assert home.shown("lamp.l") == "on"
    assert home.state("lamp.l").context is cause


async def test_what_it_cannot_do_is_said(home: Home, door: Door):
    door.add(Lamp(unique_id="1", name="L"))
    with pytest.raises(NotSupported) as caught:
        await live(home, "lamp.l").run("turn_on", {}, Context())
    assert (caught.value.key, caught.value.parameters["entity_id"]) == ("service_not_supported", "lamp.l")


@pytest.mark.parametrize(
    ("raised", "expected", "charged"),
    [
        (NotReady("the bulb is out"), NotReady, {}),
        (OSError("no route to host"), HandlerFailed, {}),
        (TimeoutError(), HandlerFailed, {}),
        (KeyError("x"), HandlerFailed, {"error": 1}),
    ],
)
async def test_only_the_plugins_own_mistake_is_charged(
    home: Home, door: Door, raised: Exception, expected: type[LinliError], charged: dict[str, int]
):
    async def turn_on() -> None:
        raise raised

    door.add(Lamp(unique_id="1", name="L", turn_on=turn_on))
    with pytest.raises(expected):
        await live(home, "lamp.l").run("turn_on", {}, Context())
    assert home.ledger.account(door.domain).counts == charged


async def test_commands_share_the_limit_of_their_platform(home: Home, door: Door, clock: SimulatedClock):
    running = [0, 0]

    async def turn_on() -> None:
        running[0] += 1
        running[1] = max(running)
        await clock.sleep(1)
        running[0] -= 1

    for number in range(6):
        door.add(Lamp(unique_id=str(number), name=f"L{number}", turn_on=turn_on, parallel=2))
    work = asyncio.gather(*(live(home, f"lamp.l{n}").run("turn_on", {}, Context()) for n in range(6)))
    await clock.forward(10)
    await work
    assert running == [0, 2]


async def test_the_table_tells_who_lives(home: Home, door: Door, clock: SimulatedClock):
    lamp = door.add(Lamp(unique_id="1", name="L", supported_features=4, guarded=True))
    await clock.settle()
    found = live(home, "lamp.l")
    assert (found.entity_id, found.domain, found.supported_features, found.guarded) == ("lamp.l", "lamp", 4, True)
    assert found.available
    lamp.unavailable()
    assert not found.available
    lamp.write(None)
    assert found.available
    assert [each.entity_id for each in home.platforms.live_in("lamp")] == ["lamp.l"]
    await home.registries.entities.update("lamp.l", disabled_by="user")
    assert home.platforms.live("lamp.l") is None


@pytest.mark.parametrize("what", [asyncio.CancelledError(), SystemExit("needs libfoo")])
async def test_a_command_that_ends_itself_fails_and_is_charged(home: Home, door: Door, what: BaseException):
    async def turn_on() -> None:
        raise what

    door.add(Lamp(unique_id="1", name="L", turn_on=turn_on))
    with pytest.raises(HandlerFailed):
        await live(home, "lamp.l").run("turn_on", {}, Context())
    assert home.ledger.account(door.domain).counts == {"error": 1}
