"""The parent of a hub: what it starts after what, what it gives up, and that nothing is left behind."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from linli.process.birth import TAKEN
from linli.process.held import stack_in
from linli.process.parent import Parent, Timings
from linli.process.way_back import FILE, WayBack, data_folder, find

HERE = Path(__file__).parent
QUICK = Timings(silent=2.0, start=2.5, sound=0.5, first_pause=0.05, longest_pause=0.2, stop=1.0)


class Home:
    """A parent with scripted hubs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: asyncio.subprocess.Process | None = None

    async def script(
        self, *acts: str, last_good: bool = False, python: str = "", delay: float = 0, under: Sequence[str] = ()
    ) -> None:
        (self.folder / "script").write_text(" ".join(acts))
        if last_good or python:
            (self.folder / "way_back").write_text(python)
        self.process = await asyncio.create_subprocess_exec(
            *under, sys.executable, str(HERE / "watching.py"), str(self.folder), json.dumps(QUICK._asdict()), str(delay)
        )

    @property
    def lives(self) -> list[list]:
        try:
            return [json.loads(line) for line in (self.folder / "lives").read_text().splitlines()]
        except FileNotFoundError:
            return []

    async def until(self, lives: int) -> None:
        async with asyncio.timeout(15):
            while len(self.lives) < lives and self.process.returncode is None:
                await asyncio.sleep(0.02)
        assert len(self.lives) == lives, self.lives

    async def stop(self) -> int:
        self.process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(10):
            return await self.process.wait()


@pytest.fixture
async def home(tmp_path):
    home = Home(tmp_path)
    yield home
    if home.process is not None and home.process.returncode is None:
        home.process.kill()
        await home.process.wait()
    async with asyncio.timeout(5):
        while any(alive(life[2]) for life in home.lives):
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_a_hub_that_is_asked_to_stop_ends_the_parent(home):
    await home.script("stay")
    await home.until(1)
    await asyncio.sleep(0.3)
    assert await home.stop() == 0
    assert len(home.lives) == 1


async def test_a_first_start_that_is_refused_is_the_end(home):
    await home.script("refuse")
    assert await home.ended() == 1
    assert len(home.lives) == 1


async def test_a_first_start_that_is_killed_before_it_was_ready_is_tried_again(home):
    await home.script("killed", "stay")
    await home.until(2)
    assert [life[0] for life in home.lives] == [None, None]
    assert await home.stop() == 0


async def test_a_refused_start_goes_back_to_the_last_good_configuration(home):
    await home.script("refuse", "stay", last_good=True)
    await home.until(2)
    assert [life[0] for life in home.lives] == [None, "refused"]
    assert await home.stop() == 0


async def test_a_start_that_fails_or_is_late_goes_back_too(home, tmp_path):
    await home.script("fail", "stay", last_good=True)
    await home.until(2)
    assert home.lives[1][0] == "failed"
    assert await home.stop() == 0


async def test_a_start_that_takes_too_long_is_given_up(home):
    await home.script("late", "stay", last_good=True)
    await home.until(2)
    assert home.lives[1][0] == "late"
    assert await home.stop() == 0


async def test_without_a_last_good_configuration_a_slow_start_is_waited_for(home):
    await home.script("late")
    await home.until(1)
    await asyncio.sleep(3.5)
    assert len(home.lives) == 1
    assert await home.stop() == 0


async def test_a_migration_may_take_its_time(home):
    await home.script("migrate", last_good=True)
    await home.until(1)
    await asyncio.sleep(2.2)
    assert len(home.lives) == 1
    assert await home.stop() == 0


async def test_a_hub_that_crashes_again_and_again_goes_back(home):
    await home.script("crash", "crash", "stay", last_good=True)
    await home.until(3)
    assert [life[0] for life in home.lives] == [None, None, "crashed"]
    assert await home.stop() == 0


async def test_a_hub_that_proved_itself_is_started_again_as_it_was(home):
    await home.script("crash_later", "crash_later", "crash_later", "stay", last_good=True)
    await home.until(4)
    assert [life[0] for life in home.lives] == [None] * 4
    assert await home.stop() == 0


