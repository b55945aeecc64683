"""The unit and the container file name only what the command line has."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

RUNNING = Path(__file__).parents[2] / "docs" / "running"


def commands() -> dict[str, list[str]]:
    unit = (RUNNING / "linli.service").read_text()
    container = (RUNNING / "Containerfile").read_text()
    started = re.search(r"^ENTRYPOINT (\[.*\])$", container, re.MULTILINE)
    return {"unit": shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1]), "container": eval(started[1])}


@pytest.mark.parametrize("name", ["unit", "container"])
def test_the_command_has_these_options(name):
    program, command, *arguments = commands()[name]
    assert (Path(program).name, command) == ("linli", "run")
    linli = Path(sys.executable).parent / "linli"
    said = subprocess.run([linli, "run", "--help"], capture_output=True, text=True, check=True).stdout
    for option in (argument for argument in arguments if argument.startswith("--")):
        assert option in said


def test_systemd_waits_longer_for_the_parent_than_the_parent_for_the_hub():
    from linli.process.parent import Timings

    unit = (RUNNING / "linli.service").read_text()
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) > Timings().stop
