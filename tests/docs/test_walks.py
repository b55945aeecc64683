"""The first deployments of README and guide, typed as they are written: at their end there is something to see."""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from docs.test_guides import LINLI, linli
from docs.test_readme import code_blocks

OVERVIEW = "/pages/overview"


@contextmanager
def running(folder: Path, path: str) -> Iterator[str]:
    """``linli run PATH --port 0`` until the set-up link is printed; gives the address in it."""
    command = [LINLI, "run", path, "--port", "0"]
    environment = {**os.environ, "LANGUAGE": "en"}
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, env=environment, text=True) as hub:
        assert hub.stderr is not None
        try:
            said = ""
            for line in hub.stderr:
                said += line
                link = re.search(r"(http://\S+)/#setup=", line)
                if link:
                    yield link.group(1)
                    break
            else:
                pytest.fail(f"no set-up link: {said}")
        finally:
            hub.terminate()
            hub.stderr.read()


def typed(folder: Path, block: str, address: str) -> None:
    """A block of shell as the reader types it, at the port that is free here."""
    if shutil.which("curl") is None:
        pytest.skip("curl is missing: what the guides tell one to type is not tested here")
    script = block.replace("http://127.0.0.1:8123", address).replace("NAME", "lei")
    path = f"{Path(LINLI).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "LANGUAGE": "en", "PATH": path}
    subprocess.run(["sh", "-ec", script], cwd=folder, env=environment, check=True, capture_output=True, timeout=30)


def shown(folder: Path, data: str, address: str, entity_id: str) -> str:
    """What the page is told of an entity; that there is a page, too."""
    token = linli(folder, "token", "create", "--user", "lei", "--data", data).stdout.strip()
    with urllib.request.urlopen(f"{address}{OVERVIEW}", timeout=5) as page:
        assert page.status == 200
    wanted = urllib.request.Request(f"{address}/api/states/{entity_id}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(wanted, timeout=5) as answer:
        return str(json.load(answer)["state"])


def test_the_doorbell_of_the_readme_rings(tmp_path: Path) -> None:
    document = "README.md"  # the Chinese one has the same blocks
    (tmp_path / "plugins").mkdir()
    (tmp_path / "linli.yaml").write_text(code_blocks(document, "yaml")[0], encoding="utf-8")
    (tmp_path / "plugins" / "doorbell.py").write_text(code_blocks(document)[0], encoding="utf-8")
    with running(tmp_path, ".") as address:
        assert linli(tmp_path, "user", "add", "lei", "--role", "admin", "--owner", "--data", ".linli").returncode == 0
        typed(tmp_path, code_blocks(document, "sh")[-1], address)
        assert shown(tmp_path, ".linli", address, "sensor.doorbell_rings") == "1"


def test_the_kettle_of_the_guide_is_switched_on(tmp_path: Path) -> None:
    (tmp_path / "home" / "plugins").mkdir(parents=True)
    (tmp_path / "home" / "linli.yaml").write_text(code_blocks("docs/integrators.md", "yaml")[0], encoding="utf-8")
    (tmp_path / "home" / "plugins" / "kettle.py").write_text(code_blocks("docs/integrators.md")[0], encoding="utf-8")
    with running(tmp_path, "home") as address:
        data = "home/.linli"
        assert linli(tmp_path, "user", "add", "lei", "--role", "admin", "--owner", "--data", data).returncode == 0
        assert shown(tmp_path, data, address, "binary_sensor.kettle") == "off"
        typed(tmp_path, code_blocks("docs/integrators.md", "sh")[0], address)
        assert shown(tmp_path, data, address, "binary_sensor.kettle") == "on"
