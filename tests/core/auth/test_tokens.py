import asyncio
from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR, Scope, TokenType
from linli.auth.auth import UPKEEP_EVERY_S
from linli.auth.errors import InvalidGrant, LoginBlocked
from linli.auth.secret import digest
from linli.auth.tokens import ACCESS_TOKENS_EACH, DAY_S, UNUSED_S
from linli.errors import Busy, InvalidRequest, NotFound
from linli.ids import TokenId, UserId

from .conftest import CLIENT, FAR, LAN, Home


async def test_an_access_token_lets_its_user_in_for_half_an_hour(home: Home) -> None:
    user = await home.user()
    grant = await home.log_in(user)
    assert home.auth.authenticate(grant.access_token) is None
    session = await home.auth.authenticate_or_load(grant.access_token, LAN)
    assert session is not None
    assert (session.user, session.token_id, grant.expires_in) == (user, grant.token.id, 1800)
    assert home.auth.authenticate(grant.access_token) is session
    await home.clock.forward(1799)
    assert home.auth.authenticate(grant.access_token) is session
    await home.clock.forward(1)
    assert await home.session(grant) is None


async def test_a_client_that_keeps_its_refresh_token_for_good_goes_on_working(home: Home) -> None:
    grant = await home.log_in(await home.user())
    for _ in range(5):
        home.clock.step_wall(80 * DAY_S)
        again = await home.auth.tokens.refresh(CLIENT, grant.refresh_token, LAN)
        assert again.refresh_token is None
        assert await home.session(again) is not None


async def test_a_refresh_token_that_nobody_used_for_ninety_days_is_over(home: Home) -> None:
    grant = await home.log_in(await home.user())
    home.clock.step_wall(UNUSED_S)
    with pytest.raises(InvalidGrant) as refused:
        await home.auth.tokens.refresh(CLIENT, grant.refresh_token, LAN)
    assert refused.value.error == "invalid_grant"


async def test_tokens_and_their_use_survive_a_restart(home: Home) -> None:
    user = await home.user()
    grant = await home.log_in(user)
    await home.restart()
    session = await home.auth.authenticate_or_load(grant.access_token)
    assert session is not None
    assert session.user == user


@pytest.mark.sqlite_only
async def test_no_secret_is_kept_anywhere_on_the_disk(home: Home) -> None:
    user = await home.user(password="a very secret word")
    grant = await home.log_in(user)
    await home.auth.tokens.refresh(CLIENT, grant.refresh_token, LAN, rotate=True)
    long = await home.auth.tokens.create_long_lived(user.id, client_name="x", lifespan_days=1, actor=COMMAND_ACTOR)
    setup = await home.auth.first_owner.reopen(actor=COMMAND_ACTOR)
    secrets = [grant.access_token, grant.refresh_token, long.access_token, setup, "a very secret word"]
    disk = b"".join(file.read_bytes() for file in home.storage.folder.path.rglob("*") if file.is_file())
    assert digest(grant.access_token) in disk, "the test reads the right files"
    assert not any(secret is not None and secret.encode() in disk for secret in secrets)
    assert not any(secret is not None and secret in repr(grant) + repr(long) for secret in secrets)


# ending --------------------------------------------------------------------------------------------------------------


async def test_a_revoked_token_is_refused_at_once_and_its_sockets_are_told(home: Home) -> None:
    grant = await home.log_in(await home.user())
    session = await home.auth.authenticate_or_load(grant.access_token)
    assert session is not None
    closed: list[str] = []
    home.auth.watch_token(session.token_id, lambda: closed.append("a"))
    home.auth.watch_token(session.token_id, lambda: closed.append("b"))()
    await home.auth.tokens.revoke_secret(grant.refresh_token)
    assert closed == ["a"]
    assert await home.session(grant) is None
    with pytest.raises(InvalidGrant):
        await home.auth.tokens.refresh(CLIENT, grant.refresh_token, LAN)
    await home.auth.tokens.revoke_secret(grant.refresh_token)
    await home.auth.tokens.revoke_secret("nonsense")
    await home.auth.tokens.revoke_secret(None)


async def test_who_watches_a_token_that_has_just_ended_is_told_too(home: Home) -> None:
    told: list[bool] = []
    home.auth.watch_token(TokenId("gone"), lambda: told.append(True))
    assert told == []
    await home.clock.settle()
    assert told == [True]


async def test_a_socket_closes_when_its_token_runs_out(home: Home) -> None:
    user = await home.user()
    long = await home.auth.tokens.create_long_lived(user.id, client_name="x", lifespan_days=3, actor=COMMAND_ACTOR)
    assert await home.session(long) is not None
    closed: list[float] = []
    home.auth.watch_token(long.token.id, lambda: closed.append(home.clock.monotonic()))
    start = home.clock.monotonic()
    await home.clock.forward(hours=71)
    assert closed == []
    await home.clock.forward(hours=2)
    assert closed == [pytest.approx(start + 3 * 86400, abs=1)]


