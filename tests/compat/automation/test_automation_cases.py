"""Rules do on linli what they do on Home Assistant: the same calls with the same data in the same order."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from compat.automation.cases import GOLDEN, cases
from compat.automation.ours import play_all

DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text("utf-8"))
NAMES = [case.name for case in cases()]


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def played() -> dict[str, Any]:
    import asyncio

    return asyncio.run(play_all())


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_does_what_it_does_on_home_assistant(name, golden, played):
    expected = golden[name]
    if name in DIFFERENCES:
        expected = json.loads(DIFFERENCES[name]["ours"])
        assert expected != golden[name], "no difference is left: take the line away"
    assert played[name] == expected


def test_every_case_was_recorded_and_every_difference_is_of_a_case(golden):
    assert set(golden) == set(NAMES)
    assert set(DIFFERENCES) <= set(NAMES)
    assert all({"ours", "en", "zh"} == set(each) for each in DIFFERENCES.values())
    assert len(NAMES) >= 100
