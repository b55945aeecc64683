"""Send a hub what no client should: every address and every command, with values that do not fit, and broken frames.

    python tests/soak/fuzz.py --requests 1000000 --seed 7

An administrator, a resident and nobody send; another connection sends pings. A finding is an answer of 500 or
``unknown_error``, none at all, one that tells of the hub's insides or, to the resident, of what is not theirs; a
traceback in the log; a hub that ended; memory that is not flat; a ping that stayed without an answer.
"""

import argparse
import asyncio
import io
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from scenarios.processes import Client, HubProcess
from soak.found import Found
from soak.furnished import OWNER, RESIDENT, House, prepare, resident
from soak.odd import BODY_KEYS, BROKEN, Keys, commands, filled, made_by, message, named, odd, query
from soak.rss import hub_pid, hub_rss_mb

BATCH: Final = 40
BATCHES: Final = 4
"""Of one connection."""
REST_WORKERS: Final = 3
SWEEP_WITHIN_S: Final = 120.0
SWEEP_EVERY: Final = 20
"""Connections."""
TOLD_EVERY: Final = 50_000
CATEGORY_MADE: Final = "config/category_registry/create"
MORE_OFTEN: Final = 5
"""Commands that a test plants are sent so much more often."""
STAY: Final = frozenset({OWNER, RESIDENT})


@dataclass(frozen=True)
class Limits:
    """How much is sent, and what is waited for."""

    requests: int = 10**9
    seconds: float = 10**9
    enough: Callable[[Found], bool] = lambda found: found.has_enough
    answer_within_s: float = 30.0
    pong_within_s: float = 5.0


