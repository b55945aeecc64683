"""What people read stands in both languages."""

import json
import re
from pathlib import Path

import pytest

import linli.template
from linli.template.errors import MESSAGES, shown

FOLDER = Path(linli.template.__file__).parent / "translations"


def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))["template"]
    return found


def test_english_is_what_the_code_says() -> None:
    assert texts("en") == MESSAGES


def test_chinese_has_every_message_with_its_parameters() -> None:
    chinese = texts("zh-Hans")
    assert chinese.keys() == MESSAGES.keys()
    for key, text in chinese.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", MESSAGES[key])), key


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "'x'"),
        ("a" * 100, "'" + "a" * 39 + "…'"),
        (5, "5"),
        (10**100, "a very large number"),
        (True, "True"),
        (None, "None"),
        ([1], "a list"),
    ],
)
def test_a_value_is_shown_short(value: object, text: str) -> None:
    assert shown(value) == text