async def test_a_hub_may_ask_to_be_started_again(home):
    await home.script("restart", "stay")
    await home.until(2)
    assert await home.stop() == 0


async def test_a_hub_whose_loop_stands_still_is_killed_and_the_next_hears_where_it_stood(home):
    await home.script("hold", "stay")
    await home.until(2)
    held = home.lives[1][1]
    assert stack_in(held)[0].function == "hold_the_loop"
    assert home.lives[1][0] is None
    assert await home.stop() == 0


@pytest.mark.parametrize(
    ("act", "who"),
    [
        pytest.param("hold_for_anna", "anna", id="in Python, in a task that a request started"),
        pytest.param("hold_then_alone", None, id="by itself, after somebody had it stand still for a moment"),
        pytest.param("hold_in_c_for_anna", None, id="in C, where nobody can ask"),
    ],
)
async def test_the_next_hears_for_whom_it_stood_still(home, act, who):
    await home.script(act, "stay")
    await home.until(2)
    assert home.lives[1][1]
    assert home.lives[1][4] == who
    assert await home.stop() == 0


def causes(home: Home) -> list[str | None]:
    return [life[0] for life in home.lives]


async def test_a_check_that_takes_long_is_waited_for(home):
    await home.script("slow_check")
    await home.until(1)
    await asyncio.sleep(3.5)
    assert len(home.lives) == 1
    assert await home.stop() == 0


async def test_a_hub_that_stands_still_at_every_start_goes_back(home):
    await home.script("hold_early", "hold_early", "stay", last_good=True)
    await home.until(3)
    assert causes(home) == [None, None, "held"]
    assert await home.stop() == 0


@pytest.mark.parametrize("act", ["exit_0", "exit_0_early"])
async def test_a_hub_that_is_ended_by_its_own_code_is_started_again(home, act):
    await home.script(act, "stay")
    await home.until(2)
    assert await home.stop() == 0


async def test_a_hub_that_somebody_stopped_is_not_started_again(home):
    await home.script("stops")
    assert await home.ended() == 0
    assert len(home.lives) == 1


async def test_where_neither_configuration_starts_both_are_tried_in_turn(home):
    await home.script("refuse", "refuse", "refuse", "refuse", "stay", last_good=True)
    await home.until(5)
    assert causes(home) == [None, "refused", None, "refused", None]
    assert await home.stop() == 0


async def test_a_restart_that_is_asked_for_takes_up_the_present_configuration(home):
    await home.script("refuse", "restart", "stay", last_good=True)
    await home.until(3)
    assert causes(home) == [None, "refused", None]
    assert await home.stop() == 0


async def test_nobody_goes_back_to_what_runs_already(home):
    await home.script("proven_late", last_good=True)
    await home.until(1)
    await asyncio.sleep(3.5)
    assert causes(home) == [None]
    assert await home.stop() == 0


async def test_what_ran_before_and_fails_now_is_tried_until_it_runs(home):
    await home.script("proven_fails", "proven_fails", "proven_fails", "stay", last_good=True)
    await home.until(4)
    assert causes(home) == [None] * 4
    assert await home.stop() == 0


async def test_a_second_hub_on_the_same_data_ends_and_goes_back_to_nothing(home):
    await home.script("taken", last_good=True)
    assert await home.ended() == TAKEN
    assert len(home.lives) == 1


async def test_a_hub_that_ends_leaves_nothing_running_that_it_started(home):
    await home.script("stray", "stay")
    await home.until(2)
    stray = int((home.folder / "stray").read_text())
    async with asyncio.timeout(5):
        while alive(stray):
            await asyncio.sleep(0.02)
    assert await home.stop() == 0


async def test_a_parent_does_not_believe_what_it_hears(home):
    await home.script("rubbish")
    await home.until(1)
    await asyncio.sleep(0.5)
    assert len(home.lives) == 1
    assert await home.stop() == 0