class Fuzzer:
    """Everything that is sent to one hub."""

    def __init__(self, house: House, found: Found, limits: Limits, more: Mapping[str, Keys]) -> None:
        """``more``: commands beside those of the reference."""
        self.found = found
        self._hub = house.hub
        self._tokens = house.tokens
        self._limits = limits
        self._chance = random.Random(found.seed)
        self._commands = {**commands(), **more}
        self._names = sorted(self._commands) + sorted(more) * MORE_OFTEN
        self._began = time.perf_counter()
        self._first_tokens: set[str] = set()
        self._made_by = made_by(self._commands)
        self._categories: list[dict[str, str]] = []
        """What was made of them: they are listed for one scope only, and every scope is new."""

    def _more(self) -> bool:
        found, limits = self.found, self._limits
        is_early = time.perf_counter() < self._began + limits.seconds
        return found.sent < limits.requests and is_early and not limits.enough(found)

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._limits.answer_within_s)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            addresses = await self._addresses(session)
            self._first_tokens = {row["id"] for name in STAY for row in await self._token_rows(session, name)}
            work = [asyncio.create_task(self._rest(session, addresses)) for _ in range(REST_WORKERS)]
            work += [asyncio.create_task(self._frames(session, name)) for name in (OWNER, RESIDENT)]
            work.append(asyncio.create_task(self._watch_memory()))
            pings = asyncio.create_task(self._ping(session))
            await asyncio.gather(*work)
            pings.cancel()
            with suppress(asyncio.CancelledError):
                await pings
            await self._sweep(session)
        self._weigh()
        self._keep()

    async def _addresses(self, session: aiohttp.ClientSession) -> list[tuple[str, str]]:
        headers = {"Authorization": f"Bearer {self._tokens[OWNER]}"}
        async with session.get(f"{self._hub.url}/api/linli/openapi.json", headers=headers) as answer:
            paths = (await answer.json())["paths"]
        return [(method, path) for path, methods in paths.items() for method in methods]

    # addresses -------------------------------------------------------------------------------------------------------

    async def _rest(self, session: aiohttp.ClientSession, addresses: list[tuple[str, str]]) -> None:
        chance = self._chance
        while self._more():
            method, address = chance.choice(addresses)
            who = chance.choices((OWNER, RESIDENT, None), (6, 3, 1))[0]
            self.found.sent += 1
            try:
                await self._request(session, method, address, who)
            except TimeoutError:
                self._unanswered(f"{method} {address}")
            except (aiohttp.ClientError, ValueError) as error:
                self.found.answers[type(error).__name__] += 1
                await asyncio.sleep(0.01)

    async def _request(self, session: aiohttp.ClientSession, method: str, address: str, who: str | None) -> None:
        chance = self._chance
        path = filled(address, chance)
        body = None if method in ("get", "delete") else self._body()
        async with session.request(
            method,
            self._hub.url + path,
            params=query(chance),
            data=None if body is None else io.BytesIO(body),
            headers={} if who is None else {"Authorization": f"Bearer {self._tokens[who]}"},
            allow_redirects=False,
        ) as answer:
            text = "" if address.endswith("/stream") else (await answer.read()).decode("utf-8", "replace")
            sent = (path, (body or b"")[:200])
            self.found.note(
                str(answer.status), f"{method} {address}", sent, text, resident=who == RESIDENT
            )  # fmt: skip

    def _body(self) -> bytes:
        chance = self._chance
        if chance.random() < 0.3:
            return chance.choice(BROKEN)
        if chance.random() < 0.005:
            return b'{"state": "' + b"x" * (3 << 20) + b'"}'
        return json.dumps({key: odd(chance) for key in chance.sample(BODY_KEYS, chance.randrange(6))}).encode()

    # frames ----------------------------------------------------------------------------------------------------------

    async def _frames(self, session: aiohttp.ClientSession, who: str) -> None:
        connections = 0
        while self._more():
            with suppress(aiohttp.ClientError, ConnectionError):
                client = await self._enter(session, who)
                for _ in range(BATCHES):
                    if client is None or not await self._batch(client, who):
                        break
                else:
                    assert client is not None
                    await client.socket.close()
            connections += 1
            if who == OWNER and connections % SWEEP_EVERY == 0:
                await self._sweep(session)

    async def _enter(self, session: aiohttp.ClientSession, who: str) -> Client | None:
        try:
            return await Client.enter(session, self._hub, self._tokens[who])
        except AssertionError as error:
            self.found.add("is not let in any more", who, str(error))
        except TimeoutError:
            self._unanswered("the opening of a socket")
        except (aiohttp.ClientError, ConnectionError, TypeError):  # TypeError: it closed instead
            self.found.answers["no connection"] += 1
        await asyncio.sleep(0.05)
        return None

    def _unanswered(self, whose: str, sent: Any = "") -> None:
        self.found.add(f"no answer within {self._limits.answer_within_s:g} s", whose, sent)

    async def _batch(self, client: Client, who: str) -> bool:
        """Some commands, and then their answers; whether the connection is still there."""
        sent: dict[int, dict[str, Any]] = {}
        for _ in range(BATCH):
            self.found.sent += 1
            if self._chance.random() < 0.01:
                await self._break(client)
                return False
            name = self._chance.choice(self._names)
            id = client.next_id()
            made = named(message(name, self._commands[name], self._chance), self._chance)
            sent[id] = {**made, "id": id}
            await client.socket.send_str(json.dumps(sent[id]))
        waiting = dict(sent)
        try:
            async with asyncio.timeout(self._limits.answer_within_s):
                while waiting:
                    frame = await client.socket.receive()
                    if frame.type is not aiohttp.WSMsgType.TEXT:
                        self.found.answers["closed"] += 1
                        return False
                    self._heard(frame.data, waiting, sent, who)
        except TimeoutError:
            for message_ in waiting.values():
                self._unanswered(message_["type"], message_)
            return False
        return True

    def _heard(self, text: str, waiting: dict[int, Any], sent: Mapping[int, Any], who: str) -> None:
        frame = json.loads(text)
        for answer in frame if isinstance(frame, list) else [frame]:
            asked = sent.get(answer["id"], {"type": "an earlier command"})
            resident = who == RESIDENT
            if answer["type"] in ("result", "pong"):
                waiting.pop(answer["id"], None)
                code = "success" if answer.get("success", True) else answer["error"]["code"]
                self.found.note(code, asked["type"], asked, text, resident=resident)
                if asked["type"] == CATEGORY_MADE and code == "success":
                    self._categories.append({"scope": asked["scope"], "category_id": answer["result"]["category_id"]})
            else:
                self.found.read(asked["type"], text, resident=resident)

    async def _break(self, client: Client) -> None:
        """A frame that is no message; the hub may close the connection."""
        frame = self._chance.choice(BROKEN)
        kind = self._chance.choice((aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY))
        await client.socket.send_frame(frame, kind)
        self.found.answers["broken frame"] += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.socket.receive()
        await client.socket.close()

    # beside it -------------------------------------------------------------------------------------------------------

    async def _ping(self, session: aiohttp.ClientSession) -> None:
        client = None
        while True:
            began = time.perf_counter()
            try:
                async with asyncio.timeout(self._limits.pong_within_s):
                    if client is None or client.socket.closed:
                        client = await self._enter(session, OWNER)
                    else:
                        await client.call("ping")
            except TimeoutError:
                self.found.add(f"a ping had no answer within {self._limits.pong_within_s:g} s", "")
                client = None  # the answer that is late belongs to another ping
            except (aiohttp.ClientError, ConnectionError, TypeError):
                client = None
            self.found.pings.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)

    def _weigh(self) -> None:
        with suppress(LookupError, OSError, IndexError):  # it is being started again
            self.found.memory.append((self.found.sent, hub_rss_mb(self._hub)))

    async def _watch_memory(self) -> None:
        """What a hub that has met everything once needs is where growth is counted from."""
        warm_at = min(self._limits.requests, 100_000) // 4
        warm_s = self._limits.seconds / 3
        told = 0
        while self._more():
            if self.found.sent > warm_at or time.perf_counter() - self._began > warm_s:
                self._weigh()
            if self.found.sent // TOLD_EVERY > told:
                told = self.found.sent // TOLD_EVERY
                print(self.found.line(), flush=True)
                self._keep()
            await asyncio.sleep(0.5)

    def _keep(self) -> None:
        weighed = "".join(f"{sent},{mb:.2f}\n" for sent, mb in self.found.memory)
        (self._hub.folder / "memory.csv").write_text(weighed, encoding="utf-8")

    async def _token_rows(self, session: aiohttp.ClientSession, who: str) -> list[dict[str, Any]]:
        client = await Client.enter(session, self._hub, self._tokens[who])
        rows: list[dict[str, Any]] = await client.call("auth/refresh_tokens")
        await client.socket.close()
        return rows

    async def _sweep(self, session: aiohttp.ClientSession) -> None:
        """Take away what was made, so that only what leaks stays."""
        try:
            async with asyncio.timeout(SWEEP_WITHIN_S):
                await self._sweep_things(session)
                for who in STAY:
                    await self._sweep_tokens(session, who)
        except TimeoutError:
            self.found.add(f"what was made is not taken away within {SWEEP_WITHIN_S:g} s", "")
        except (aiohttp.ClientError, ConnectionError, TypeError):  # the hub ended meanwhile
            self.found.answers["no connection"] += 1

    async def _sweep_things(self, session: aiohttp.ClientSession) -> None:
        client = await self._enter(session, OWNER)
        if client is None:
            return
        for command, keys in await self._made(client):
            for key in keys:
                with suppress(AssertionError):  # somebody else took it away meanwhile
                    await client.call(command, **key)
        await client.socket.close()

    async def _made(self, client: Client) -> list[tuple[str, Iterable[dict[str, str]]]]:
        """What is there that was not at first, by the command that takes it away."""
        found: list[tuple[str, Iterable[dict[str, str]]]] = [("config/category_registry/delete", self._categories)]
        self._categories = []
        for base, key in self._made_by.items():
            rows = await client.call("lovelace/resources" if base == "lovelace/resources" else f"{base}/list")
            found.append((f"{base}/delete", [{key: _id(row, key)} for row in rows if row.get("name") not in STAY]))
        return found

    async def _sweep_tokens(self, session: aiohttp.ClientSession, who: str) -> None:
        client = await self._enter(session, who)
        if client is None:
            return
        for row in await client.call("auth/refresh_tokens"):
            if row["id"] not in self._first_tokens:
                with suppress(AssertionError):
                    await client.call("auth/delete_refresh_token", refresh_token_id=row["id"])
        await client.socket.close()


