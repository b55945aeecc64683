"""Send a hub what no client should: every address and every command, with values that do not fit, and broken frames.

    python tests/soak/fuzz.py --requests 1000000 --seed 7

Meanwhile another connection sends pings. A finding is an answer of 500 or ``unknown_error``, a traceback in the log, a
hub that ended, memory that grew, or a ping that stayed without an answer.
"""

import argparse
import asyncio
import io
import json
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from scenarios.processes import Client, HubProcess  # noqa: E402
from soak.house import KINDS  # noqa: E402
from soak.rss import hub_rss_mb  # noqa: E402

LIMITS: Final = ", ip_ban_enabled: false, limits: {requests_per_second: 100000, anonymous_per_second: 100000}"
BATCH: Final = 40
REST_WORKERS: Final = 3
MAY_GROW_MB: Final = 40.0
PONG_WITHIN_S: Final = 5.0
LEFT_OUT: Final = frozenset({"auth/delete_all_refresh_tokens"})
"""It would end the token that asks."""
WORDS: Final = (
    "a",
    "light",
    "turn_on",
    "sensor.x",
    "light.kitchen",
    "系统",
    "é",
    "",
    " ",
    "None",
    "0",
    "mdi:home",
    "normal",
    "2024-01-01",
    "{{ states | count }}",
    "{% for",
    "//x",
    "../../etc/passwd",
    "%00",
    "<script>",
    "' OR 1=1 --",
)
ODD: Final[tuple[Callable[[random.Random], Any], ...]] = (
    lambda chance: None,
    lambda chance: chance.random() < 0.5,
    lambda chance: chance.choice((0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**300)),
    lambda chance: chance.choice((0.1, -0.0, 1e308, 5e-324)),
    lambda chance: chance.choice(WORDS),
    lambda chance: "x" * chance.choice((1, 64, 300, 20_000)),
    lambda chance: "".join(chr(chance.randrange(0xD800)) for _ in range(chance.randrange(12))),
    lambda chance: [],
    lambda chance: {},
    lambda chance: [chance.choice(WORDS), None, 1],
    lambda chance: {
        chance.choice(WORDS): chance.choice(WORDS),
        "entity_id": chance.choice((None, [1], "all", "light.x")),
    },
    lambda chance: deep(chance.choice((5, 60))),
)
BODY_KEYS: Final = (
    *("state", "attributes", "force_update", "template", "variables", "entity_id", "domain", "name", "handler"),
    *("client_id", "redirect_uri", "grant_type", "refresh_token", "token", "code", "secret", "password", "flow_id"),
)
BROKEN: Final = (
    b"", b"{", b"null", b"[]", b"5", b'"x"', b"\xff\xfe", b'{"id": 1', b'{"id": "1", "type": "ping"}', b"[" * 20_000,
    b'{"a":' * 20_000, b'{"state": "\xed\xa0\x80"}', b'{"state": "\\ud800"}', b'{"id": 1e400}', b"NaN", b"\x00" * 50,
    b'{"type": "ping"}', b'{"id": -1, "type": "ping"}', b'{"id": 99999999999999999999, "type": "ping"}',
)  # fmt: skip


def deep(depth: int) -> Any:
    """A list in a list in a list …"""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def commands() -> dict[str, list[tuple[str, str, bool]]]:
    """Every command of the reference with its keys: name, what it takes, whether it is required."""
    text = (ROOT / "docs/reference/websocket.md").read_text(encoding="utf-8")
    found: dict[str, list[tuple[str, str, bool]]] = {
        name: [] for name in re.findall(r"^\| `([\w/]+)` \| (?:users|administrators) ", text, re.MULTILINE)
    }
    for section in text.split("\n## ")[1:]:
        rows = re.findall(r"^\| `([\w]+)` \| (.*?) \| (\w[^|]*?) \|", section, re.MULTILINE)
        found[section.split("\n", 1)[0]] = [(key, takes, required == "yes") for key, takes, required in rows]
    return {name: keys for name, keys in found.items() if name not in LEFT_OUT}


def fitting(takes: str, chance: random.Random) -> Any:
    """A value that the reference allows, mostly."""
    if takes.startswith("one of "):
        return chance.choice(takes.removeprefix("one of ").split(", "))
    if takes.startswith(("text", "``")) or "entity id" in takes:
        return chance.choice(WORDS)
    if takes.startswith("true"):
        return chance.random() < 0.5
    if "number" in takes:
        return chance.choice((0, 1, 5))
    if "list" in takes:
        return [chance.choice(WORDS)]
    return {"entity_id": chance.choice(WORDS)}


