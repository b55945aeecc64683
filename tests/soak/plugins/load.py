"""Sensors whose readings come at a steady rate, as from an integration with very many devices."""

from dataclasses import dataclass
from typing import ClassVar

import voluptuous as vol

from linli import Capabilities, EntityDescription, Manifest, hookimpl

MANIFEST = Manifest(domain="load", layer="perception", capabilities=Capabilities(entities=("sensor",)))
CONFIG = vol.Schema(
    {
        vol.Required("entities", description="How many there are; they take turns"): int,
        vol.Required("per_second", description="Readings in a second, of all together"): int,
    }
)
TURN_S = 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class Power(EntityDescription[int]):
    domain: ClassVar[str] = "sensor"

    def render(self, reading):
        return str(reading), {"unit_of_measurement": "W", "counted": reading}


@hookimpl
async def linli_setup_entry(ctx, entry):
    handles = [
        ctx.entities.add(Power(unique_id=f"load {number}", name=f"Load {number}"))
        for number in range(entry.data["entities"])
    ]
    ctx.spawn(_write(ctx.clock, handles, entry.data["per_second"]), name="write")


async def _write(clock, handles, per_second):
    """Each at its time: what a busy machine held up follows at once, a second of it at most."""
    began, written = clock.monotonic(), 0
    while True:
        due = int((clock.monotonic() - began) * per_second)
        if due - written > per_second:
            began += (due - written - per_second) / per_second
            due = written + per_second
        for number in range(written, due):
            handles[number % len(handles)].write(number)
        written = due
        await clock.sleep(TURN_S)
