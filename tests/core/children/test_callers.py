"""What fails in a plugin's own process is on the account of whoever brought it about, as in the hub's."""

import asyncio
from pathlib import Path

import pytest

from linli.auth import COMMAND_ACTOR
from linli.callers import on_account_of
from linli.clock import SimulatedClock
from linli.context import Context
from linli.errors import HandlerFailed
from linli.ids import PluginDomain
from linli.plugin.overview import PluginState
from linli.testing import Deployment, running_hub

LAMP = PluginDomain("lamp")
SOURCE = '''
    """Lamp: falls over whenever it hears or is asked."""
    from linli import Capabilities, Manifest, hookimpl

    MANIFEST = Manifest(domain="lamp", layer="perception", capabilities=Capabilities(listens=("lamp_news",)))

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        def fall(event):
            raise RuntimeError("ouch")

        ctx.bus.listen("lamp_news", fall)
        ctx.services.register("lamp", "fall", fall)
'''


async def test_one_user_puts_no_plugin_out_that_has_a_process_of_its_own(tmp_path: Path) -> None:
    yaml = "linli: {trusted: [lamp], children: [lamp]}\nlamp: {}"
    async with running_hub(Deployment(tmp_path, yaml).drop_in("lamp", SOURCE)) as hub:
        clock, account = hub.rooms.clock, hub.rooms.ledger.account(LAMP)
        assert isinstance(clock, SimulatedClock)

        async def charged(times: int) -> PluginState:
            async with asyncio.timeout(10):
                while account.counts.get("error", 0) < times:
                    await clock.settle()
                    await asyncio.sleep(0.01)
            await clock.settle()
            status = hub.rooms.overview.get(LAMP)
            assert status is not None
            return status.state

        user = (await hub.rooms.auth.users.create("li", role="admin", actor=COMMAND_ACTOR)).id
        for _ in range(3):
            with on_account_of(user):
                hub.rooms.bus.fire("lamp_news")
            with pytest.raises(HandlerFailed):
                await hub.rooms.services.call("lamp", "fall", context=Context(user))
        assert await charged(6) is PluginState.RUNNING
        hub.rooms.bus.fire("lamp_news")
        assert await charged(7) is PluginState.RUNNING
        hub.rooms.bus.fire("lamp_news")
        await charged(8)
        async with asyncio.timeout(10):
            while await charged(8) is not PluginState.QUARANTINED:
                await asyncio.sleep(0.01)
