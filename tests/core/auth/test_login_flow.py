"""The flow by itself: who may go on with it, and how it ends."""

import asyncio
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.auth import User
from linli.auth.errors import InvalidAuth, LoginBlocked
from linli.auth.login_flow import MOST_PER_ADDRESS, NEXT, OVER, Event, LoginFlows, State
from linli.clock import SimulatedClock
from linli.errors import InvalidRequest, LinliError, NotFound
from linli.ids import UserId

from .conftest import CLIENT, FAR, LAN

USER = User(UserId("u"), "n", "resident")
RIGHT = {"username": "n", "password": "right"}


async def log_in(username: str, password: str, address: str) -> User:
    await asyncio.sleep(0)
    if password != "right":
        raise InvalidAuth
    return USER


class Desk:
    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.flows = LoginFlows(self.clock)
        self.codes: list[str] = []

    def start(self, redirect: str = CLIENT, address: str = LAN) -> str:
        return str(self.flows.start(CLIENT, redirect, address)["flow_id"])

    async def fill(
        self, flow_id: str, data: Mapping[str, Any] = RIGHT, client_id: str = CLIENT, address: str = LAN
    ) -> dict[str, Any]:
        return await self.flows.advance(flow_id, client_id, data, address, log_in, self.issue)

    def issue(self, client_id: str, user: User) -> str:
        self.codes.append(f"{client_id} {user.id} {len(self.codes)}")
        return self.codes[-1]


async def test_a_flow_gives_one_code_even_to_two_right_answers_at_once() -> None:
    desk = Desk()
    flow = desk.start()
    outcomes = await asyncio.gather(desk.fill(flow), desk.fill(flow), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {dict, NotFound}
    assert len(desk.codes) == 1
    with pytest.raises(NotFound):
        await desk.fill(flow)


async def test_a_flow_ends_after_ten_minutes_or_when_given_up() -> None:
    desk = Desk()
    late, given_up = desk.start(), desk.start()
    desk.flows.give_up(given_up)
    await desk.clock.forward(600)
    for flow in (late, given_up, "nonsense"):
        with pytest.raises(NotFound):
            await desk.fill(flow)
    with pytest.raises(NotFound):
        desk.flows.give_up(given_up)
    assert len(desk.flows) == 0


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"address": FAR}, InvalidRequest),
        ({"client_id": "nonsense"}, InvalidRequest),
        ({"client_id": "http://evil.example/"}, NotFound),
        ({"data": {"username": "n"}}, InvalidRequest),
        ({"data": {"username": "n", "password": 1}}, InvalidRequest),
        ({"data": {**RIGHT, "more": 1}}, InvalidRequest),
    ],
    ids=["address", "no client", "other client", "no password", "no text", "extra"],
)
async def test_what_does_not_belong_to_the_flow_gets_no_code(how: dict[str, Any], error: type[LinliError]) -> None:
    desk = Desk()
    flow = desk.start()
    with pytest.raises(error):
        await desk.fill(flow, **how)
    assert desk.codes == []
    assert (await desk.fill(flow))["type"] == "create_entry"


async def test_a_redirect_to_elsewhere_gets_no_code() -> None:
    desk = Desk()
    flow = desk.start(redirect="http://evil.example/")
    with pytest.raises(LoginBlocked):
        await desk.fill(flow)
    assert desk.codes == []


def test_only_the_one_kind_of_log_in_is_offered() -> None:
    flows = LoginFlows(SimulatedClock())
    with pytest.raises(NotFound):
        flows.start(CLIENT, CLIENT, LAN, ("trusted_networks", None))
    with pytest.raises(InvalidRequest):
        flows.start("nonsense", CLIENT, LAN)


async def test_one_address_cannot_push_others_out() -> None:
    desk = Desk()
    mine = desk.start()
    for _ in range(3000):
        desk.start(address="2001:db8::1")
    assert len(desk.flows) == MOST_PER_ADDRESS + 1
    assert (await desk.fill(mine))["type"] == "create_entry"


@given(st.lists(st.sampled_from(Event)))
def test_nothing_leads_out_of_an_ended_flow(events: list[Event]) -> None:
    def step(state: State, event: Event) -> State:
        return NEXT.get((state, event), state)

    states = list(accumulate(events, step, initial=State.ASKING))
    over = [state for state in states if state in OVER]
    assert over == states[len(states) - len(over) :]
    assert len(set(over)) <= 1