@dataclass
class Found:
    """What came of it."""

    seed: int
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    pings: list[float] = field(default_factory=list)
    before_mb: float = 0.0
    after_mb: float = 0.0
    findings: list[str] = field(default_factory=list)

    def line(self) -> str:
        pings = sorted(self.pings) or [0.0]
        late, latest = pings[len(pings) * 99 // 100] * 1000, pings[-1] * 1000
        return (
            f"seed {self.seed}: {self.sent} requests and frames, "
            f"pings p99 {late:.0f} ms and at most {latest:.0f} ms of {len(pings)}, "
            f"memory {self.before_mb:.0f} → {self.after_mb:.0f} MB, "
            f"{len(self.findings)} findings; {dict(self.answers.most_common())}"
        )


class Fuzzer:
    """One hub, and everything that is sent to it."""

    def __init__(self, hub: HubProcess, token: str, seed: int, requests: int, seconds: float) -> None:
        self.found = Found(seed)
        self._hub = hub
        self._token = token
        self._chance = random.Random(seed)
        self._requests = requests
        self._ends = time.perf_counter() + seconds

    def _more(self) -> bool:
        found = self.found
        return found.sent < self._requests and time.perf_counter() < self._ends and len(found.findings) < 20

    def _note(self, answer: str, sent: Any, bad: bool) -> None:
        self.found.answers[answer] += 1
        if bad:
            self.found.findings.append(f"{answer}: {sent!r}"[:600])

    async def run(self) -> Found:
        async with aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {self._token}"}
            async with session.get(f"{self._hub.url}/api/linli/openapi.json", headers=headers) as answer:
                paths = (await answer.json())["paths"]
            addresses = [(method, path) for path, methods in paths.items() for method in methods]
            work = [asyncio.create_task(self._rest(session, addresses)) for _ in range(REST_WORKERS)]
            work += [asyncio.create_task(self._frames(session)), asyncio.create_task(self._watch_memory())]
            pings = asyncio.create_task(self._ping(session))
            await asyncio.gather(*work)
            pings.cancel()
            with suppress(asyncio.CancelledError):
                await pings
            await self._sweep(session)
        self.found.after_mb = hub_rss_mb(self._hub)
        if self.found.after_mb > self.found.before_mb + MAY_GROW_MB:
            self.found.findings.append(f"memory grew: {self.found.before_mb:.0f} → {self.found.after_mb:.0f} MB")
        log = (self._hub.folder / "output.log").read_text(encoding="utf-8")
        self.found.findings += [said[:1500] for said in log.split("\n20") if "Traceback" in said]
        if "it is started again" in log:
            self.found.findings.append("the hub ended and was started again")
        return self.found

    async def _rest(self, session: aiohttp.ClientSession, addresses: list[tuple[str, str]]) -> None:
        chance = self._chance
        while self._more():
            method, path = chance.choice(addresses)
            path = re.sub(r"\{(\w+)\}", lambda _: chance.choice((*WORDS, "x" * 300)) or "y", path)
            headers = {} if chance.random() < 0.1 else {"Authorization": f"Bearer {self._token}"}
            body = None if method in ("get", "delete") else self._body()
            query = {chance.choice(WORDS) or "q": chance.choice(WORDS)} if chance.random() < 0.3 else None
            self.found.sent += 1
            try:
                async with session.request(
                    method,
                    self._hub.url + path,
                    params=query,
                    data=None if body is None else io.BytesIO(body),
                    headers=headers,
                    allow_redirects=False,
                ) as answer:
                    bad = answer.status >= 500 and answer.status != 503
                    self._note(str(answer.status), (method, path, query, (body or b"")[:200]), bad)
                    if not path.endswith("/stream"):
                        await answer.read()
            except (aiohttp.ClientError, ValueError) as error:
                self._note(type(error).__name__, path, bad=False)

    def _body(self) -> bytes:
        chance = self._chance
        if chance.random() < 0.3:
            return chance.choice(BROKEN)
        if chance.random() < 0.005:
            return b'{"state": "' + b"x" * (3 << 20) + b'"}'
        return json.dumps({key: self._odd() for key in chance.sample(BODY_KEYS, chance.randrange(6))}).encode()

    def _odd(self) -> Any:
        return self._chance.choice(ODD)(self._chance)

    async def _frames(self, session: aiohttp.ClientSession) -> None:
        known = commands()
        names = sorted(known)
        round_number = 0
        while self._more():
            with suppress(aiohttp.ClientError, ConnectionError, TypeError, AssertionError):
                client = await Client.enter(session, self._hub, self._token)
                for _ in range(4):
                    await self._batch(client, known, names)
            await client.socket.close()
            round_number += 1
            if round_number % 20 == 0:
                await self._sweep(session)

    async def _batch(self, client: Client, known: dict[str, list[tuple[str, str, bool]]], names: list[str]) -> None:
        chance, sent = self._chance, {}
        for _ in range(BATCH):
            self.found.sent += 1
            if chance.random() < 0.01:
                await self._break(client)
                return
            name = chance.choice(names)
            message = {"id": client.next_id(), "type": name}
            for key, takes, required in known[name]:
                if (required and chance.random() < 0.9) or chance.random() < 0.4:
                    message[key] = fitting(takes, chance) if chance.random() < 0.7 else self._odd()
            if chance.random() < 0.05:
                message[chance.choice(WORDS)] = self._odd()
            message["type"] = name
            sent[message["id"]] = message
            await client.socket.send_str(json.dumps(message))
        last = client.next_id()
        await client.socket.send_json({"id": last, "type": "ping"})
        async with asyncio.timeout(30):
            while True:
                frame = json.loads((await client.socket.receive()).data)
                for answer in frame if isinstance(frame, list) else [frame]:
                    if answer["type"] == "pong" and answer["id"] == last:
                        return
                    if answer["type"] == "result":
                        code = "success" if answer["success"] else answer["error"]["code"]
                        self._note(code, sent.get(answer["id"]), code == "unknown_error")

    async def _break(self, client: Client) -> None:
        """A frame that is no message; the hub may close the connection."""
        frame = self._chance.choice(BROKEN)
        kind = self._chance.choice((aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY))
        await client.socket.send_frame(frame, kind)
        self.found.answers["broken frame"] += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.socket.receive()

    async def _ping(self, session: aiohttp.ClientSession) -> None:
        client = await Client.enter(session, self._hub, self._token)
        while True:
            began = time.perf_counter()
            try:
                async with asyncio.timeout(PONG_WITHIN_S):
                    await client.call("ping")
            except TimeoutError:
                self.found.findings.append(f"a ping had no answer within {PONG_WITHIN_S:g} s")
            self.found.pings.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)

    async def _watch_memory(self) -> None:
        """What a hub that has met everything once needs is where growth is counted from."""
        warm_at = min(self._requests, 100_000) // 4
        began, whole = time.perf_counter(), self._ends - time.perf_counter()
        told = 0
        while self._more():
            if self.found.before_mb == 0.0 and (self.found.sent > warm_at or time.perf_counter() - began > whole / 3):
                self.found.before_mb = hub_rss_mb(self._hub)
            if self.found.sent // 50_000 > told:
                told = self.found.sent // 50_000
                self.found.after_mb = hub_rss_mb(self._hub)
                print(self.found.line(), flush=True)
            await asyncio.sleep(0.2)

    async def _sweep(self, session: aiohttp.ClientSession) -> None:
        """Take away what happened to be made, so that only what leaks stays."""
        client = await Client.enter(session, self._hub, self._token)
        with suppress(AssertionError):  # somebody else took it away meanwhile
            for kind in KINDS:
                for key, name in (await kind.listed(client)).items():
                    if name != "owner":
                        await client.call(f"{kind.command}/delete", **{kind.key: key})
            for row in await client.call("auth/refresh_tokens"):
                if row["client_name"] in WORDS:
                    await client.call("auth/delete_refresh_token", refresh_token_id=row["id"])
        await client.socket.close()


async def fuzz(folder: Path, *, seed: int, requests: int = 10**9, seconds: float = 10**9) -> Found:
    """At most so many, or so long, against a furnished hub of its own."""
    hub = HubProcess(folder)
    hub.write_deployment("demo: {}\n")
    text = (folder / "linli.yaml").read_text(encoding="utf-8")
    text = text.replace("linli: {", "linli: {packs: [household], ").replace(
        f"port: {hub.port}", f"port: {hub.port}{LIMITS}"
    )
    (folder / "linli.yaml").write_text(text, encoding="utf-8")
    await hub.start()
    try:
        token = await asyncio.to_thread(hub.token)
        return await Fuzzer(hub, token, seed, requests, seconds).run()
    finally:
        hub.kill(signal.SIGTERM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-soak-"))
    print(f"seed {given.seed}, folder {folder}", flush=True)
    began = time.perf_counter()
    found = asyncio.run(fuzz(folder / "hub", seed=given.seed, requests=given.requests))
    print(found.line(), f"in {time.perf_counter() - began:.0f} s", *found.findings, sep="\n", flush=True)
    return 1 if found.findings else 0


if __name__ == "__main__":
    sys.exit(main())
