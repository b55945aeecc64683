"""Processes of linli's own: children that end with the hub, and the pipe between.

    child = await Child.start("thumbs", "linli_camera.thumbs:serve", limits=Limits(memory_mb=200))
    await child.pipe.send(picture)
    small = await child.pipe.receive()

A child ends when its end of the pipe closes, however the hub ended. What it may use is limited before any of its own
code runs. :class:`KeptChild` starts one again that ended, ever more slowly, and counts.
"""

from linli.process.child import Child
from linli.process.kept import KeptChild
from linli.process.limits import Limits
from linli.process.pipe import MAX_FRAME, BlockingPipe, Pipe, PipeClosed

__all__ = ["MAX_FRAME", "BlockingPipe", "Child", "KeptChild", "Limits", "Pipe", "PipeClosed"]
