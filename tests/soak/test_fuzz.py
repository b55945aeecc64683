"""A share of ``make soak REQUESTS=1000000``."""

import random
from pathlib import Path

import pytest

from soak.fuzz import commands, fuzz

SECONDS = 6


@pytest.mark.timeout(120)
async def test_what_no_client_should_send_finds_no_hole(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}: python tests/soak/fuzz.py --seed {seed}")
    found = await fuzz(tmp_path / "hub", seed=seed, seconds=SECONDS)
    assert found.findings == [], found.line()
    assert found.sent > 500
    assert min(found.answers[answer] for answer in ("200", "400", "success", "invalid_format")) > 10
    assert len(found.pings) > SECONDS


def test_the_reference_names_every_command_with_its_keys() -> None:
    known = commands()
    assert len(known) > 80
    assert ("name", "text", True) in known["config/area_registry/create"]
    assert known["ping"] == []
