"""State changes in Home Assistant's own process, one tracked listener per entity: CPU microseconds each.

    VENV/bin/python inprocess_ha.py COUNT CHANGES

Run with the Python of a virtual environment that has homeassistant. The twin of ``inprocess_ours.py``.
"""

import asyncio
import json
import logging
import sys
import tempfile
import time

from homeassistant import core
from homeassistant.helpers.event import async_track_state_change_event


async def measured(count: int, changes: int) -> dict[str, float]:
    """The figures of one run."""
    hass = core.HomeAssistant(tempfile.gettempdir())
    entity_ids = [f"sensor.s{i}" for i in range(count)]
    for entity_id in entity_ids:
        hass.states.async_set(entity_id, "0", {"unit_of_measurement": "W"})
    await hass.async_block_till_done()
    heard = 0

    @core.callback
    def on_change(_: object) -> None:
        nonlocal heard
        heard += 1

    async_track_state_change_event(hass, entity_ids, on_change)
    values = [str(i) for i in range(1, changes + 1)]
    began = time.process_time()
    for i, value in enumerate(values):
        hass.states.async_set(entity_ids[i % count], value, {"unit_of_measurement": "W"})
    await hass.async_block_till_done()
    spent = time.process_time() - began
    assert heard == changes
    await hass.async_stop(force=True)
    return {"by_id_us": spent / changes * 1e6}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(asyncio.run(measured(int(sys.argv[1]), int(sys.argv[2])))))
