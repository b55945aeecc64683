"""Each contract of import-linter bites: one tree with one wrong import for each, and all are found."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCE_ROOTS = ("core", "plugins", "integrations")
OF_THE_CORE, OF_PLUGINS = ROOT / "pyproject.toml", ROOT / "importlinter-plugins.toml"
PLANTED = {
    "core/linli/clock.py": "from linli.hub import Hub",
    "core/linli/bus.py": "from linli_http.api import HttpApi",
    "core/linli/plugin/wire.py": "from linli.storage import Storage",
    "core/linli/entity/life.py": "from linli.plugin.loader import PluginLoader",
    "plugins/linli_triggers/calendar.py": "if TYPE_CHECKING:\n    from linli.hub import Hub",
    "plugins/linli_http/limits.py": "if TYPE_CHECKING:\n    from linli_api.connection import Connection",
    "plugins/linli_overview/plugin.py": "from linli_pages.frame import Frame",
    "plugins/linli_helpers/model.py": "from linli_helpers.kept.here import THERE",
}
"""A file of the tree, and the import that is put at its end."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with every wrong import in it."""
    folder = tmp_path_factory.mktemp("planted")
    for root in SOURCE_ROOTS:
        shutil.copytree(ROOT / root, folder / root, ignore=shutil.ignore_patterns("__pycache__", "pages", "*.json"))
    for name, line in PLANTED.items():
        path = folder / name
        path.write_text(f"from typing import TYPE_CHECKING\n{path.read_text(encoding='utf-8')}\n{line}\n", "utf-8")
    kept = folder / "plugins" / "linli_helpers" / "kept"
    kept.mkdir()
    (kept / "__init__.py").touch()
    (kept / "here.py").write_text("from linli_helpers.model import in_range\nTHERE = 1\n")
    return folder


def linted(tree: Path, config: Path) -> tuple[int, str]:
    """Exit code and report of lint-imports over ``tree``."""
    roots = os.pathsep.join(str(tree / root) for root in SOURCE_ROOTS)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(config)],
        cwd=tree, env={**os.environ, "PYTHONPATH": roots}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def contracts_of(config: Path) -> list[str]:
    settings = tomllib.loads(config.read_text(encoding="utf-8"))["tool"]["importlinter"]
    return [contract["name"] for contract in settings["contracts"]]


@pytest.mark.parametrize("config", [OF_THE_CORE, OF_PLUGINS], ids=["rooms of the core", "plugins"])
def test_every_contract_finds_what_it_forbids(tree: Path, config: Path) -> None:
    code, report = linted(tree, config)
    broken = re.findall(r"^(.+?) *BROKEN", report, re.MULTILINE)
    assert code == 1
    assert broken == contracts_of(config), report


def test_what_was_planted_is_named(tree: Path) -> None:
    _, report = linted(tree, OF_PLUGINS)
    for edge in (
        "linli.bus -> linli_http.api",
        "linli_triggers.calendar -> linli.hub",
        "linli_overview.plugin -> linli_pages.frame",
        "linli_http.limits -> linli_api.connection",
    ):
        assert edge in report, report
