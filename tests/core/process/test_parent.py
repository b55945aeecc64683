"""The parent of a hub: what it starts after what, what it gives up, and that nothing is left behind."""

import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

from linli.process.held import stack_in
from linli.process.parent import Timings
from linli.process.way_back import FILE, WayBack, data_folder, find

HERE = Path(__file__).parent
QUICK = Timings(silent=2.0, start=2.5, sound=0.5, first_pause=0.05, longest_pause=0.2, stop=1.0)


class Home:
    """A parent with scripted hubs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: asyncio.subprocess.Process | None = None

    async def script(self, *acts: str, last_good: bool = False, python: str = "") -> None:
        (self.folder / "script").write_text(" ".join(acts))
        if last_good or python:
            (self.folder / "way_back").write_text(python)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(HERE / "watching.py"), str(self.folder), json.dumps(QUICK._asdict())
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
    (tmp_path / FILE).write_text("{")
    assert find(command) is None
