"""What a plugin in a process of its own costs: start, memory, a question each way, events, readings.

.venv/bin/python tests/benchmarks/child.py [ROUNDS]
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from linli.clock import RealClock
from linli.hub import Hub
from linli.ids import PluginDomain
from linli.testing import Deployment, running_hub

SOURCE = '''
    """Priced: answers, asks, writes."""
    import statistics
    import time
    from dataclasses import dataclass
    from typing import ClassVar

    from linli import NO_ATTRIBUTES, Capabilities, EntityDescription, Manifest, SupportsResponse, hookimpl

    MANIFEST = Manifest(
        domain="priced", layer="perception",
        capabilities=Capabilities(entities=("sensor",), calls=("priced.nothing",), listens=("priced_in",)),
    )

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Reading(EntityDescription[int]):
        domain: ClassVar[str] = "sensor"

        def render(self, reading):
            return str(reading), NO_ATTRIBUTES

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        handle = ctx.entities.add(Reading(unique_id="r", name="Reading"))
        heard = 0

        def hear(event):
            nonlocal heard
            heard += 1

        ctx.bus.listen("priced_in", hear)

        async def asks(call):
            took = []
            for _ in range(call.data["rounds"]):
                began = time.perf_counter()
                await ctx.documents.load("nothing")
                took.append(time.perf_counter() - began)
            return {"p50": statistics.median(took)}

        async def at_once(call):
            took = []
            for _ in range(call.data["rounds"]):
                began = time.perf_counter()
                ctx.metrics.counter("linli_priced_things_total", "Things")
                took.append(time.perf_counter() - began)
            return {"p50": statistics.median(took)}

        def write(call):
            for number in range(call.data["rounds"]):
                handle.write(number)

        ctx.services.register("priced", "nothing", lambda call: None)
        for function in (asks, at_once):
            ctx.services.register(
                "priced", function.__name__, function, schema={"rounds": int}, response=SupportsResponse.ONLY
            )
        ctx.services.register("priced", "write", write, schema={"rounds": int})
        ctx.services.register(
            "priced", "heard", lambda call: {"heard": heard}, response=SupportsResponse.ONLY
        )
'''


async def measured(hub: Hub, rounds: int) -> dict[str, float]:
    """Microseconds each, but for what says otherwise."""
    call = hub.rooms.services.call
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call("priced", "nothing")
        took.append(time.perf_counter() - began)
    found = {"hub asks, p50 (µs)": statistics.median(took) * 1e6}
    for name in ("asks", "at_once"):
        answer: Any = await call("priced", name, {"rounds": rounds}, return_response=True)
        found[f"plugin {name}, p50 (µs)"] = answer["p50"] * 1e6
    cpu, began = time.process_time(), time.perf_counter()
    writes = rounds * 10
    before = hub.rooms.states.writes
    await call("priced", "write", {"rounds": writes})
    while hub.rooms.states.writes < before + writes - 1:
        await asyncio.sleep(0.001)
    found["a reading, hub's CPU (µs)"] = (time.process_time() - cpu) / writes * 1e6
    found["a reading, in all (µs)"] = (time.perf_counter() - began) / writes * 1e6
    cpu, began = time.process_time(), time.perf_counter()
    for number in range(writes):
        hub.rooms.bus.fire("priced_in", {"number": number})
    heard: Any = {"heard": 0}
    while heard["heard"] < writes:
        heard = await call("priced", "heard", return_response=True)
    found["an event heard, hub's CPU (µs)"] = (time.process_time() - cpu) / writes * 1e6
    return found


async def main(rounds: int) -> None:
    for way, section in {"in the hub": "", "apart": ", children: [priced]", "not trusted": None}.items():
        with tempfile.TemporaryDirectory() as folder:
            linli = "packs: []" if section is None else f"trusted: [priced]{section}"
            home = Deployment(Path(folder), f"linli: {{{linli}}}\npriced: {{}}").drop_in("priced", SOURCE)
            began = time.perf_counter()
            async with running_hub(home, clock=RealClock(), encoded=False) as hub:
                tell(way, "hub started (s)", time.perf_counter() - began)
                for name, value in (await measured(hub, rounds)).items():
                    tell(way, name, value)
                pid = hub.rooms.children.pid(PluginDomain("priced"))
                if pid is not None:
                    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                    tell(way, "memory of the process (MB)", pages * os.sysconf("SC_PAGESIZE") / 1e6)


def tell(way: str, name: str, value: float) -> None:
    sys.stdout.write(f"{way:12} {name:36} {value:10.2f}\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
