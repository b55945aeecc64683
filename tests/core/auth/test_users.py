from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR, User
from linli.auth.errors import UsernameTaken, WeakPassword
from linli.errors import InvalidRequest, NotFound
from linli.ids import PersonId, PlaceId

from .conftest import LAN, PASSWORD, Home


async def test_a_new_user_is_found_by_any_spelling_of_the_name(home: Home) -> None:
    user = await home.user("ＬiLei", places=(PlaceId("flat"),), person=PersonId("p"), language="zh-Hans")
    assert home.auth.users.by_username(" lilei ") == user
    assert home.auth.users.get(user.id) == user
    assert (user.places, user.person, user.language, user.has_password) == (("flat",), "p", "zh-Hans", False)


async def test_users_survive_a_restart(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    await home.restart()
    assert home.auth.users.all() == [user]
    assert await home.auth.log_in("lilei", PASSWORD, LAN) == user


async def test_two_users_never_share_a_name_to_log_in_with(home: Home) -> None:
    first, second = await home.user("lilei"), await home.user("meimei")
    with pytest.raises(UsernameTaken):
        await home.user("LiLei")
    with pytest.raises(UsernameTaken):
        await home.auth.users.update(second.id, {"username": "ＬＩＬＥＩ"}, actor=COMMAND_ACTOR)
    assert home.auth.users.all() == [first, second]


async def test_a_user_is_made_without_places_only_where_the_deployment_says_so(home: Home) -> None:
    assert (await home.user("a")).places == ("root",)
    assert (await home.user("b", places=())).places == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"places": [""]},
        {"places": ["a b"]},
        {"person": "p" * 201},
        {"role": "gaurd"},
        {"name": "  "},
        {"password": "short"},
        {"username": "x" * 65},
        {"password": "Resident "},
    ],
    ids=str,
)
async def test_what_cannot_be_a_user_is_refused_and_nothing_is_kept(home: Home, wrong: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"name": "resident", "role": "resident", "username": "resident", **wrong}
    with pytest.raises(InvalidRequest):
        await home.auth.users.create(actor=COMMAND_ACTOR, **asked)
    assert home.auth.users.all() == []
    assert await home.actions() == []


async def test_a_change_is_told_and_moves_the_view(home: Home) -> None:
    user = await home.user()
    told: list[tuple[User | None, User | None]] = []
    home.auth.users.watch(lambda before, after: told.append((before, after)))
    view = home.auth.views.for_user(user.id)
    changed = await home.auth.users.update(user.id, {"role": "admin", "name": "Boss"}, actor=COMMAND_ACTOR)
    assert told == [(user, changed)]
    assert not view.may("admin")
    assert home.auth.views.for_user(user.id).may("admin")


async def test_what_a_user_has_not_cannot_be_changed(home: Home) -> None:
    user = await home.user(password=PASSWORD)
    system = await home.user("machine", username=None, system_generated=True)
    for changes in ({"is_owner": True}, {"id": "x"}, {"role": "none"}, {"username": None}):
        with pytest.raises(InvalidRequest):
            await home.auth.users.update(user.id, changes, actor=COMMAND_ACTOR)
    with pytest.raises(InvalidRequest):
        await home.auth.users.update(system.id, {"name": "x"}, actor=COMMAND_ACTOR)
    with pytest.raises(NotFound):
        await home.auth.users.update("nobody", {"name": "x"}, actor=COMMAND_ACTOR)


async def test_the_last_owner_stays_and_stays_active(home: Home) -> None:
    owner = await home.user("owner", "admin", is_owner=True)
    with pytest.raises(InvalidRequest):
        await home.auth.users.remove(owner.id, actor=COMMAND_ACTOR)
    with pytest.raises(InvalidRequest):
        await home.auth.users.update(owner.id, {"is_active": False}, actor=COMMAND_ACTOR)
    await home.user("second", "admin", is_owner=True)
    await home.auth.users.remove(owner.id, actor=COMMAND_ACTOR)
    assert home.auth.users.get(owner.id) is None


async def test_a_user_who_goes_leaves_no_password_and_no_token(home: Home) -> None:
    user = await home.user(password=PASSWORD)
    await home.log_in(user)
    await home.auth.users.remove(user.id, actor=COMMAND_ACTOR)
    for table in ("auth_user", "auth_credential", "auth_token", "auth_access"):
        assert await home.count(table) == 0


async def test_a_password_may_be_taken_away_and_a_weak_one_is_not_taken(home: Home) -> None:
    user = await home.user(password=PASSWORD)
    with pytest.raises(WeakPassword):
        await home.auth.set_password(user.id, "resident", actor=COMMAND_ACTOR)
    await home.auth.set_password(user.id, None, actor=COMMAND_ACTOR)
    now = home.auth.users.get(user.id)
    assert now is not None
    assert not now.has_password
    nameless = await home.user("nameless", username=None)
    with pytest.raises(InvalidRequest):
        await home.auth.set_password(nameless.id, PASSWORD, actor=COMMAND_ACTOR)


async def test_every_change_is_journaled_with_its_actor_and_without_names(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    await home.auth.users.update(user.id, {"name": "Hanmeimei"}, actor=COMMAND_ACTOR)
    await home.auth.set_password(user.id, "another horse", actor=COMMAND_ACTOR)
    await home.auth.users.remove(user.id, actor=COMMAND_ACTOR)
    assert await home.actions() == ["user.created", "user.changed", "password.changed", "user.removed"]
    rows = await home.storage.journal.rows()
    assert {(row.actor, row.subject) for row in rows} == {(COMMAND_ACTOR, user.id)}
    written = "".join(str(row) for row in rows).lower()
    assert not any(name in written for name in ("lilei", "hanmeimei", "horse"))


async def test_a_refused_change_leaves_no_row(home: Home) -> None:
    await home.user("lilei")
    with pytest.raises(UsernameTaken):
        await home.user("lilei")
    assert await home.actions() == ["user.created"]