async def test_a_socket_outlives_its_access_token_as_its_client_expects(home: Home) -> None:
    grant = await home.log_in(await home.user())
    await home.session(grant)
    closed: list[bool] = []
    home.auth.watch_token(grant.token.id, lambda: closed.append(True))
    await home.clock.forward(hours=5)
    assert closed == []
    await home.auth.tokens.revoke(grant.token.id, actor=COMMAND_ACTOR)
    assert closed == [True]


@pytest.mark.parametrize("how", ["removed", "switched off", "made local"])
async def test_a_user_who_may_not_come_in_any_more_is_out_at_once(home: Home, how: str) -> None:
    user = await home.user()
    grant = await home.log_in(user)
    assert await home.auth.authenticate_or_load(grant.access_token, FAR) is not None
    closed: list[bool] = []
    home.auth.watch_token(grant.token.id, lambda: closed.append(True))
    if how == "removed":
        await home.auth.users.remove(user.id, actor=COMMAND_ACTOR)
    else:
        change = {"is_active": False} if how == "switched off" else {"local_only": True}
        await home.auth.users.update(user.id, change, actor=COMMAND_ACTOR)
    assert closed == [True]
    assert await home.auth.authenticate_or_load(grant.access_token, FAR) is None
    with pytest.raises((InvalidGrant, LoginBlocked)):
        await home.auth.tokens.refresh(CLIENT, grant.refresh_token, FAR)


async def test_a_local_user_is_let_in_from_the_home_network_only(home: Home) -> None:
    user = await home.user(local_only=True)
    grant = await home.log_in(user)
    assert await home.auth.authenticate_or_load(grant.access_token, LAN) is not None
    assert home.auth.authenticate(grant.access_token, LAN) is not None
    assert home.auth.authenticate(grant.access_token, FAR) is None
    assert home.auth.authenticate(grant.access_token) is None
    assert await home.auth.authenticate_or_load(grant.access_token, FAR) is None


async def test_a_token_that_ends_while_it_is_looked_up_is_not_let_in(home: Home) -> None:
    grant = await home.log_in(await home.user())
    has_read, go_on = asyncio.Event(), asyncio.Event()
    read = home.storage.safety.read

    async def slow(work: Any) -> Any:
        found = await read(work)
        has_read.set()
        await go_on.wait()
        return found

    home.storage.safety.read = slow  # type: ignore[method-assign]  # the real thing, made slow
    admitted = asyncio.ensure_future(home.auth.authenticate_or_load(grant.access_token))
    await has_read.wait()
    await home.auth.tokens.revoke(grant.token.id, actor=COMMAND_ACTOR)
    go_on.set()
    assert await admitted is None
    assert home.auth.authenticate(grant.access_token) is None


async def test_all_tokens_of_a_kind_end_but_the_one_that_asks(home: Home) -> None:
    user = await home.user()
    mine, other = await home.log_in(user), await home.log_in(user)
    long = await home.auth.tokens.create_long_lived(user.id, client_name="x", lifespan_days=1, actor=COMMAND_ACTOR)
    ended = await home.auth.tokens.revoke_all(user.id, actor=COMMAND_ACTOR, type=TokenType.NORMAL, keep=mine.token.id)
    assert ended == 1
    assert {token.id for token in await home.auth.tokens.of_user(user.id)} == {mine.token.id, long.token.id}
    assert await home.session(other) is None


# rotation ------------------------------------------------------------------------------------------------------------


async def test_a_client_that_rotates_gets_a_new_secret_each_time(home: Home) -> None:
    first = await home.log_in(await home.user())
    second = await home.auth.tokens.refresh(CLIENT, first.refresh_token, LAN, rotate=True)
    assert second.refresh_token not in (None, first.refresh_token)
    third = await home.auth.tokens.refresh(CLIENT, second.refresh_token, LAN, rotate=True)
    assert await home.session(third) is not None


async def test_the_old_secret_is_good_for_a_lost_answer_and_then_ends_everything(home: Home) -> None:
    first = await home.log_in(await home.user())
    second = await home.auth.tokens.refresh(CLIENT, first.refresh_token, LAN, rotate=True)
    await home.clock.forward(30)
    await home.auth.tokens.refresh(CLIENT, first.refresh_token, LAN)
    await home.clock.forward(60)
    with pytest.raises(InvalidGrant):
        await home.auth.tokens.refresh(CLIENT, first.refresh_token, LAN)
    assert await home.session(second) is None
    with pytest.raises(InvalidGrant):
        await home.auth.tokens.refresh(CLIENT, second.refresh_token, LAN)
    assert (await home.actions())[-1] == "token.revoked"


