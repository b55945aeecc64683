"""What the guides for integrators, households and communities say works as it is written."""

import json
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

from docs.test_hooks import unsaid
from docs.test_readme import code_blocks
from linli.auth.policy import SHIPPED_ROLES
from linli.config.export import CUSTOM_TAGS

ROOT = Path(__file__).parents[2]
LINLI = str(Path(sys.executable).with_name("linli"))


def linli(folder: Path, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINLI, *words], cwd=folder, input=said, capture_output=True, text=True, check=False,
        env={**os.environ, "LANGUAGE": "en"},
    )  # fmt: skip


def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_first_deployment_of_the_guide_is_without_mistakes(tmp_path: Path) -> None:
    (tmp_path / "home" / "plugins").mkdir(parents=True)
    (tmp_path / "home" / "linli.yaml").write_text(code_blocks("docs/integrators.md", "yaml")[0], encoding="utf-8")
    (tmp_path / "home" / "plugins" / "kettle.py").write_text(code_blocks("docs/integrators.md")[0], encoding="utf-8")
    done = linli(tmp_path, "check", "home")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_hook_of_the_guide_says_what_every_hook_must() -> None:
    declared: dict[str, Any] = {}
    (block,) = [block for block in code_blocks("docs/integrators.md") if "@hookspec" in block]
    exec(block, declared)
    assert unsaid(declared["kettle_boiled"].__doc__) == []


async def test_the_test_of_the_guide_passes(tmp_path: Path) -> None:
    plugin, *others = code_blocks("docs/integrators.md")
    (test,) = [block for block in others if "running_hub" in block]
    known: dict[str, Any] = {"SOURCE": plugin}
    exec(test, known)
    await known["test_it_is_off_at_first"](tmp_path)


def test_the_entry_point_and_the_editors_settings_of_the_guide_are_whole() -> None:
    (entry_point,) = code_blocks("docs/integrators.md", "toml")
    assert tomllib.loads(entry_point)["project"]["entry-points"]["linli.plugins"] == {"kettle": "linli_kettle"}
    (settings,) = code_blocks("docs/integrators.md", "json")
    assert tuple(json.loads(settings)["yaml.customTags"]) == CUSTOM_TAGS


def test_a_households_yaml_and_commands_work(tmp_path: Path) -> None:
    (yaml,) = code_blocks("docs/households.md", "yaml")
    (tmp_path / "linli.yaml").write_text(yaml, encoding="utf-8")
    assert linli(tmp_path, "check", ".").returncode == 0
    assert linli(tmp_path, "user", "add", "anna", "--role", "resident", "--data", "data").returncode == 0
    assert linli(tmp_path, "user", "password", "anna", "--data", "data", said="a long password\n").returncode == 0
    token = linli(tmp_path, "token", "create", "--user", "anna", "--data", "data")
    assert (token.returncode, len(token.stdout.split())) == (0, 1)


def test_the_households_roles_are_those_that_ship() -> None:
    assert set(re.findall(r"^\| `([\w-]+)` \|", guide("households.md"), re.MULTILINE)) == set(SHIPPED_ROLES)


def test_a_communitys_layers_and_commands_work(tmp_path: Path) -> None:
    yaml = code_blocks("docs/communities.md", "yaml")[0]
    for name, text in re.findall(r"# (\w+/linli\.yaml)\n(.*?)(?=# \w+/linli|\Z)", yaml, re.DOTALL):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert linli(tmp_path, "check", "community").returncode == 0
    assert "\nlinli.yaml:5:14: http.port is 8123" in linli(tmp_path, "explain", "community", "http.port").stdout
    assert "district/linli.yaml" in linli(tmp_path, "explain", "community", "http.ip_ban_enabled").stdout
    for line in re.findall(r"^linli (user add .*)$", guide("communities.md"), re.MULTILINE):
        added = linli(tmp_path, *line.replace("/var/lib/linli", "data").split())
        assert added.returncode == 0, added.stderr


def test_the_rules_of_the_page_about_automations_have_no_mistakes(tmp_path: Path) -> None:
    for page in ("docs/automations.md", "docs/automations.zh-Hans.md"):
        for yaml in code_blocks(page, "yaml"):
            text = "linli: {packs: [household]}\n" + textwrap.dedent(yaml)
            (tmp_path / "linli.yaml").write_text(text, encoding="utf-8")
            checked = linli(tmp_path, "check", ".")
            assert checked.returncode == 0, checked.stdout
            assert "linli.yaml:" not in checked.stdout


def test_every_command_that_a_guide_names_is_there() -> None:
    known = set(re.findall(r"^## linli (.+)$", guide("reference/command-line.md"), re.MULTILINE))
    first = {command.partition(" ")[0] for command in known}
    for page in ("integrators.md", "households.md", "communities.md"):
        named = re.findall(r"`linli (\w+)", guide(page))
        assert set(named) <= first, page


def test_links_between_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "README.zh-Hans.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"
