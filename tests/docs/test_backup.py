"""The page about backups says what the commands know, the same in both languages."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.test_readme import code_blocks

ROOT = Path(__file__).parents[2]
PAGES = ("docs/backup.md", "docs/backup.zh-Hans.md")
LINLI = str(Path(sys.executable).with_name("linli"))


def linli(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINLI, *words], capture_output=True, text=True, check=False,
        env={**os.environ, "LANGUAGE": "en", "COLUMNS": "200", "TERM": "dumb"},
    )  # fmt: skip


def test_both_languages_show_the_same() -> None:
    english, chinese = ((ROOT / page).read_text("utf-8") for page in PAGES)
    for marked in (r"```.*?```", r"`[^`\n]+`"):
        found = [re.findall(marked, page, re.DOTALL) for page in (english, chinese)]
        assert set(found[0]) == set(found[1])


@pytest.mark.parametrize("page", PAGES)
def test_its_deployments_are_without_mistakes(page: str, tmp_path: Path) -> None:
    blocks = code_blocks(page, "yaml")
    assert blocks
    for number, yaml in enumerate(blocks):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "linli.yaml").write_text(yaml + "home: {}\n", encoding="utf-8")
        (folder / "secrets.yaml").write_text("office_heads: a-token\n", encoding="utf-8")
        done = linli("check", str(folder))
        assert (done.returncode, done.stderr) == (0, ""), yaml


def test_every_option_that_it_names_is_one() -> None:
    page = (ROOT / PAGES[0]).read_text("utf-8")
    lines = re.findall(r"linli ((?:backup|restore|journal [a-z-]+)[^\n`]*)", page)
    assert len(lines) >= 6
    for line in lines:
        words = line.split()
        command = words[:2] if words[0] == "journal" else words[:1]
        known = linli(*command, "--help").stdout
        assert not [word for word in words if word.startswith("--") and word not in known], (command, known)


def test_its_keys_are_those_of_the_section() -> None:
    schema = json.loads(linli("schema", "linli").stdout)
    (keys,) = [one["properties"] for one in schema["properties"]["backup"]["anyOf"] if one.get("type") == "object"]
    page = (ROOT / PAGES[0]).read_text("utf-8")
    assert "recipients" in keys
    assert not [key for key in keys if key not in page]