async def fuzz(
    folder: Path, *, seed: int, limits: Limits, plugins: Iterable[str] = (), more: Mapping[str, Keys] | None = None
) -> Found:
    """Everything, against a furnished hub of its own."""
    letters = random.Random(seed)
    own, secret = ("".join(letters.choices("bcdfghjklmnpqrstvwxz", k=12)) for _ in range(2))
    found = Found(seed, secret, own)
    hub = prepare(folder, found, plugins)
    await hub.start()
    try:
        house = House(hub, {OWNER: await asyncio.to_thread(hub.token)})
        house.tokens[RESIDENT] = await asyncio.to_thread(resident, hub)
        first = _pid(hub)
        await Fuzzer(house, found, limits, more or {}).run()
        log = (folder / "output.log").read_text(encoding="utf-8")
        found.read_log(log)
        if _pid(hub) != first:
            found.add("the hub ended and was started again", "")
        found.judge_memory()
        return found
    finally:
        hub.kill(signal.SIGTERM)


def _id(row: Mapping[str, Any], key: str) -> Any:
    return row[key] if key in row else row["id"]


def _pid(hub: HubProcess) -> int | None:
    """None: it is being started again."""
    try:
        return hub_pid(hub)
    except LookupError:
        return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-soak-"))
    print(f"seed {given.seed}, folder {folder}", flush=True)
    began = time.perf_counter()
    found = asyncio.run(fuzz(folder / "hub", seed=given.seed, limits=Limits(requests=given.requests)))
    print(found.line(), f"in {time.perf_counter() - began:.0f} s", *found.findings, sep="\n", flush=True)
    return 1 if found.findings else 0


if __name__ == "__main__":
    sys.exit(main())
