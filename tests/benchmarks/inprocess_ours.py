"""State changes in linli's own process, one listener of one entity and one of all: CPU microseconds each.

    python inprocess_ours.py COUNT CHANGES

The twin of ``inprocess_ha.py``: the same ids, values and attributes, the same number of listeners.
"""

import json
import sys
import time
from typing import Any

from linli.bus import EventBus
from linli.clock import RealClock
from linli.ledger import Ledger
from linli.states import StateStore


def measured(count: int, changes: int) -> dict[str, float]:
    """The figures of one run."""
    clock = RealClock()
    ledger = Ledger(clock)
    bus = EventBus(clock, ledger)
    states = StateStore(clock, bus, ledger)
    entity_ids: list[Any] = [f"sensor.s{i}" for i in range(count)]
    for entity_id in entity_ids:
        states.set(entity_id, "0", {"unit_of_measurement": "W"})
    slots = [states.slot(entity_id) for entity_id in entity_ids]
    heard = 0

    def on_change(_: Any) -> None:
        nonlocal heard
        heard += 1

    states.track(entity_ids, on_change)
    values = [str(i) for i in range(1, changes + 1)]
    began = time.process_time()
    for i, value in enumerate(values):
        states.write(slots[i % count], value, {"unit_of_measurement": "W"})
    by_handle = time.process_time() - began
    assert heard == changes
    began = time.process_time()
    for i, value in enumerate(values):
        states.set(entity_ids[i % count], "x" + value, {"unit_of_measurement": "W"})
    by_id = time.process_time() - began
    assert heard == 2 * changes
    return {"by_handle_us": by_handle / changes * 1e6, "by_id_us": by_id / changes * 1e6}


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]), int(sys.argv[2]))))