async def test_access_tokens_of_one_token_do_not_pile_up(home: Home) -> None:
    grant = await home.log_in(await home.user())
    last = grant
    for _ in range(ACCESS_TOKENS_EACH + 5):
        await home.clock.forward(1)
        last = await home.auth.tokens.refresh(CLIENT, grant.refresh_token, LAN)
    assert await home.count("auth_access") == ACCESS_TOKENS_EACH
    assert await home.session(last) is not None


# requests that cannot be granted -------------------------------------------------------------------------------------


async def test_a_code_is_good_once_for_its_own_client_and_ten_minutes(home: Home) -> None:
    user = await home.user()

    async def attempt(client_id: str | None, code: str | None) -> str:
        try:
            await home.auth.tokens.exchange(client_id, code, LAN)
        except InvalidGrant as refused:
            return f"{refused.error}: {refused.description}"
        return "granted"

    code = home.auth.codes.issue(CLIENT, user.id)
    assert await attempt(CLIENT, code) == "granted"
    assert await attempt(CLIENT, code) == "invalid_request: Invalid code"
    stolen = home.auth.codes.issue(CLIENT, user.id)
    assert await attempt("http://evil.example/", stolen) == "invalid_request: Invalid code"
    assert await attempt(CLIENT, stolen) == "invalid_request: Invalid code"
    late = home.auth.codes.issue(CLIENT, user.id)
    await home.clock.forward(600)
    assert await attempt(CLIENT, late) == "invalid_request: Invalid code"
    assert await attempt(CLIENT, None) == "invalid_request: Invalid code"
    assert await attempt("nonsense", "x") == await attempt(None, "x") == "invalid_request: Invalid client id"


@pytest.mark.parametrize(
    ("client_id", "secret", "error"),
    [
        ("http://other.local/", "good", "invalid_request"),
        (None, "good", "invalid_request"),
        ("nonsense", "good", "invalid_request"),
        (CLIENT, None, "invalid_request"),
        (CLIENT, "llr_" + "A" * 43, "invalid_grant"),
        (CLIENT, "\ud800 nonsense", "invalid_grant"),
    ],
    ids=["other client", "no client", "no client id", "no token", "unknown", "no text"],
)
async def test_a_refresh_that_cannot_be_granted_says_why_in_oauths_words(
    home: Home, client_id: str | None, secret: str | None, error: str
) -> None:
    grant = await home.log_in(await home.user())
    with pytest.raises(InvalidGrant) as refused:
        await home.auth.tokens.refresh(client_id, grant.refresh_token if secret == "good" else secret, LAN)
    assert refused.value.error == error


# long-lived and system tokens ----------------------------------------------------------------------------------------


async def test_a_long_lived_token_has_a_name_of_its_own_and_an_end(home: Home) -> None:
    user = await home.user()

    async def make(name: str, days: int) -> None:
        await home.auth.tokens.create_long_lived(user.id, client_name=name, lifespan_days=days, actor=COMMAND_ACTOR)

    await make("logger", 365)
    for name, days in (("logger", 1), (" logger ", 1), ("", 1), ("x", 0), ("x", -1), ("x", 10**9)):
        with pytest.raises(InvalidRequest):
            await make(name, days)
    with pytest.raises(NotFound):
        await home.auth.tokens.create_long_lived(
            UserId("nobody"), client_name="x", lifespan_days=1, actor=COMMAND_ACTOR
        )


async def test_a_long_lived_token_tells_when_and_from_where_it_was_last_used(home: Home) -> None:
    user = await home.user()
    long = await home.auth.tokens.create_long_lived(user.id, client_name="x", lifespan_days=9, actor=COMMAND_ACTOR)
    await home.auth.authenticate_or_load(long.access_token, LAN)
    await home.clock.forward(60)
    home.auth.authenticate(long.access_token, FAR)
    used = home.clock.timestamp()
    await home.clock.forward(UPKEEP_EVERY_S)
    [token] = await home.auth.tokens.of_user(user.id)
    assert (token.last_used_at, token.last_used_ip) == (used, FAR)
    assert token.expires_at == long.token.expires_at


