"""What the README and the guide say works as pasted."""

import re
import subprocess
from pathlib import Path

import pytest

from linli.testing import Deployment, running_hub

ROOT = Path(__file__).parents[2]


def code_blocks(document: str, language: str = "python") -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("document", ["README.md", "README.zh-Hans.md"])
async def test_the_plugin_of_the_readme_works_as_pasted(tmp_path: Path, document: str) -> None:
    (source,) = code_blocks(document)
    assert len([line for line in source.splitlines() if line.strip()]) <= 15
    async with running_hub(Deployment(tmp_path, "doorbell: {}").drop_in("doorbell", source)) as hub:
        for _ in range(2):
            hub.rooms.bus.fire("doorbell_rung", {})
        state = hub.rooms.states.get("sensor.doorbell_rings")
        assert state is not None
        assert state.state == "2"
        assert hub.rooms.ledger.account("doorbell").counts == {}  # type: ignore[index,arg-type]


async def test_the_first_plugin_of_the_guide_works_as_pasted(tmp_path: Path) -> None:
    source = code_blocks("docs/integrators.md")[0]
    async with running_hub(Deployment(tmp_path, "kettle: {name: Kettle}").drop_in("kettle", source)) as hub:
        hub.rooms.bus.fire("kettle_switched", {"on": True})
        state = hub.rooms.states.get("binary_sensor.kettle")
        assert state is not None
        assert (state.state, state.attributes["friendly_name"]) == ("on", "Kettle")


@pytest.mark.parametrize("target", ["run", "test"])
def test_whoever_waits_for_the_installation_sees_what_comes(tmp_path: Path, target: str) -> None:
    command = ["make", "--dry-run", target, f"VENV={tmp_path / 'venv'}"]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (installing,) = [line for line in planned.splitlines() if "pip install" in line]
    assert not {"-q", "--quiet"} & set(installing.split())  # pip shows no progress where it is quiet


def test_both_readmes_show_the_same_plugin() -> None:
    for language in ("python", "yaml"):
        assert code_blocks("README.md", language) == code_blocks("README.zh-Hans.md", language)
    assert code_blocks("README.md", "sh")[-1] == code_blocks("README.zh-Hans.md", "sh")[-1]
