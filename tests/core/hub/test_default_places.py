"""Whom nobody gave a place sees the whole of a home, and nothing of a community (deny by default)."""

from pathlib import Path

import pytest

from core.hub.test_hub import LAMP
from linli.auth import COMMAND_ACTOR, Auth, AuthSettings
from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.pool import BlockingPool
from linli.storage import Storage
from linli.testing import Deployment, running_hub

COMMUNITY = """
linli: {packs: [community], trusted: [lamp]}
http: false
api: false
pages: false
overview: false
lamp: {name: Lobby}
"""
HOME_IN_IT = COMMUNITY.replace("trusted", "default_places: [root], trusted")
HOUSEHOLD = "lamp: {name: Lobby}"


async def added_by_a_command(data: Path) -> str:
    """As ``linli user add`` does it before the first start; the user's id."""
    clock = SimulatedClock()
    pool = BlockingPool(clock)
    storage = await Storage.open_for_command(data, clock=clock, ledger=Ledger(clock), create=True)
    auth = await Auth.open(storage, clock, pool.run, settings=AuthSettings(default_places=None))
    user = await auth.users.create("r", role="resident", actor=COMMAND_ACTOR)
    await auth.close()
    await storage.close()
    pool.close()
    return user.id


@pytest.mark.parametrize(
    ("yaml", "sees"),
    [(HOUSEHOLD, True), (COMMUNITY, False), (HOME_IN_IT, True)],
    ids=["household", "community", "a home's own hub under a community"],
)
async def test_a_new_resident_sees_what_the_deployment_says(tmp_path: Path, yaml: str, sees: bool) -> None:
    home = Deployment(tmp_path, yaml).drop_in("lamp", LAMP)
    before = await added_by_a_command(home.data)
    async with running_hub(home) as hub:
        auth = hub.rooms.auth
        during = await auth.users.create("s", role="resident", actor=COMMAND_ACTOR)
        for user_id in (before, during.id):
            assert auth.views.for_user(user_id).sees("light.lobby") is sees
        admin = await auth.users.create("a", role="admin", actor=COMMAND_ACTOR)
        assert auth.views.for_user(admin.id).sees("light.lobby")


async def test_a_place_once_given_does_not_grow_when_the_deployment_says_otherwise(tmp_path: Path) -> None:
    home = Deployment(tmp_path, COMMUNITY).drop_in("lamp", LAMP)
    user_id = await added_by_a_command(home.data)
    async with running_hub(home):
        pass
    home = Deployment(tmp_path, HOUSEHOLD).drop_in("lamp", LAMP)
    async with running_hub(home) as hub:
        assert not hub.rooms.auth.views.for_user(user_id).sees("light.lobby")
