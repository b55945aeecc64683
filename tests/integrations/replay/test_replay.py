"""Recordings played in a whole hub on simulated time: sensors, changes, faults, loops, reloads."""

import os
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linli.bus import EventType
from linli.cli.ready import tell_ready
from linli.clock import SimulatedClock
from linli.testing import Deployment, running_hub

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "homes" / "OrdonezA_Sensors.txt"
HEAD = "Start time\tEnd time\tLocation\tType\tPlace\n----\t----\t----\t----\t----\n"
BED = "2011-11-28 01:00:00\t2011-11-28 08:00:00\tBed\tPressure\tBedroom\n"
DOOR = "2011-11-28 09:00:00\t2011-11-28 09:00:10\tMaindoor\tMagnetic\tEntrance\n"
BACKWARDS = "2011-11-28 10:00:00\t2011-11-28 09:00:00\tSeat\tPressure\tLiving\n"
BASE = "linli: {time_zone: UTC}\n"


def deployment(tmp_path: Path, text: str, options: str = "start: recorded, loop: false") -> Deployment:
    recording = tmp_path / "recording.txt"
    recording.write_text(text, encoding="utf-8")
    return Deployment(tmp_path, f"{BASE}replay: {{file: {recording}, {options}}}\n")


def at(day: int, hour: float = 0) -> datetime:
    return datetime(2011, 11, day, int(hour), round(hour % 1 * 60), tzinfo=UTC)


def follow(hub) -> list[tuple[str, str]]:
    """Every change of a binary sensor from now on, as it comes."""
    seen: list[tuple[str, str]] = []
    hub.rooms.bus.listen(
        EventType("state_changed"),
        lambda event: seen.append((event.data["entity_id"], event.data["new_state"].state)),
        "test",
    )
    return seen


async def test_a_sensor_is_on_from_start_to_end(tmp_path):
    clock = SimulatedClock(at(28))
    async with running_hub(deployment(tmp_path, HEAD + BED + DOOR), clock=clock) as hub:
        bed = "binary_sensor.bedroom_bed"
        assert hub.rooms.states.get(bed).state == "off"
        await clock.forward_to(at(28, 1))
        assert hub.rooms.states.get(bed).state == "on"
        await clock.forward_to(at(28, 8))
        assert hub.rooms.states.get(bed).state == "off"


async def test_a_sensor_is_a_device_in_the_area_of_its_place(tmp_path):
    async with running_hub(deployment(tmp_path, HEAD + BED + DOOR), clock=SimulatedClock(at(28))) as hub:
        row = hub.rooms.registries.entities.need("binary_sensor.entrance_maindoor")
        device = hub.rooms.registries.devices.get(row.device_id)
        assert device.shown_name == "Maindoor"
        assert hub.rooms.registries.areas.get(device.area_id).name == "Entrance"
        attributes = hub.rooms.states.get("binary_sensor.entrance_maindoor").attributes
        assert (attributes["device_class"], attributes["replayed"]) == ("door", True)


async def test_lines_left_out_are_logged_with_file_and_line_and_raised_as_one_issue(tmp_path, caplog):
    text = HEAD + BED + BACKWARDS + DOOR
    async with running_hub(deployment(tmp_path, text), clock=SimulatedClock(at(28))) as hub:
        assert any("recording.txt:4: it ends before it starts" in record.getMessage() for record in caplog.records)
        (issue,) = [issue for issue in hub.rooms.issues.all() if issue.domain == "replay"]
        assert issue.message.parameters == {"file": "recording.txt", "count": 1, "line": 4}
        assert hub.rooms.states.get("binary_sensor.living_seat") is None


async def test_what_is_past_at_the_start_shows_its_last_state_at_once(tmp_path):
    clock = SimulatedClock(at(28, 2))
    async with running_hub(deployment(tmp_path, HEAD + BED + DOOR), clock=clock) as hub:
        await clock.settle()
        assert hub.rooms.states.get("binary_sensor.bedroom_bed").state == "on"


async def test_a_loop_plays_the_next_day_at_the_same_hour(tmp_path):
    clock = SimulatedClock(at(28))
    async with running_hub(deployment(tmp_path, HEAD + BED, "start: recorded"), clock=clock) as hub:
        seen = follow(hub)
        await clock.forward(hours=49.5)
        assert [state for _, state in seen] == ["on", "off", "on", "off", "on"]


async def test_a_reload_plays_anew_and_leaves_one_player(tmp_path):
    clock = SimulatedClock(at(28))
    async with running_hub(deployment(tmp_path, HEAD + BED, "start: now, loop: false"), clock=clock) as hub:
        await clock.forward(hours=1)
        (entry,) = hub.rooms.entries.all("replay")
        await hub.rooms.entries.reload(entry.entry_id)
        await clock.settle()
        seen = follow(hub)
        await clock.forward(hours=10)
        assert seen == [("binary_sensor.bedroom_bed", "off")]


@pytest.mark.parametrize(
    ("text", "key", "parameters"),
    [
        (HEAD, "recording_empty", {"file": "recording.txt"}),
        (HEAD + BACKWARDS + "nothing\n", "recording_unusable", {"file": "recording.txt", "count": 2, "line": 3}),
    ],
    ids=["only a head", "only faults"],
)
async def test_a_file_of_which_no_line_can_be_played_fails_the_entry_with_a_sentence(
    tmp_path, capsys, text, key, parameters
):
    async with running_hub(deployment(tmp_path, text), clock=SimulatedClock(at(28)), encoded=False) as hub:
        (entry,) = hub.rooms.entries.all("replay")
        assert (entry.state.value, entry.reason_key, entry.reason_parameters) == ("setup_error", key, parameters)
        assert "recording.txt holds no activation" in entry.reason
        for language in ("en", "zh-Hans"):
            assert "recording.txt" in hub.rooms.translator.say("replay", key, parameters, language)
        tell_ready(hub, hub.rooms.checked, "0.1")
        assert "Recorded home" in capsys.readouterr().err


def expected_of(lines: list[str]) -> Counter[str]:
    """Activations by entity, counted without the parser under test."""
    rows = [re.split(r"\t+", line.strip()) for line in lines[2:]]
    return Counter(f"binary_sensor.{place}_{location}".lower() for _, _, location, _, place in rows)


async def test_fourteen_days_of_a_real_home_are_played_change_by_change(tmp_path):
    if not DATA.is_file():
        assert os.environ.get("LINLI_REQUIRE_ALL") != "1", f"{DATA} is missing"
        pytest.skip(f"{DATA} is missing: the recording is no part of the repository")
    counted = expected_of(DATA.read_text(encoding="utf-8").splitlines())
    home = Deployment(
        tmp_path, f"{BASE}replay: {{file: {DATA}, time_zone: Europe/Madrid, start: recorded, speed: 24, loop: false}}\n"
    )
    clock = SimulatedClock(at(27, 23))
    async with running_hub(home, clock=clock) as hub:
        seen = follow(hub)
        await clock.forward(hours=3 + 14)
        assert Counter(entity for entity, state in seen if state == "on") == counted
        assert Counter(entity for entity, state in seen if state == "off") == counted
        assert {entity: hub.rooms.states.get(entity).state for entity in counted} == dict.fromkeys(counted, "off")
        assert len(counted) == 12
