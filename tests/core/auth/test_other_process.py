"""What the command line changes reaches a running hub; a second opening of the store stands for its process."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from linli.auth import COMMAND_ACTOR, Auth
from linli.clock import RealClock, stopwatch
from linli.ids import ROOT_PLACE, PlaceId
from linli.ledger import Ledger
from linli.pool import BlockingPool
from linli.storage import Storage

from .conftest import CLIENT, FAR, LAN, SETTINGS

WITHIN_S = 1.0


class Both:
    """A hub that runs, and a command beside it."""

    def __init__(self, hub: Auth, command: Auth, clock: RealClock) -> None:
        self.hub = hub
        self.command = command
        self.clock = clock

    async def soon(self, happened: Callable[[], bool]) -> None:
        """Wait until it happened; fail when that takes longer than was promised."""
        start = stopwatch()
        while not happened():
            assert stopwatch() - start < WITHIN_S
            await self.clock.sleep(0.01)


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    clock = RealClock()
    pool = BlockingPool(clock)
    stores = [await Storage.open(tmp_path / "data", clock=clock, ledger=Ledger(clock))]
    hub = await Auth.open(stores[0], clock, pool.run, settings=SETTINGS)
    stores.append(await Storage.open_for_command(tmp_path / "data", clock=clock, ledger=Ledger(clock)))
    command = await Auth.open(stores[1], clock, pool.run, settings=replace(SETTINGS, default_places=None))
    yield Both(hub, command, clock)
    for auth, store in ((command, stores[1]), (hub, stores[0])):
        await auth.close()
        await store.close()
    pool.close()


async def test_a_token_revoked_by_the_command_line_closes_its_sockets_within_a_second(both: Both) -> None:
    user = await both.hub.users.create("n", role="resident", actor=COMMAND_ACTOR)
    grant = await both.hub.tokens.create(user.id, client_id=CLIENT, actor=COMMAND_ACTOR)
    session = await both.hub.authenticate_or_load(grant.access_token)
    assert session is not None
    closed: list[bool] = []
    both.hub.watch_token(session.token_id, lambda: closed.append(True))
    await both.command.tokens.revoke(grant.token.id, actor=COMMAND_ACTOR)
    await both.soon(lambda: closed == [True])
    assert await both.hub.authenticate_or_load(grant.access_token) is None


async def test_a_token_made_by_the_command_line_works_at_once(both: Both) -> None:
    user = await both.command.users.create("n", role="resident", actor=COMMAND_ACTOR)
    grant = await both.command.tokens.create_long_lived(user.id, client_name="x", lifespan_days=1, actor=COMMAND_ACTOR)
    session = await both.hub.authenticate_or_load(grant.access_token)
    assert session is not None
    assert session.user == replace(user, places=(ROOT_PLACE,))


async def test_a_user_changed_by_the_command_line_sees_otherwise_within_a_second(both: Both) -> None:
    user = await both.hub.users.create("n", role="admin", actor=COMMAND_ACTOR)
    grant = await both.hub.tokens.create(user.id, client_id=CLIENT, actor=COMMAND_ACTOR)
    session = await both.hub.authenticate_or_load(grant.access_token)
    await both.soon(lambda: both.hub.users.get(user.id) == user)
    assert session is not None
    turned: list[bool] = []
    session.watch(lambda turn: turned.append(turn.view.everything))
    await both.command.reload()
    await both.command.users.update(user.id, {"role": "resident"}, actor=COMMAND_ACTOR)
    await both.soon(lambda: turned == [False])
    assert not session.view.may("admin")
    closed: list[bool] = []
    both.hub.watch_token(session.token_id, lambda: closed.append(True))
    await both.command.users.remove(user.id, actor=COMMAND_ACTOR)
    await both.soon(lambda: closed == [True])
    await both.soon(lambda: both.hub.users.all() == [])


async def test_bans_and_the_set_up_follow_the_command_line(both: Both) -> None:
    await both.hub.gate.ban(FAR, actor=COMMAND_ACTOR)
    await both.command.gate.load()
    await both.command.gate.lift(FAR, actor=COMMAND_ACTOR)
    await both.soon(lambda: not both.hub.gate.is_banned(FAR))
    await both.hub.users.create("n", role="admin", is_owner=True, actor=COMMAND_ACTOR)
    secret = await both.command.first_owner.reopen(actor=COMMAND_ACTOR)
    await both.soon(lambda: both.hub.first_owner.is_open)
    await both.hub.first_owner.check(secret, host="localhost", origin=None, address=LAN)


async def test_where_a_command_says_no_place_the_hub_gives_what_its_deployment_says(both: Both) -> None:
    user = await both.command.users.create("n", role="resident", actor=COMMAND_ACTOR)
    assert user.places is None
    await both.soon(lambda: (seen := both.hub.users.get(user.id)) is not None and seen.places == ("root",))
    await both.command.users.reload(user.id)
    assert both.command.users.require(user.id).places == ("root",), "it is written down, not thought anew each time"


async def test_places_that_a_command_names_are_kept(both: Both) -> None:
    user = await both.command.users.create("n", role="resident", actor=COMMAND_ACTOR, places=[PlaceId("flat-a")])
    await both.soon(lambda: both.hub.users.get(user.id) is not None)
    assert both.hub.users.require(user.id).places == ("flat-a",)
