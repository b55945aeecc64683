import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR, Ban
from linli.auth.address import parse_networks
from linli.auth.errors import AddressBanned, InvalidAuth, InvalidGrant, LoginBlocked, TooManyAttempts, WeakPassword
from linli.auth.passwords import AT_ONCE, WAITING, Cost, Passwords
from linli.errors import Busy

from .conftest import CHEAP, CLIENT, FAR, LAN, PASSWORD, Home


async def attempt(home: Home, name: str, password: str, address: str = FAR) -> str:
    """How a log-in ends, as one word."""
    try:
        await home.auth.log_in(name, password, address)
    except TooManyAttempts:
        return "wait"
    except AddressBanned:
        return "banned"
    except Busy:
        return "busy"
    except InvalidAuth:
        return "wrong"
    except LoginBlocked as blocked:
        return blocked.reason
    return "in"


async def test_the_right_password_logs_in_by_any_spelling_of_the_name(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    assert await attempt(home, " LiLei ", PASSWORD) == "in"


async def test_wrong_is_wrong_and_never_says_what(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    await home.user("tokens_only")
    tried = [("lilei", "x"), ("nobody", PASSWORD), ("tokens_only", ""), ("lilei", "")]
    said = []
    for name, password in tried:
        with pytest.raises(InvalidAuth) as refused:
            await home.auth.log_in(name, password, LAN)
        said.append((str(refused.value), refused.value.key))
    assert len(set(said)) == 1


async def test_who_is_switched_off_or_outside_is_told_after_the_right_password_only(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD, local_only=True)
    assert await attempt(home, "lilei", PASSWORD, FAR) == "User cannot authenticate remotely"
    assert await attempt(home, "lilei", PASSWORD, LAN) == "in"
    await home.auth.users.update(user.id, {"is_active": False}, actor=COMMAND_ACTOR)
    assert await attempt(home, "lilei", PASSWORD, LAN) == "User is not active"
    assert await attempt(home, "lilei", "x", LAN) == "wrong"


async def test_a_hash_of_another_cost_is_made_anew_at_log_in(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    dearer = Passwords(home.pool.run, Cost(memory_kib=16, passes=1))
    home.auth.passwords._hasher = dearer._hasher
    assert await attempt(home, "lilei", PASSWORD) == "in"
    assert not dearer.is_outdated(await home.scalar("SELECT secret FROM auth_credential"))
    assert Passwords(home.pool.run, CHEAP).is_outdated(await home.scalar("SELECT secret FROM auth_credential"))


async def test_a_log_in_with_the_old_password_does_not_undo_a_change_that_comes_between(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    dearer = Passwords(home.pool.run, Cost(memory_kib=16, passes=1))
    home.auth.passwords._hasher = dearer._hasher
    hashed = home.auth.passwords.hash

    async def changed_meanwhile(password: str) -> str:
        home.auth.passwords.hash = hashed  # type: ignore[method-assign]  # once
        await home.auth.set_password(user.id, "another horse", actor=COMMAND_ACTOR)
        return await hashed(password)

    home.auth.passwords.hash = changed_meanwhile  # type: ignore[method-assign]  # the gap between check and rehash
    assert await attempt(home, "lilei", PASSWORD) == "wrong"
    assert await attempt(home, "lilei", "another horse") == "in"


async def test_two_log_ins_at_once_that_hash_anew_both_succeed(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    home.auth.passwords._hasher = Passwords(home.pool.run, Cost(memory_kib=16, passes=1))._hasher
    codes = await asyncio.gather(by_form(home), by_form(home))
    for code in codes:
        assert await home.auth.tokens.exchange(CLIENT, code, LAN)


# changing a password -------------------------------------------------------------------------------------------------


async def test_a_changed_password_ends_the_other_log_ins_and_leaves_programs_alone(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    mine, other = await home.log_in(user), await home.log_in(user)
    long = await home.auth.tokens.create_long_lived(user.id, client_name="x", lifespan_days=1, actor=COMMAND_ACTOR)
    for grant in (mine, other, long):
        assert await home.session(grant) is not None
    await home.auth.change_password(user.id, PASSWORD, "another horse", address=LAN, keep=mine.token.id)
    assert [await home.session(grant) is not None for grant in (mine, other, long)] == [True, False, True]
    assert await attempt(home, "lilei", PASSWORD) == "wrong"
    assert await attempt(home, "lilei", "another horse") == "in"


async def by_form(home: Home) -> str:
    """The code of a log-in."""
    flow = home.auth.flows.start(CLIENT, CLIENT, LAN)
    filled = {"username": "lilei", "password": PASSWORD}
    return str((await home.auth.log_in_by_form(flow["flow_id"], CLIENT, filled, LAN))["result"])


async def test_a_code_from_before_a_change_is_good_no_more(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    code = await by_form(home)
    await home.auth.set_password(user.id, "another horse", actor=COMMAND_ACTOR)
    with pytest.raises(InvalidGrant):
        await home.auth.tokens.exchange(CLIENT, code, LAN)


@pytest.mark.parametrize("password", ["another horse", None])
async def test_a_log_in_that_was_under_way_during_a_change_comes_to_nothing(home: Home, password: str | None) -> None:
    user = await home.user("lilei", password=PASSWORD)
    verify = home.auth.passwords.verify

    async def changed_after(secret: str | None, shown: str) -> bool:
        right = await verify(secret, shown)
        await home.auth.set_password(user.id, password, actor=COMMAND_ACTOR)
        return right

    home.auth.passwords.verify = changed_after  # type: ignore[method-assign]  # the gap between check and code
    with pytest.raises(InvalidGrant):
        await home.auth.tokens.exchange(CLIENT, await by_form(home), LAN)


async def test_a_password_is_changed_only_by_who_knows_it(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    with pytest.raises(InvalidAuth):
        await home.auth.change_password(user.id, "x", "another horse", address=LAN)
    with pytest.raises(WeakPassword):
        await home.auth.change_password(user.id, PASSWORD, "short", address=LAN)
    without = await home.user("tokens_only")
    with pytest.raises(InvalidAuth):
        await home.auth.change_password(without.id, "", "another horse", address=LAN)
    assert await attempt(home, "lilei", PASSWORD) == "in"


# the gate ------------------------------------------------------------------------------------------------------------


async def test_a_thousand_wrong_passwords_cost_a_handful_of_hashes(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    hashes = 0
    verify = home.auth.passwords.verify

    async def counting(secret: str | None, password: str) -> bool:
        nonlocal hashes
        hashes += 1
        return await verify(secret, password)

    home.auth.passwords.verify = counting  # type: ignore[method-assign]  # a meter on the real thing
    outcomes = await asyncio.gather(*(attempt(home, "lilei", str(number)) for number in range(1000)))
    assert hashes == outcomes.count("wrong") == 5
    assert outcomes.count("wait") == 995
    assert await attempt(home, "lilei", PASSWORD, LAN) == "wait"
    await home.clock.forward(2)
    assert await attempt(home, "lilei", PASSWORD, LAN) == "in"


async def test_a_thousand_addresses_at_once_are_refused_before_they_fill_the_threads(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    gate, run = threading.Event(), home.pool.run

    async def held(function: Callable[..., Any], /, *arguments: Any) -> Any:
        return await run(lambda: (gate.wait(5), function(*arguments))[1])

    home.auth.passwords._run = held
    addresses = [f"198.51.{number // 250}.{number % 250}" for number in range(1000)]
    waiting = [asyncio.ensure_future(attempt(home, f"user{address}", "x", address)) for address in addresses]
    while sum(not task.done() for task in waiting) > AT_ONCE + WAITING:
        await asyncio.sleep(0.005)
    gate.set()
    outcomes = await asyncio.gather(*waiting)
    assert (outcomes.count("wrong"), outcomes.count("busy")) == (AT_ONCE + WAITING, 982)
    assert await attempt(home, "lilei", PASSWORD) == "in"
    assert await attempt(home, "user198.51.3.249", "x", "198.51.3.249") == "wrong", (
        "what was never tried does not count"
    )


async def test_who_has_logged_in_lately_is_not_locked_out_by_a_stranger(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    assert await attempt(home, "lilei", PASSWORD, LAN) == "in"
    for number in range(7):
        await attempt(home, "lilei", "x", f"198.51.100.{number}")
    assert await attempt(home, "lilei", PASSWORD, "198.51.100.99") == "wait"
    assert await attempt(home, "lilei", PASSWORD, LAN) == "in"


async def test_an_address_that_goes_on_failing_is_banned_for_a_day_and_over_a_restart(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    outcomes = []
    for number in range(12):
        outcomes.append(await attempt(home, f"user{number}", "x", "2001:db8::1"))
        await home.clock.forward(120)
    assert outcomes == ["wrong"] * 8 + ["banned"] * 4
    assert home.auth.gate.is_banned("2001:db8::ffff"), "the whole network of that customer"
    assert "address.banned" in await home.actions()
    await home.restart()
    assert home.auth.gate.is_banned("2001:db8::1")
    with pytest.raises(AddressBanned):
        home.auth.gate.check("2001:db8::1")
    await home.clock.forward(hours=24)
    assert not home.auth.gate.is_banned("2001:db8::1")
    assert await attempt(home, "lilei", PASSWORD, "2001:db8::1") == "in"


async def test_a_ban_is_listed_and_lifted(home: Home) -> None:
    await home.auth.gate.ban(FAR, actor=COMMAND_ACTOR)
    [ban] = home.auth.gate.bans()
    assert ban == Ban(FAR, home.clock.timestamp(), home.clock.timestamp() + 86400)
    assert await home.auth.gate.lift(FAR, actor=COMMAND_ACTOR)
    assert not await home.auth.gate.lift(FAR, actor=COMMAND_ACTOR)
    home.auth.gate.check(FAR)
    assert (await home.actions()) == ["address.banned", "address.unbanned"]


async def test_a_ban_that_ended_long_ago_is_forgotten_and_one_without_an_end_is_not(home: Home) -> None:
    for number in range(20):
        await home.auth.gate.ban(f"2001:db8:{number:x}::1", actor=COMMAND_ACTOR)
    await home.clock.forward(hours=48)
    assert await home.count("auth_ban") == 20
    home.auth.gate._limits = replace(home.auth.gate._limits, ban_for_s=None)
    await home.auth.gate.ban(FAR, actor=COMMAND_ACTOR)
    await home.clock.forward(hours=24 * 8)
    assert await home.count("auth_ban") == 1
    assert list(home.auth.gate._bans) == [FAR]
    assert home.auth.gate.is_banned(FAR)


async def test_the_machine_itself_and_a_trusted_proxy_are_delayed_but_never_banned(home: Home) -> None:
    for address in ("127.0.0.1", "::1", "10.9.9.9", "unix"):
        for _ in range(20):
            await attempt(home, "nobody", "x", address)
            await home.clock.forward(400)
        assert not home.auth.gate.is_banned(address)
        for _ in range(6):
            await attempt(home, "nobody", "x", address)
        assert await attempt(home, "nobody", "x", address) == "wait"
        await home.clock.forward(7200)


async def test_the_deployment_says_who_is_never_banned_and_after_how_many_failures_the_others_are(home: Home) -> None:
    home.auth.gate.configure(ban_after=3, never_banned=parse_networks(["10.8.0.0/16"]))
    for address in ("10.8.1.1", FAR):
        for number in range(3):
            await attempt(home, f"user{number}", "x", address)
    assert not home.auth.gate.is_banned("10.8.1.1")
    assert home.auth.gate.is_banned(FAR)
    home.auth.gate.configure(ban_after=None, never_banned=())
    for number in range(10):
        await attempt(home, f"user{number}", "x", LAN)
        await home.clock.forward(400)
    assert not home.auth.gate.is_banned(LAN)


async def test_a_safety_signal_passes_whatever_its_address_did(home: Home) -> None:
    await home.auth.gate.ban(FAR, actor=COMMAND_ACTOR)
    home.auth.gate.check(FAR, exempt=True)
    home.auth.gate.begin(FAR, "lilei", exempt=True)
    for _ in range(50):
        home.auth.gate.begin(LAN, exempt=True)
        await home.auth.gate.failed(LAN, exempt=True)
    home.auth.gate.check(LAN)
    home.auth.gate.begin(LAN)


# the form ------------------------------------------------------------------------------------------------------------


async def test_the_form_leads_to_tokens_as_home_assistants_clients_expect(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    form = home.auth.flows.start(CLIENT, CLIENT + "?auth_callback=1", LAN)
    assert form == {
        "type": "form", "flow_id": form["flow_id"], "handler": ["homeassistant", None], "step_id": "init",
        "data_schema": [{"type": "string", "name": "username", "required": True},
                        {"type": "string", "name": "password", "required": True}],
        "errors": {}, "description_placeholders": None, "last_step": None, "preview": None,
    }  # fmt: skip
    wrong = await home.auth.log_in_by_form(form["flow_id"], CLIENT, {"username": "lilei", "password": "x"}, LAN)
    assert wrong == {**form, "errors": {"base": "invalid_auth"}}
    entry = await home.auth.log_in_by_form(form["flow_id"], CLIENT, {"username": "lilei", "password": PASSWORD}, LAN)
    assert entry["type"] == "create_entry"
    grant = await home.auth.tokens.exchange(CLIENT, entry["result"], LAN)
    session = await home.session(grant)
    assert session is not None
    assert session.user == user
