"""A process that starts one child, tells its pid and waits to be killed: ``python parent.py TARGET``."""

import asyncio
import sys
from pathlib import Path

from linli.process import Child


async def main(target: str) -> None:
    child = await Child.start("c", f"targets:{target}", folders=[Path(__file__).parent])
    if target != "echo":
        await child.pipe.receive()
    print(child.pid, flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1]))
