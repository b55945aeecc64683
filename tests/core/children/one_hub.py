"""A hub that tells the process of its lamp and runs until it is killed."""

import asyncio
import sys
from pathlib import Path

from linli.config import check, load
from linli.hub import Hub
from linli.ids import PluginDomain
from linli.plugin.catalog import PluginCatalog


async def main(folder: str, data: str) -> None:
    hub = await Hub.build(check(load(Path(folder)), PluginCatalog(Path(folder) / "plugins")), Path(data))
    await hub.start()
    sys.stdout.write(f"{hub.rooms.children.pid(PluginDomain('lamp'))}\n")
    sys.stdout.flush()
    await hub.exit_code


asyncio.run(main(*sys.argv[1:]))
