"""A home that somebody else recorded, through recorder and automations: what is kept is what the file says.

Everything expected is computed here from the file, by other code than the hub's. Three days are played;
LINLI_RECORDED_DAYS=14 plays all of them.
"""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linli import Context, loads
from linli.bus import EventType
from linli.clock import SimulatedClock
from linli.testing import Deployment, running_hub
from linli_recorder.api import Form, Period, RecorderApi, StatesAsked, StatisticsApi, StatisticsAsked

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "homes" / "OrdonezA_Sensors.txt"
DAYS = int(os.environ.get("LINLI_RECORDED_DAYS", "3"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGIN = datetime(2011, 11, 28, tzinfo=UTC)
END = BEGIN + DAYS * DAY
NUMBER = {"state_class": "measurement"}
COUNT = {"state_class": "total_increasing"}
BED = "binary_sensor.bedroom_bed"

Span = tuple[datetime, datetime]


def spans() -> dict[str, list[Span]]:
    """By entity: from when to when each sensor was on. A line that ends before it starts or goes back says nothing."""
    found: dict[str, list[Span]] = {}
    latest = datetime.min.replace(tzinfo=UTC)
    for line in DATA.read_text(encoding="utf-8").splitlines()[2:]:
        start_text, end_text, location, _, place = (part.strip() for part in line.split("\t") if part.strip())
        start, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start_text, end_text))
        if end < start or start < latest:
            continue
        latest = start
        of_one = found.setdefault(f"binary_sensor.{place}_{location}".lower(), [])
        if of_one and start < of_one[-1][1]:
            of_one[-1] = of_one[-1][0], max(of_one[-1][1], end)
        else:
            of_one.append((start, end))
    return found


def steps(found: dict[str, list[Span]]) -> list[tuple[datetime, int]]:
    """How many sensors were on since when."""
    changes = sorted(
        (at, by) for of_one in found.values() for span in of_one for at, by in zip(span, (1, -1), strict=True)
    )
    level, told = 0, [(BEGIN, 0)]
    for at, by in changes:
        level += by
        told.append((at, level))
    return told


def expected(found: dict[str, list[Span]], start: datetime, length: timedelta) -> tuple[float, int, int]:
    """Mean, least and greatest number of sensors that were on in a time."""
    told, end = steps(found), start + length
    inside = [(max(at, start), level) for at, level in told if start <= at < end]
    before = [level for at, level in told if at < start]
    if before:
        inside.insert(0, (start, before[-1]))
    seconds = [
        (following - at).total_seconds()
        for (at, _), (following, _) in zip(inside, [*inside[1:], (end, 0)], strict=True)
    ]
    mean = sum(level * held for (_, level), held in zip(inside, seconds, strict=True)) / length.total_seconds()
    levels = [level for (_, level), held in zip(inside, seconds, strict=True) if held > 0]
    return mean, min(levels), max(levels)


def begun(found: dict[str, list[Span]], start: datetime, length: timedelta) -> int:
    """How often a sensor went on in a time."""
    return sum(start <= span[0] < start + length for of_one in found.values() for span in of_one)


def yaml(entities: list[str]) -> str:
    rules = "".join(
        f"  - {{id: {each}, alias: {each}, triggers: [{{trigger: state, entity_id: {each}, to: 'on'}}], actions: []}}\n"
        for each in entities
    )
    return f"""
linli: {{time_zone: UTC}}
recorder: {{auto_purge: false}}
home:
replay: {{file: {DATA}, start: recorded, loop: false}}
automation:
{rules}  - id: asleep
    alias: asleep
    triggers: [{{trigger: state, entity_id: {BED}, to: 'on', for: '01:00:00'}}]
    actions: []
"""


@pytest.mark.skipif(not DATA.exists(), reason=f"no recorded home at {DATA}")
async def test_statistics_history_and_automations_are_what_the_file_says(tmp_path: Path) -> None:
    found = spans()
    deployment, clock = Deployment(tmp_path, yaml(sorted(found))), SimulatedClock(BEGIN)
    async with running_hub(deployment, clock=clock) as hub:
        on: set[str] = set()
        fired, times = Counter[str](), 0

        def show() -> None:
            hub.rooms.states.set("sensor.home_on", str(len(on)), NUMBER)
            hub.rooms.states.set("sensor.home_times", str(times), COUNT)

        def changed(event: Any) -> None:
            nonlocal times
            if event.data["entity_id"] in found and event.data["new_state"] is not None:
                is_on = event.data["new_state"].state == "on"
                times += is_on and event.data["entity_id"] not in on
                (on.add if is_on else on.discard)(event.data["entity_id"])
                show()

        show()
        hub.rooms.bus.listen(EventType("state_changed"), changed)
        hub.rooms.bus.listen(EventType("automation_triggered"), lambda event: fired.update([event.data["name"]]))
        await clock.forward_to(END + timedelta(minutes=1))
        within = {each: sum(span[0] < END for span in of_one) for each, of_one in found.items()}
        assert {each: fired[each] for each in found} == within
        assert fired["asleep"] == sum(end - start >= HOUR and start + HOUR < END for start, end in found[BED])
        await agree(hub, found)


async def agree(hub: Any, found: dict[str, list[Span]]) -> None:
    """Hourly and daily statistics, and the rows of history, are those of the file."""
    statistics = hub.rooms.apis.proxy(StatisticsApi)
    for period, length in ((Period.HOUR, HOUR), (Period.DAY, DAY)):
        types = frozenset({"mean", "min", "max", "change"})
        asked = StatisticsAsked(
            ("sensor.home_on", "sensor.home_times"), BEGIN.timestamp(), END.timestamp(), period, types
        )
        rows = await statistics.statistics(asked, Context())
        starts = [BEGIN + number * length for number in range((END - BEGIN) // length)]
        told = {row["start"]: row for row in rows["sensor.home_on"]}
        counted = {row["start"]: row["change"] for row in rows["sensor.home_times"]}
        for start in starts:
            row, (mean, least, most) = told[start.timestamp()], expected(found, start, length)
            assert row["mean"] == pytest.approx(mean), start
            assert (row["min"], row["max"]) == (least, most), start
            assert counted[start.timestamp()] == begun(found, start, length), start
    recorder = hub.rooms.apis.proxy(RecorderApi)
    await recorder.settle()
    of_bed = StatesAsked((BED,), BEGIN.timestamp(), END.timestamp(), Form.COMPRESSED, significant=False)
    ((_, json),) = await recorder.states(of_bed, Context())
    shown = [row["s"] for row in loads(json)]
    assert shown.count("on") == sum(start < END for start, _ in found[BED])
