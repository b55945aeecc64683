"""What three users who ask for as much as they may cost a fourth: his pings meanwhile (SAFETY 25 allows 50 ms).

    HUB_TOKEN=… python heavy_users.py URL DATA SCALE REPEAT

Each asks again and again for the past of all entities, and has templates rendered: one over all entities, and two that
only end at their limits. They are residents of three flats, since flats take turns, made as ``residents.py`` makes
its own.
"""

import asyncio
import json
import os
import statistics
import sys
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bad_templates import BAD, Client, pings, quantile
from residents import tokens_of_residents

USERS: Final = 3
FOR_S: Final = 20.0
LEAST_S: Final = 4.0
MOST_ENTITIES: Final = 300
"""In one question, whose address they stand in."""
TEMPLATES: Final = (BAD["all entities"], BAD["two nested ranges"], BAD["a pattern that backtracks"])


async def ask_for_the_past(client: aiohttp.ClientSession, url: str, over: asyncio.Event, answers: Counter[str]) -> None:
    """Again and again, until it is over; ``answers`` counts what came back."""
    async with client.get(f"{url}/api/states") as seen:
        names = [state["entity_id"] for state in await seen.json()]
    wanted = {"filter_entity_id": ",".join(names[:MOST_ENTITIES])}
    while not over.is_set():
        async with client.get(f"{url}/api/history/period/2000-01-01T00:00:00+00:00", params=wanted) as past:
            await past.read()
            answers[f"history {past.status}"] += 1


async def have_rendered(ws: aiohttp.ClientWebSocketResponse, over: asyncio.Event, answers: Counter[str]) -> None:
    """The same with each template in turn, as a client does that shows it."""
    for id, template in enumerate(cycle(TEMPLATES), 1):
        if over.is_set():
            return
        message = {"id": 2 * id, "type": "render_template", "template": template, "report_errors": True}
        await ws.send_json(message)
        answer = await ws.receive_json()
        if answer.get("success"):
            answer = await ws.receive_json()
            await ws.send_json({"id": 2 * id + 1, "type": "unsubscribe_events", "subscription": 2 * id})
            while (await ws.receive_json()).get("id") != 2 * id + 1:
                pass
        answers["rendered" if "result" in answer.get("event", {}) else "ended at a limit"] += 1


async def ask(url: str, token: str, over: asyncio.Event, answers: Counter[str]) -> None:
    """One user, who does both at once."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        ws = await Client(client, url).socket(token)
        async with asyncio.TaskGroup() as group:
            group.create_task(ask_for_the_past(client, url, over, answers))
            group.create_task(have_rendered(ws, over, answers))
        await ws.close()


async def measured(url: str, mine: str, theirs: list[str], seconds: float) -> dict[str, Any]:
    """One round."""
    over, answers = asyncio.Event(), Counter[str]()
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        ws = await Client(session, url).socket(mine)
        for token in theirs:
            group.create_task(ask(url, token, over, answers))
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        took = await pings(ws, lambda: loop.time() > end, 1)
        over.set()
        await ws.close()
    if not (answers["history 200"] and answers["rendered"] and answers["ended at a limit"]):
        raise SystemExit(f"nobody was kept busy: {dict(answers)}")
    print(f"three users: {dict(answers)}, {len(took)} pings", file=sys.stderr)
    return {"ping_p50_ms": quantile(took, 0.5), "ping_p99_ms": quantile(took, 0.99), "ping_max_ms": max(took)}


def main() -> None:
    url, data, scale, repeat = sys.argv[1:]
    theirs = tokens_of_residents(Path(data), "heavy", USERS)
    seconds = max(LEAST_S, FOR_S * float(scale))
    runs = [asyncio.run(measured(url, os.environ["HUB_TOKEN"], theirs, seconds)) for _ in range(int(repeat))]
    print(json.dumps({name: statistics.median(run[name] for run in runs) for name in runs[0]}))


if __name__ == "__main__":
    main()
