"""The command speaks the language of the terminal, and says the same in both."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import linli.cli
from linli.cli import words
from linli.translations import CHINESE, ENGLISH, missing_translations


def test_both_languages_have_the_same_texts():
    assert missing_translations(Path(linli.cli.__file__).parent) == []


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, CHINESE),
        ({"LANG": "zh_TW"}, CHINESE),
        ({"LANG": "en_GB.UTF-8"}, ENGLISH),
        ({"LANG": "C.UTF-8"}, ENGLISH),
        ({"LANG": "de_DE.UTF-8"}, ENGLISH),
        ({}, ENGLISH),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, ENGLISH),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, CHINESE),
    ],
)
def test_the_language_is_the_terminals(monkeypatch, variables, language):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    words.language.cache_clear()
    try:
        assert words.language() == language
    finally:
        words.language.cache_clear()


def test_results_are_chinese_at_a_chinese_terminal(linli, data):
    said = linli("user", "add", "anna", "--role", "admin", "--data", data, lang="zh_CN.UTF-8")
    assert said.out == "已添加 anna，角色 admin。\n"


def test_mistakes_and_their_count_are_chinese_too(linli, deployment):
    said = linli("check", deployment("linli: {name: 家}\nhttp: {prot: 8124}\n"), lang="zh_CN.UTF-8")
    assert said.code == 1
    mistake, count = said.complaints
    assert mistake.startswith("linli.yaml:2:8: http.prot: ")
    assert "是不是想写" in mistake
    assert count == "1 个错误，0 个警告。"


def test_what_the_store_refuses_is_chinese_too(linli, data):
    said = linli("user", "list", "--data", data, lang="zh_CN.UTF-8")
    assert said.code == 1
    assert f"{data} 中没有 linli 的数据" in said.err


def test_a_guess_is_chinese_too(linli):
    assert linli("schema", "htpp", lang="zh_CN.UTF-8").err.startswith("没有插件 htpp（是不是想写“http”？）")


def test_help_is_chinese_at_a_chinese_terminal_and_no_command_ends_with_2():
    kept = {name: value for name, value in os.environ.items() if name not in ("LANGUAGE", "LC_ALL", "LC_MESSAGES")}
    shown = subprocess.run(
        [sys.executable, "-c", "from linli.cli.start import main; main()"],
        env={**kept, "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=30,
    )
    assert shown.returncode == 2
    assert "检查一个部署并运行它" in shown.stdout + shown.stderr