async def test_a_hub_that_announces_a_frame_without_end_is_not_listened_to(home):
    await home.script("swollen", "stay")
    await home.until(2)
    assert await home.stop() == 0


async def test_an_interpreter_that_cannot_be_run_is_not_the_end(home, tmp_path):
    await home.script("refuse", "stay", python=str(tmp_path / "nowhere" / "python"))
    await home.until(2)
    assert causes(home) == [None, "refused"]
    assert await home.stop() == 0


async def test_a_signal_while_a_hub_is_being_started_stops_it(home):
    await home.script("stay", delay=0.5)
    async with asyncio.timeout(10):
        while not (home.folder / "being_started").exists():
            await asyncio.sleep(0.01)
    began = time.monotonic()
    home.process.terminate()
    assert await home.ended() == 0
    assert time.monotonic() - began < QUICK.stop


def test_no_number_of_signals_makes_it_wait():
    parent = Parent("hubs:scripted", [])
    with parent._wakes, parent._woken:
        for _ in range(2000):
            parent._ask_to_stop(signal.SIGTERM, None)


async def test_what_ignores_the_hang_up_of_a_terminal_goes_on_ignoring_it(home):
    await home.script("stay", under=["sh", "-c", "trap '' HUP; exec \"$@\"", "nohup"])
    await home.until(1)
    home.process.send_signal(signal.SIGHUP)
    await asyncio.sleep(0.5)
    assert home.process.returncode is None
    assert await home.stop() == 0


async def test_another_interpreter_does_not_see_the_libraries_of_this_one(home, tmp_path):
    python = tmp_path / "before" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$6" > {tmp_path}/folders\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    await home.script("refuse", "stay", python=str(python))
    await home.until(2)
    folders = json.loads((tmp_path / "folders").read_text())
    assert str(HERE) in folders
    assert not [folder for folder in folders if folder.startswith((sys.prefix, sys.base_prefix))]
    assert await home.stop() == 0


async def test_a_hub_that_does_not_stop_is_killed(home):
    await home.script("deaf")
    await home.until(1)
    await asyncio.sleep(0.3)
    assert await home.stop() == 0


async def test_the_second_signal_does_not_wait(home):
    await home.script("slow")
    await home.until(1)
    await asyncio.sleep(0.3)
    home.process.terminate()
    async with asyncio.timeout(5):
        while not (home.folder / "stopping").exists():
            await asyncio.sleep(0.01)
    started = time.monotonic()
    home.process.terminate()
    assert await home.ended() == 0
    assert time.monotonic() - started < QUICK.stop


async def test_a_killed_parent_takes_its_hub_with_it(home):
    await home.script("stay")
    await home.until(1)
    home.process.kill()
    await home.process.wait()
    async with asyncio.timeout(5):
        while alive(home.lives[0][2]):
            await asyncio.sleep(0.02)


async def test_going_back_takes_the_interpreter_that_ran_before(home, tmp_path):
    python = tmp_path / "before" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexport PYTHON_BEFORE=yes\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    await home.script("refuse", "stay", python=str(python))
    await home.until(2)
    assert [life[3] for life in home.lives] == [None, "yes"]
    assert await home.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("run home --data d", "d"),
        ("run --data=d home", "d"),
        ("run --port 1 --set a=b home", "home/.linli"),
        ("run home/linli.yaml", "home/.linli"),
        ("run", None),
    ],
)
def test_the_data_folder_is_found_in_the_command_line(tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    assert data_folder(arguments.split()) == expected


def test_a_way_back_is_read_without_the_hub(tmp_path):
    command = ["run", "home", "--data", str(tmp_path)]
    assert find(command) is None
    for environment, python in ((sys.prefix, None), (str(tmp_path / "gone"), None)):
        (tmp_path / FILE).write_text(json.dumps({"environment": environment}))
        assert find(command) == WayBack(python)
    for damaged in ("{", "[" * 60000, '{"environment": 5}', "[]"):
        (tmp_path / FILE).write_text(damaged)
        assert find(command) is None
