"""A share of ``make soak KILLS=10000``: as many kills as fit a few seconds on each database, another seed each time."""

import random
from pathlib import Path

import aiohttp
import pytest

import databases
from scenarios.processes import Client, hub_process
from soak import births
from soak.house import KINDS, Person, lost
from soak.kills import MORE, kill_often
from soak.zygote import PLANT

SECONDS = 4


@pytest.mark.timeout(180)
async def test_a_hub_that_is_killed_again_and_again_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}: python tests/soak/kills.py --seed {seed} --database {databases.current.kind}")
    seen = await kill_often(tmp_path / "hub", seed=seed, seconds=SECONDS)
    assert seen.losses == [], seen.line()
    assert seen.kills >= 1
    assert seen.acknowledged > 0


@pytest.mark.sqlite_only
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("plant", "said"), [
    ("late", "was acknowledged, None stands"),
    ("orphans", "orphans ["),
    ("unjournaled", "the journal has no row for user"),
    ("altered", "the journal is broken at"),
])  # fmt: skip
async def test_a_hub_that_is_broken_on_purpose_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: str, said: str
) -> None:
    monkeypatch.setattr(births, "COLD", 0.0)
    monkeypatch.setenv(PLANT, plant)
    seen = await kill_often(tmp_path / "hub", seed=11, seconds=60, verify_every=1)
    assert any(said in loss for loss in seen.losses), seen.line()


@pytest.mark.sqlite_only
async def test_the_comparison_finds_what_is_lost_changed_or_there_again(tmp_path: Path) -> None:
    async with hub_process(tmp_path / "hub", MORE) as hub, aiohttp.ClientSession() as session:
        client = await Client.enter(session, hub, hub.token())
        areas, person = KINDS[0], Person("P", random.Random(1))
        made = [(await client.call("config/area_registry/create", name=name))["area_id"] for name in ("A", "B", "C")]
        assert sorted(await lost([person], client)) == [
            f"config/area_registry {key}: deleted, and there again" for key in made
        ]
        person.things[areas] = dict(zip(made, ("A", "B", "C"), strict=True))
        person.token_names["radio"] = "secret"
        assert await lost([person], client) == ["the token 'radio' was handed out and is gone"]
        person.token_names.clear()
        await client.call("config/area_registry/update", area_id=made[0], name="other")
        await client.call("config/area_registry/delete", area_id=made[1])
        assert await lost([person], client) == [
            "config/area_registry a: 'A' was acknowledged, 'other' stands",
            "config/area_registry b: 'B' was acknowledged, None stands",
        ]
