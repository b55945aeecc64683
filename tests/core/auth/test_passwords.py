import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from linli.auth.passwords import AT_ONCE, WAITING, Cost, Passwords
from linli.clock import RealClock
from linli.errors import Busy
from linli.pool import BlockingPool

from .conftest import CHEAP


class HeldPool:
    """Blocking calls that wait until they are let go; counts how many run at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.running = 0
        self.most = 0
        self.pool = BlockingPool(RealClock())

    async def run(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        self.running += 1
        self.most = max(self.most, self.running)

        def held() -> Any:
            self.gate.wait(5)
            return function(*arguments)

        try:
            return await self.pool.run(held)
        finally:
            self.running -= 1


async def test_the_real_argon2_takes_the_right_password_and_no_other() -> None:
    pool = BlockingPool(RealClock())
    passwords = Passwords(pool.run)
    secret = await passwords.hash("八个汉字也是密码")
    assert secret.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert await passwords.verify(secret, "八个汉字也是密码")
    assert not await passwords.verify(secret, "八个汉字也是密碼")
    assert not passwords.is_outdated(secret)
    assert Passwords(pool.run, Cost(passes=4)).is_outdated(secret)
    pool.close()


async def test_who_does_not_exist_is_hashed_like_everybody_else() -> None:
    pool = BlockingPool(RealClock())
    passwords = Passwords(pool.run, CHEAP)
    assert not await passwords.verify(None, "nobody has this password")
    assert not await passwords.verify("no hash at all", "x")
    assert not await passwords.verify(None, "\ud800")
    pool.close()


async def test_who_has_no_password_costs_as_many_hashes_as_who_has(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = BlockingPool(RealClock())
    passwords = Passwords(pool.run, CHEAP)
    secret = await passwords.hash("five red doors")
    hashed: list[str] = []
    matches = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda known, given: hashed.append(known) or matches(known, given))
    for known in (secret, None):
        assert not await passwords.verify(known, "wrong")
    assert len(hashed) == 2
    pool.close()


async def test_two_hashes_run_at_once_and_a_bounded_number_waits() -> None:
    held = HeldPool()
    passwords = Passwords(held.run, CHEAP)
    tasks = [asyncio.ensure_future(passwords.verify(None, "x")) for _ in range(AT_ONCE + WAITING)]
    await asyncio.sleep(0.01)
    assert held.most == AT_ONCE
    with pytest.raises(Busy):
        await passwords.verify(None, "x")
    held.gate.set()
    assert await asyncio.gather(*tasks) == [False] * len(tasks)
    assert held.most == AT_ONCE
    assert passwords.waiting == 0
    held.pool.close()


async def test_a_caller_who_leaves_does_not_make_room_for_a_third_hash() -> None:
    held = HeldPool()
    passwords = Passwords(held.run, CHEAP)
    tasks = [asyncio.ensure_future(passwords.verify(None, "x")) for _ in range(4)]
    await asyncio.sleep(0.01)
    for task in tasks[:2]:
        task.cancel()
    await asyncio.sleep(0.01)
    assert held.most == AT_ONCE
    held.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, asyncio.CancelledError, bool, bool]
    assert passwords.waiting == 0
    held.pool.close()
