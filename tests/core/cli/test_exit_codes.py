"""Every command, right and wrong: how it ends, and that a Chinese terminal is told nothing in English."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from core.cli.conftest import LANGUAGE_VARIABLES
from linli.cli.main import app

GOOD = "linli: {name: 家, language: zh-Hans}\nhttp: {}\napi: {}\n"
BROKEN = """
linli: {name: 家, language: zh-Hans, packs: [houshold], trusted: [doorbel], place: x}
http: {host: 0.0.0.0, prot: 3, limits: {body_within: 30}}
api: yes
demo: {colour: green}
nosuch: {}
helpers: {input_number: {n: {min: 3, max: 1}}}
"""
SENTENCE = re.compile(r"[A-Za-z]{2,}[ ,;]+[a-z]{2,}[ ,;]+[a-z]{2,}")
TABLE = re.compile(r"\S {2,}\S|^[a-z]+(\.[a-z_]+)+: ")
"""Rows of names, and what ``explain`` quotes of a plugin's own description, which is English."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def english(text: str) -> list[str]:
    """Lines of three words and more without a Chinese character, commands to type aside."""
    lines = (re.sub(r"linli (user|token|run|check)[^，。]*", "", line) for line in text.splitlines())
    return [line for line in lines if SENTENCE.search(line) and not CHINESE.search(line) and not TABLE.search(line)]


@pytest.fixture
def walk(linli, deployment, data: Path, tmp_path: Path):
    """A store with two users without passwords, one of them the only owner, beside a good and a broken deployment."""
    places = {"HOME": deployment(GOOD), "DATA": data, "NOWHERE": tmp_path / "nowhere", "FILE": tmp_path / "file"}
    places["BROKEN"] = tmp_path / "broken"
    places["BROKEN"].mkdir()
    (places["BROKEN"] / "linli.yaml").write_text(BROKEN, encoding="utf-8")
    places["FILE"].write_text("no folder", encoding="utf-8")

    def typed(words: str, password: str = ""):
        if "DATA" in words.split(" "):
            for user in ("anna --role admin --owner", "bo --role resident"):
                assert linli("user", "add", *user.split(), "--data", data, typed="\n").code == 0
        arguments = [str(places.get(word, word)) for word in words.split(" ")] if words else []
        return linli(*arguments, typed=password, lang="zh_CN.UTF-8")

    return typed


RIGHT = [
    "check HOME",
    "explain HOME http.port",
    "explain HOME http.host --set http.port=9000",
    "plugins",
    "plugins HOME",
    "user list --data DATA",
    "user owner bo --data DATA",
    "user remove bo --data DATA",
    "user password bo --data DATA",
    "user set-up --data DATA",
    "token create --user bo --data DATA",
    "token list --user bo --data DATA",
    "journal verify --data DATA",
    "journal rotate-key --data DATA",
]
AT_FAULT = [
    "check BROKEN",
    "check NOWHERE",
    "check FILE",
    "explain NOWHERE http.port",
    "explain HOME http.nothing",
    "plugins NOWHERE",
    "hooks NOWHERE",
    "schema htpp",
    "run NOWHERE --alone",
    "run BROKEN --alone --data NOWHERE",
    "run HOME --alone --host 0.0.0.0 --data NOWHERE",
    "run HOME --alone --set http.port=many --data NOWHERE",
    "run HOME --alone --set http --data NOWHERE",
    "run HOME --alone --data FILE",
    "user list --data NOWHERE",
    "user list --data FILE",
    "user add anna --role admin --data DATA",
    "user add cy --role king --data DATA",
    "user add cy --role resident --place a\u3000b --data DATA",
    "user add cy --role resident --person a\u3000b --data DATA",
    f"user add {'x' * 65} --role resident --data DATA",
    "user add c\u200by --role resident --data DATA",
    "user add \u3000 --role resident --data DATA",
    "user owner nobody --data DATA",
    "user remove anna --data DATA",
    "user remove nobody --data DATA",
    "user password nobody --data DATA",
    "token create --user nobody --data DATA",
    "token create --user bo --days 0 --data DATA",
    "token create --user bo --name \u3000 --data DATA",
    "token list --user nobody --data DATA",
    "token revoke nothing --data DATA",
    "journal verify --data NOWHERE",
    "journal rotate-key --data NOWHERE",
    "backup",
    "backup --data NOWHERE",
    "restore --data NOWHERE backup.age",
]
USAGE = [
    "restore",
    "nonsense",
    "chek HOME",
    "check",
    "check HOME HOME",
    "check HOME --nonsense",
    "explain HOME",
    "run HOME --alone --port many",
    "run HOME --alone --port",
    "user adde",
    "user add",
    "user add cy --data DATA",
    "user owner cy",
    "token create --days many --user bo --data DATA",
    "journal verify",
]
WORDS = [(line, code) for code, lines in enumerate((RIGHT, AT_FAULT, USAGE)) for line in lines]


@pytest.mark.parametrize(("words", "code"), WORDS, ids=[line[:60] or "nothing" for line, _ in WORDS])
def test_every_command_ends_with_its_code_and_in_chinese(walk, words, code):
    said = walk(words)
    assert said.code == code, said
    assert english(said.out + said.err) == []
    assert said.err or not code, "nothing was said"


@pytest.mark.parametrize("password", ["short", "bo", "x" * 2000], ids=["short", "the name", "long"])
def test_a_password_that_will_not_do_is_refused_in_chinese(walk, password):
    said = walk("user password bo --data DATA", f"{password}\n")
    assert (said.code, said.out) == (1, "")
    assert english(said.err) == []


def commands(command, words: str = "") -> list[str]:
    """Every command that there is, as it is typed."""
    below = getattr(command, "commands", {})
    return [words, *(line for name, inner in below.items() for line in commands(inner, f"{words} {name}".strip()))]


def test_the_help_of_every_command_is_chinese():
    """In a process of its own: the texts of options are taken when the command line is built."""
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom linli.cli.main import app\n"
        "for line in sys.argv[1:]:\n"
        "    print(CliRunner().invoke(app, [*line.split(), '--help']).output)\n"
    )
    every = commands(get_command(app))
    assert "token create" in every
    kept = {name: value for name, value in os.environ.items() if name not in LANGUAGE_VARIABLES}
    shown = subprocess.run(
        [sys.executable, "-c", script, *every],
        env={**kept, "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8", "COLUMNS": "240"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=30,
    ).stdout
    assert shown.count("Usage: linli") == len(every)
    lines = [re.sub(r"[│╭╰─╮╯]|Usage: .*", "", line).strip() for line in shown.splitlines()]
    assert [line for line in lines if SENTENCE.search(line) and not CHINESE.search(line)] == []


@pytest.mark.parametrize("words", ["", "user", "token", "journal"])
def test_a_command_without_its_sub_command_shows_the_help_and_ends_with_2(walk, words):
    said = walk(words)
    assert said.code == 2
    assert "Usage: linli" in said.out


def test_the_walk_finds_english():
    assert english("The journal holds.\n日志完好 the journal holds") == ["The journal holds."]
