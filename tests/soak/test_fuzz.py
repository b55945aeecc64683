"""A share of ``make soak REQUESTS=1000000``, and that it finds every sort of hole."""

import random
from pathlib import Path

import pytest

from soak.found import JUDGED_FROM, Found
from soak.fuzz import Limits, fuzz
from soak.odd import commands, made_by

SECONDS = 4
HOLES = ("raises", "leaks", "echoes", "holds", "ends", "hangs")
SHOWN_BY = (
    "500: get /api/holes/raises",
    "unknown_error: holes/raises",
    "tells of the hub's insides: get /api/holes/leaks",
    "tells of the hub's insides: holes/leaks",
    "tells a resident what is not theirs: get /api/holes/echoes",
    "tells a resident what is not theirs: holes/echoes",
    "no answer within 1.5 s: get /api/holes/hangs",
    "no answer within 1.5 s: holes/hangs",
    "a ping had no answer within 0.5 s",
)
"""Each while it runs; the traceback and the end are found afterwards."""


@pytest.mark.timeout(120)
async def test_what_no_client_should_send_finds_no_hole(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}: python tests/soak/fuzz.py --seed {seed}")
    found = await fuzz(tmp_path / "hub", seed=seed, limits=Limits(seconds=SECONDS))
    assert found.findings == [], found.line()
    assert found.sent > 500
    assert min(found.answers[answer] for answer in ("200", "400", "success", "invalid_format", "unauthorized")) > 5
    assert found.owns_seen > 3
    assert len(found.pings) > SECONDS


@pytest.mark.timeout(120)
async def test_each_hole_that_is_planted_is_found_by_command_and_by_address(tmp_path: Path) -> None:
    folder = tmp_path / "hub"

    def all_found(found: Found) -> bool:
        if all(any(said.startswith(shown) for said in found.findings) for shown in SHOWN_BY):
            (folder / "may_end").touch()
        return (folder / "ended").exists()

    limits = Limits(seconds=40, answer_within_s=1.5, pong_within_s=0.5, enough=all_found)
    planted = {f"holes/{hole}": [] for hole in HOLES}
    found = await fuzz(folder, seed=7, limits=limits, plugins=["holes"], more=planted)
    for shown in (*SHOWN_BY, "a traceback in the log: KeyError: 'nothing'", "the hub ended and was started again"):
        assert any(said.startswith(shown) for said in found.findings), (shown, found.findings, found.line())


def test_growth_is_judged_by_its_slope_where_enough_was_sent() -> None:
    def judged(mb_per_million: float, sent: int) -> list[str]:
        steps = range(0, sent + 1, sent // 100)
        found = Found(1, sent=sent, memory=[(at, 100 + mb_per_million * at / 1e6) for at in steps])
        found.judge_memory()
        return found.findings

    assert judged(4, 10**6) == []
    teeth = Found(1, sent=10**6, memory=[(at * 1000, 100 + at % 90 / 10) for at in range(1000)])
    teeth.judge_memory()
    assert teeth.findings == []
    assert judged(30, 10**6) == ["memory is not flat: +30.0 MB with every 1000000 requests"]
    assert judged(30, JUDGED_FROM // 2) == []
    assert judged(500, JUDGED_FROM // 2) == ["memory grew: 100 → 150 MB"]


def test_the_log_may_name_lines_of_code_to_administrators_only() -> None:
    found = Found(1)
    held = "held in /x/site-packages/aiohttp/web_protocol.py:567 in _handle_request: held the loop for 122 ms"
    found.read("system_log/list", held, resident=False)
    assert found.findings == []
    found.read("get_states", held, resident=False)
    found.read("system_log/list", held, resident=True)
    assert [said.split(":")[0] for said in found.findings] == ["tells of the hub's insides"] * 2


def test_whatever_clients_make_is_taken_away_again() -> None:
    known = made_by(commands())
    made = {name.removesuffix("/create") for name in commands() if name.endswith("/create")}
    assert made - known.keys() == {"config/category_registry", "config/auth_provider/homeassistant"}
    assert known["counter"] == "counter_id"


def test_the_reference_names_every_command_with_its_keys() -> None:
    known = commands()
    assert len(known) > 80
    assert ("name", "text", True) in known["config/area_registry/create"]
    assert known["ping"] == []
