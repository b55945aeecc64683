"""What a change of state that no rule watches costs more where a home has a thousand rules: CPU microseconds.

    python rules_idle.py CHANGES

Two whole hubs in this process, one without rules and one with 1 000 of the usual kinds (state, number, time, event,
template), each about entities of its own. The changes are of others. Turns alternate, and the least of each counts: a
disturbance only ever adds.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import yaml

from linli.clock import RealClock
from linli.hub import Hub
from linli.testing.hub import Deployment, running_hub

RULES: Final = 1_000
TURNS: Final = 9
ENTITIES: Final = 100


def triggers(number: int) -> list[dict[str, Any]]:
    """One trigger of one of the kinds."""
    own = f"sensor.watched_{number}"
    kinds: list[dict[str, Any]] = [
        {"trigger": "state", "entity_id": own, "to": "on", "for": 60},
        {"trigger": "numeric_state", "entity_id": own, "above": 20},
        {"trigger": "time", "at": "03:00:00"},
        {"trigger": "event", "event_type": f"watched_{number}"},
        {"trigger": "template", "value_template": f"{{{{ states('{own}') == 'on' }}}}"},
    ]
    return [kinds[number % len(kinds)]]


def deployment(folder: Path, rules: int) -> Deployment:
    """A home with so many rules."""
    listed = [
        {"id": f"r{number}", "alias": f"Rule {number}", "triggers": triggers(number), "actions": [{"delay": 1}]}
        for number in range(rules)
    ]
    whole = {"linli": {"time_zone": "UTC", "latitude": 52.0, "longitude": 4.0}, "home": {}, "automation": listed}
    return Deployment(folder, yaml.safe_dump(whole, sort_keys=False))


@contextlib.asynccontextmanager
async def home(folder: Path, rules: int) -> AsyncIterator[Hub]:
    """It runs, and its rules follow their triggers."""
    async with running_hub(deployment(folder, rules), clock=RealClock(), encoded=False) as hub:
        for _ in range(1000):
            if sum(state.domain == "automation" for state in hub.rooms.states.all()) >= rules:
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(1)
        assert sum(state.state == "on" for state in hub.rooms.states.all() if state.domain == "automation") == rules
        yield hub


def turn(hub: Hub, changes: int, start: int) -> float:
    """CPU microseconds of one change."""
    states = hub.rooms.states
    slots = [states.slot(f"sensor.unwatched_{number}") for number in range(ENTITIES)]  # type: ignore[arg-type]  # an id
    values = [str(start + number) for number in range(changes)]
    began = time.process_time()
    for number, value in enumerate(values):
        states.write(slots[number % ENTITIES], value, {"unit_of_measurement": "W"})
    return (time.process_time() - began) / changes * 1e6


async def measured(changes: int) -> dict[str, float]:
    """The figures."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        async with home(Path(one), 0) as without, home(Path(other), RULES) as within:
            each: dict[str, list[float]] = {"without_us": [], "with_1000_us": []}
            for number in range(TURNS):
                each["without_us"].append(turn(without, changes, number * changes))
                each["with_1000_us"].append(turn(within, changes, number * changes))
                await asyncio.sleep(0)
    best = {name: min(found) for name, found in each.items()}
    return {**best, "more_us": best["with_1000_us"] - best["without_us"]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured(int(sys.argv[1])))))
