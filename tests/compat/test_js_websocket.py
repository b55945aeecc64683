"""home-assistant-js-websocket, the library below the real frontend, from npm: its cases are in ``js/cases.mjs``."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from compat.conftest import leave_out
from compat.harness.original import OWNER
from compat.harness.player import Target

FOLDER = Path(__file__).parent / "js"
CASES = re.findall(
    r'^  "([^"]+)": (?:async )?\(client', (FOLDER / "cases.mjs").read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.fixture(scope="session")
def installed(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client installed; it is kept under the cache of the user, by the pinned versions."""
    wanted = (FOLDER / "package.json").read_text(encoding="utf-8")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linli-compat-js"
    cache.mkdir(parents=True, exist_ok=True)
    mark = cache / "installed.json"
    if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
        (cache / "package.json").write_text(wanted, encoding="utf-8")
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=cache, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            leave_out(f"npm could not install home-assistant-js-websocket: {done.stderr[-500:]}")
        mark.write_text(wanted, encoding="utf-8")
    folder = tmp_path_factory.mktemp("js")
    for name in ("run.mjs", "cases.mjs", "package.json"):
        shutil.copy(FOLDER / name, folder)
    (folder / "node_modules").symlink_to(cache / "node_modules")
    return folder


@pytest.fixture(scope="session")
def report(hub: Target, node: Path, installed: Path) -> dict[str, Any]:
    """What became of each case, by its name."""
    given = {**os.environ, "HUB_URL": hub.url, "HUB_TOKEN": hub.values["admin"], "HUB_PASSWORD": OWNER["password"]}
    command = [node, "run.mjs"]
    done = subprocess.run(command, cwd=installed, env=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("case", CASES)
def test_the_client_works(report: dict[str, Any], case: str) -> None:
    assert report[case] == "ok", report[case]


def test_every_case_was_run_and_every_export_has_one(report: dict[str, Any]) -> None:
    assert set(CASES) == report.keys() - {"uncovered"}
    assert report["uncovered"] == []
