"""Every hole that a fuzz run must find, planted: by command and by address."""

import asyncio
import os
import time
import traceback
from pathlib import Path

import voluptuous as vol

from linli import Manifest, Response, hookimpl
from linli import schema as sv

MANIFEST = Manifest(domain="holes", layer="application")
CONFIG = vol.Schema({vol.Required("folder", description="Where it is asked to end, and noted that it did"): sv.string})
HELD_S = 0.8
HOLDS = 3
"""So often does it hold the loop: the other holes shall be met too."""


@hookimpl
async def linli_setup_entry(ctx, entry):
    may_end, ended = (Path(entry.data["folder"]) / name for name in ("may_end", "ended"))
    held = []

    def raises():
        return {}["nothing"]

    def leaks():
        try:
            raises()
        except KeyError:
            return {"error": traceback.format_exc()}

    def echoes():
        return [state.as_dict() for state in ctx.states.all()]

    def holds():
        if len(held) < HOLDS:
            held.append(True)
            time.sleep(HELD_S)

    def ends():
        if may_end.exists() and not ended.exists():
            ended.touch()
            os._exit(3)

    async def hangs():
        await asyncio.get_running_loop().create_future()

    for hole in (raises, leaks, echoes, holds, ends, hangs):
        _plant(ctx, hole)


def _plant(ctx, hole):
    async def answered():
        found = hole()
        return await found if asyncio.iscoroutine(found) else found

    async def command(call):
        return await answered()

    async def address(request):
        return Response.json(await answered())

    ctx.commands.add(f"holes/{hole.__name__}", command)
    ctx.routes.add("GET", f"/api/holes/{hole.__name__}", address)
