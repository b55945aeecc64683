"""The heart of a hub: what holds the loop is seen, in Python and in C, and a loop that waits is not blamed."""

import asyncio
import time
from pathlib import Path

from linli.process.held import Frame, blame, stack_in
from linli.process.owners import Owners
from linli.process.watched import Heart


async def listening(work):
    heard = []
    heart = Heart(None, lambda frames, seconds: heard.append((frames, seconds)))
    heart.start()
    await asyncio.sleep(0.12)
    work()
    await asyncio.sleep(0.2)
    heart.stop()
    return heard


def hold(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def test_a_loop_held_in_python_is_seen_with_the_line_that_held_it():
    heard = await listening(lambda: hold(0.4))
    frames, seconds = heard[0]
    assert any((frame.function, frame.file) == ("hold", __file__) for frame in frames)
    assert 0.25 < seconds < 5


async def test_a_loop_held_by_a_call_is_seen_too():
    heard = await listening(lambda: time.sleep(0.4))
    assert any("<lambda>" in frame.function for frame in heard[0][0])


async def test_a_loop_that_waits_holds_nobody_up():
    heard = await listening(lambda: None)
    assert [frames for frames, seconds in heard if frames[0].file == __file__] == []


def test_the_innermost_line_of_a_plugin_is_blamed_for_what_a_library_does():
    owners = Owners({"bell": Path("/plugins/bell"), "tide": Path("/plugins/tide.py")})
    frames = [
        Frame("/lib/re.py", 5, "match"),
        Frame("/plugins/bell/ring.py", 9, "ring"),
        Frame("/plugins/tide.py", 1, "x"),
    ]
    assert blame(frames, owners.of).owner == "bell"
    assert blame(frames, owners.of).frame.line == 9
    assert blame(frames[2:], owners.of).owner == "tide"
    assert blame(frames[:1], owners.of).owner == "core"
    assert blame([], owners.of) is None


def test_what_the_interpreter_wrote_is_read_as_far_as_it_came():
    text = 'Stack:\n  File "/a/b.py", line 3 in f\n  File "/a/c.py", line ??? in <module>\n  File "/a'
    assert stack_in(text) == [Frame("/a/b.py", 3, "f"), Frame("/a/c.py", 0, "<module>")]
    assert stack_in("") == []
