"""Processes of linli's own: children that end with the hub, and the pipe between.

    child = await Child.start("thumbs", "linli_camera.thumbs:serve", limits=Limits(memory_mb=200))
    await child.pipe.send(picture)
    small = await child.pipe.receive()

A child ends when its end of the pipe closes, however the hub ended. What it may use is limited before any of its own
code runs. :class:`KeptChild` starts one again that ended, ever more slowly, and counts. Names are imported when they
are asked for: the parent of a hub and the children need few of them.
"""

from typing import TYPE_CHECKING

from linli.later import later

if TYPE_CHECKING:
    from linli.process.child import Child
    from linli.process.kept import KeptChild
    from linli.process.limits import Limits
    from linli.process.pipe import MAX_FRAME, BlockingPipe, Pipe, PipeClosed
else:
    __getattr__ = later(
        __name__,
        {
            "Child": "linli.process.child",
            "KeptChild": "linli.process.kept",
            "Limits": "linli.process.limits",
            "MAX_FRAME": "linli.process.pipe",
            "BlockingPipe": "linli.process.pipe",
            "Pipe": "linli.process.pipe",
            "PipeClosed": "linli.process.pipe",
        },
    )

__all__ = ["MAX_FRAME", "BlockingPipe", "Child", "KeptChild", "Limits", "Pipe", "PipeClosed"]
