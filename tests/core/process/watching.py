"""A parent of scripted hubs: ``python watching.py FOLDER TIMINGS``; ``way_back`` in the folder says what there is."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import linli.process.parent
from linli.process.hub_process import HubProcess
from linli.process.parent import Parent, Timings
from linli.process.way_back import WayBack


def way_back() -> WayBack | None:
    try:
        return WayBack((folder / "way_back").read_text() or None)
    except FileNotFoundError:
        return None


class Slow(HubProcess):
    """One whose process is there only after a while, as on a busy machine."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        (folder / "being_started").touch()
        time.sleep(float(sys.argv[3]))


linli.process.parent.HubProcess = Slow  # type: ignore[misc]  # no argument of the parent's: only a moment is stretched
folder = Path(sys.argv[1])
parent = Parent(
    "hubs:scripted",
    [str(folder)],
    timings=Timings(**json.loads(sys.argv[2])),
    folders=[str(Path(__file__).parent), *sys.path],
    way_back=way_back,
)
sys.exit(parent.run())