async def test_a_system_user_has_system_tokens_and_no_others(home: Home) -> None:
    system = await home.user("content", "read-only", username=None, system_generated=True)
    grant = await home.auth.tokens.create_system(system.id, client_name="content", actor=COMMAND_ACTOR)
    assert grant.token.type is TokenType.SYSTEM
    assert grant.token.expires_at is None
    assert await home.session(grant) is not None
    with pytest.raises(InvalidRequest):
        await home.auth.tokens.create_long_lived(system.id, client_name="x", lifespan_days=1, actor=COMMAND_ACTOR)
    with pytest.raises(InvalidRequest):
        await home.auth.tokens.create_system((await home.user()).id, client_name="x", actor=COMMAND_ACTOR)


async def test_a_narrowed_token_reads_through_a_narrowed_view_after_a_restart_too(home: Home) -> None:
    admin = await home.user("admin", "admin")
    scope = Scope(read_only=True, domains=frozenset({"light"}))
    long = await home.auth.tokens.create_long_lived(
        admin.id, client_name="x", lifespan_days=1, actor=COMMAND_ACTOR, scope=scope
    )
    await home.restart()
    session = await home.auth.authenticate_or_load(long.access_token)
    assert session is not None
    assert session.view.sees("light.a")
    assert not session.view.sees("lock.a")
    assert not session.view.controls("light.a")
    assert not session.view.may("admin")


async def test_whether_a_log_in_ends_by_itself_can_be_set(home: Home) -> None:
    user = await home.user()
    grant = await home.log_in(user)
    await home.auth.tokens.set_expiry(grant.token.id, enable=False, actor=COMMAND_ACTOR)
    home.clock.step_wall(400 * DAY_S)
    await home.auth.tokens.refresh(CLIENT, grant.refresh_token, LAN)
    await home.auth.tokens.set_expiry(grant.token.id, enable=True, actor=COMMAND_ACTOR)
    [token] = await home.auth.tokens.of_user(user.id)
    assert token.expires_at == home.clock.timestamp() + UNUSED_S
    with pytest.raises(NotFound):
        await home.auth.tokens.set_expiry(TokenId("none"), enable=True, actor=COMMAND_ACTOR)


# noise ---------------------------------------------------------------------------------------------------------------


async def test_noise_costs_no_look_up_and_fills_no_memory(home: Home) -> None:
    reads = home.count_reads()
    for text in ("", "x", "a.b.c", "Bearer " * 1000, "\ud800", "lla_" + "ä" * 43, "llr_" + "A" * 43):
        assert await home.auth.authenticate_or_load(text) is None
    assert reads() == 0
    unknown = "lla_" + "A" * 43
    for _ in range(100):
        assert await home.auth.authenticate_or_load(unknown) is None
    assert reads() == 1


async def test_a_token_made_a_moment_after_it_was_tried_is_let_in(home: Home) -> None:
    user = await home.user()
    assert await home.auth.authenticate_or_load("lla_" + "A" * 43) is None
    assert await home.session(await home.log_in(user)) is not None


async def test_a_flood_of_unknown_tokens_is_refused_before_the_store_is(home: Home) -> None:
    known = await home.log_in(await home.user())
    await home.session(known)
    flood = [home.auth.authenticate_or_load(f"lla_{number:043d}") for number in range(500)]
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) > 400
    assert home.auth.authenticate(known.access_token) is not None


async def test_what_ended_long_ago_is_forgotten(home: Home) -> None:
    user = await home.user()
    await home.auth.tokens.create_long_lived(user.id, client_name="x", lifespan_days=1, actor=COMMAND_ACTOR)
    await home.clock.forward(hours=24 * 7)
    assert await home.count("auth_token") == 1
    await home.clock.forward(hours=49)
    assert await home.count("auth_token") == await home.count("auth_access") == 0


@pytest.mark.parametrize("signed", [False, True])
async def test_a_token_that_is_revoked_while_its_user_is_fetched_lets_nobody_in(home: Home, signed: bool) -> None:
    user = await home.user()
    grant = await home.auth.tokens.create_long_lived(user.id, client_name="t", lifespan_days=1, actor=COMMAND_ACTOR)
    path = home.auth.paths.sign("/image", grant.token.id, 60)
    query = [tuple(part.split("=", 1)) for part in path.partition("?")[2].split("&")]
    home.auth.users._users.pop(user.id)  # as if another process had made the user a moment ago
    fetch = home.auth.users.fetch

    async def revoked_meanwhile(user_id: UserId) -> Any:
        found = await fetch(user_id)
        await home.auth.tokens.revoke(grant.token.id, actor=COMMAND_ACTOR)
        return found

    home.auth.users.fetch = revoked_meanwhile  # type: ignore[method-assign]  # the gap between look-up and memory
    if signed:
        assert await home.auth.authenticate_path("/image", query, LAN) is None
    else:
        assert await home.session(grant) is None
    assert home.auth.authenticate(grant.access_token) is None
    assert await home.session(grant) is None
