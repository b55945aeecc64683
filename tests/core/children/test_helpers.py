"""Helper processes of a plugin (``ctx.child``): kept running, counted, and gone with the entry."""

import asyncio
from pathlib import Path
from typing import Any

from linli.clock import SimulatedClock
from linli.hub import Hub
from linli.testing import Deployment, running_hub

TARGETS = Path(__file__).parents[1] / "process"
SOURCE = '''
    """Helped: has a process that gives back what it is sent."""
    import os
    from pathlib import Path

    from linli import Manifest, SupportsResponse, hookimpl

    MANIFEST = Manifest(domain="helped", layer="network")

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        answers = []

        async def serve(child):
            await child.pipe.send(b"hello")
            answers.append((await child.pipe.receive()).decode())
            await child.pipe.receive()

        kept = ctx.child("echo", "targets:echo", serve, folders=[Path(TARGETS)])

        def tell(call):
            return {"answers": list(answers), "pid": None if kept.child is None else kept.child.pid}

        ctx.services.register("helped", "tell", tell, response=SupportsResponse.ONLY)
        ctx.services.register("helped", "hurt", lambda call: os.kill(kept.child.pid, 9))
'''


async def told(hub: Hub, answers: int) -> Any:
    async with asyncio.timeout(10):
        while True:
            found: Any = await hub.rooms.services.call("helped", "tell", return_response=True)
            if len(found["answers"]) >= answers:
                return found
            await asyncio.sleep(0.02)
            assert isinstance(hub.rooms.clock, SimulatedClock)
            await hub.rooms.clock.forward(seconds=1)


async def test_a_helper_is_kept_running_counted_and_gone_with_the_entry(tmp_path: Path) -> None:
    source = SOURCE.replace("TARGETS", repr(str(TARGETS)))
    home = Deployment(tmp_path, "helped: {}").drop_in("helped", source)
    async with running_hub(home, clock=SimulatedClock()) as hub:
        first = await told(hub, 1)
        await hub.rooms.services.call("helped", "hurt")
        second = await told(hub, 2)
        assert second["answers"] == ["hello", "hello"]
        assert first["pid"] != second["pid"]
        assert b'linli_plugin_child_starts_total{plugin="helped",child="echo"} 2' in hub.rooms.metrics.expose()
        (entry,) = hub.rooms.entries.all("helped")
        await hub.rooms.entries.unload(entry.entry_id)
        assert not Path(f"/proc/{second['pid']}").exists()
        assert b'linli_plugin_child_starts_total{plugin="helped",child="echo"} 2' in hub.rooms.metrics.expose()
