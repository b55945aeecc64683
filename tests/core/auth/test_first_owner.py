"""SAFETY 21, each part broken on purpose."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from linli.auth import COMMAND_ACTOR, User
from linli.auth.errors import AddressBanned, SetupRefused, TooManyAttempts, WeakPassword
from linli.errors import InvalidRequest

from .conftest import FAR, LAN, PASSWORD, Home

PAGE: dict[str, Any] = {"host": "localhost:8123", "origin": "http://localhost:8123", "address": LAN}
ME: dict[str, Any] = {"name": "李雷", "username": "lilei", "password": PASSWORD, "language": "zh-Hans"}


async def claim(home: Home, secret: str | None, **other: Any) -> User:
    return await home.auth.first_owner.claim(secret, **{**PAGE, **ME, **other})


async def why(home: Home, secret: str | None, **other: Any) -> str:
    """The reason for which a call of the set-up is refused; empty: it is not."""
    try:
        await home.auth.first_owner.check(secret, **{**PAGE, **other})
    except SetupRefused as refused:
        return str(refused.key).removeprefix("auth.setup.")
    return ""


async def test_who_holds_the_link_becomes_the_owner_once(home: Home) -> None:
    secret = await home.auth.first_owner.begin()
    assert secret is not None
    assert home.auth.first_owner.is_needed
    assert await why(home, secret) == ""
    owner = await claim(home, secret)
    assert (owner.is_owner, owner.role, owner.username, owner.language) == (True, "admin", "lilei", "zh-Hans")
    assert await home.auth.log_in("lilei", PASSWORD, LAN) == owner
    assert not bool(home.auth.first_owner.is_needed)
    assert not home.auth.first_owner.is_open
    assert await why(home, secret) == "closed"
    with pytest.raises(SetupRefused):
        await claim(home, secret, username="second")
    assert await home.auth.first_owner.begin() is None
    await home.restart()
    assert await home.auth.first_owner.begin() is None
    assert await why(home, secret) == "closed"


async def test_the_secret_has_128_bits_and_is_kept_as_a_hash(home: Home) -> None:
    secrets = {await home.auth.first_owner.begin() for _ in range(5)}
    assert len(secrets) == 5
    assert all(secret is not None and len(secret) == 22 for secret in secrets)
    stored = await home.scalar("SELECT secret_hash FROM auth_setup")
    assert len(stored) == 32
    assert not any(secret.encode() in stored for secret in secrets if secret)


@pytest.mark.parametrize("secret", [None, "", "wrong", "\ud800"], ids=repr)
async def test_without_the_secret_no_call_passes(home: Home, secret: str | None) -> None:
    await home.auth.first_owner.begin()
    assert await why(home, secret) == "secret"
    with pytest.raises(SetupRefused):
        await claim(home, secret)
    assert home.auth.users.all() == []


async def test_the_secret_ends_after_fifteen_minutes_whatever_the_clock_says(home: Home) -> None:
    secret = await home.auth.first_owner.begin()
    await home.clock.forward(899)
    assert await why(home, secret) == ""
    home.clock.step_wall(-3600)
    await home.clock.forward(1)
    assert await why(home, secret) == "secret"


async def test_a_start_without_an_owner_voids_the_old_secret(home: Home) -> None:
    old = await home.auth.first_owner.begin()
    await home.restart()
    new = await home.auth.first_owner.begin()
    assert await why(home, old) == "secret"
    assert await why(home, new) == ""


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"host": "evil.example"}, "host"),
        ({"host": None}, "host"),
        ({"host": "evil.example", "origin": "http://evil.example"}, "host"),
        ({"origin": "http://evil.example"}, "origin"),
        ({"origin": "null"}, "origin"),
    ],
    ids=["rebound name", "no host", "rebound page", "other page", "sandboxed page"],
)
async def test_a_page_from_elsewhere_is_refused_even_with_the_secret(
    home: Home, other: dict[str, str | None], reason: str
) -> None:
    secret = await home.auth.first_owner.begin()
    assert await why(home, secret, **other) == reason
    with pytest.raises(SetupRefused):
        await claim(home, secret, **other)


async def test_guessing_is_slowed_down_and_banned(home: Home) -> None:
    secret = await home.auth.first_owner.begin()
    for _ in range(5):
        assert await why(home, "guess", address=FAR) == "secret"
    with pytest.raises(TooManyAttempts):
        await home.auth.first_owner.check(secret, **{**PAGE, "address": FAR})
    for _ in range(3):
        await home.clock.forward(60)
        assert await why(home, "guess", address=FAR) == "secret"
    with pytest.raises(AddressBanned):
        await home.auth.first_owner.check(secret, **{**PAGE, "address": FAR})
    assert await why(home, secret) == ""


async def test_a_mistake_in_the_form_does_not_spend_the_secret(home: Home) -> None:
    secret = await home.auth.first_owner.begin()
    for wrong in ({"password": "short"}, {"password": ""}, {"username": " "}, {"name": ""}):
        with pytest.raises((InvalidRequest, WeakPassword)):
            await claim(home, secret, **wrong)
    assert (await claim(home, secret)).is_owner


async def test_two_who_hold_the_link_do_not_both_become_owner(home: Home) -> None:
    secret = await home.auth.first_owner.begin()
    outcomes = await asyncio.gather(claim(home, secret), claim(home, secret, username="second"), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SetupRefused", "User"]
    assert len(home.auth.users.all()) == 1


async def test_the_command_line_opens_it_again_and_leaves_the_first_owner(home: Home) -> None:
    await claim(home, await home.auth.first_owner.begin())
    secret = await home.auth.first_owner.reopen(actor=COMMAND_ACTOR)
    assert not home.auth.first_owner.is_needed
    second = await claim(home, secret, username="second")
    assert second.is_owner
    assert len(home.auth.users.all()) == 2
    assert await why(home, secret) == "closed"


async def test_an_owner_made_at_the_command_line_voids_the_link(home: Home) -> None:
    secret = await home.auth.first_owner.begin()
    await home.user("boss", "admin", is_owner=True)
    await home.clock.settle()
    assert await why(home, secret) == "closed"


async def test_a_user_who_is_no_owner_does_not_close_the_set_up(home: Home) -> None:
    await home.user("lilei")
    assert await home.auth.first_owner.begin() is not None


async def test_an_owner_who_vanished_from_the_store_is_damage_and_no_invitation(home: Home) -> None:
    await claim(home, await home.auth.first_owner.begin())
    await home.storage.safety.transaction(lambda tx: tx.execute(text("DELETE FROM auth_user")).close())
    await home.restart()
    assert bool(home.auth.failed_closed)
    assert str(home.auth.issue_key) == "auth_owner_missing"
    assert not home.auth.first_owner.is_needed
    assert await home.auth.first_owner.begin() is None
    secret = await home.auth.first_owner.reopen(actor=COMMAND_ACTOR)
    await claim(home, secret)
    assert not bool(home.auth.failed_closed)
    assert home.auth.issue_key is None


async def test_opening_and_owning_are_journaled(home: Home) -> None:
    await claim(home, await home.auth.first_owner.begin())
    assert await home.actions() == ["setup.opened", "user.created"]
