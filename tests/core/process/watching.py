"""A parent of scripted hubs: ``python watching.py FOLDER TIMINGS``; ``way_back`` in the folder says what there is."""

import json
import sys
from pathlib import Path

from linli.process.parent import Parent, Timings
from linli.process.way_back import WayBack


def way_back() -> WayBack | None:
    try:
        return WayBack((folder / "way_back").read_text() or None)
    except FileNotFoundError:
        return None


folder = Path(sys.argv[1])
parent = Parent(
    "hubs:scripted",
    [str(folder)],
    timings=Timings(**json.loads(sys.argv[2])),
    folders=[str(Path(__file__).parent)],
    way_back=way_back,
)
sys.exit(parent.run())
