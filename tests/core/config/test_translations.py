"""What the check says exists in both languages, with the same parameters."""

import json
import re
import string
from pathlib import Path

import linli.config

FOLDER = Path(linli.config.__file__).parent
TEXTS = {path.stem: json.loads(path.read_text("utf-8")) for path in (FOLDER / "translations").glob("*.json")}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things_with_the_same_parameters() -> None:
    assert set(TEXTS) == {"en", "zh-Hans"}
    assert TEXTS["en"].keys() == TEXTS["zh-Hans"].keys()
    for key, text in TEXTS["en"].items():
        assert names(text) == names(TEXTS["zh-Hans"][key]), key


def test_every_key_in_the_code_has_its_text_and_every_text_its_use() -> None:
    code = "\n".join(path.read_text("utf-8") for path in FOLDER.rglob("*.py"))
    calls = re.findall(r'(?:phrase|Phrase|Problem|Refusal|_problem|_wrong|_told)\(\s*"([a-z0-9_]+)"', code)
    assert set(calls) <= TEXTS["en"].keys(), set(calls) - TEXTS["en"].keys()
    words = set(re.findall(r'"([a-z0-9_]+)"', code))
    composed = re.compile(r"kind_\w+|name_of_\w+|(file|folder)_missing")
    unused = [key for key in TEXTS["en"] if key not in words and not composed.fullmatch(key)]
    assert unused == []
