"""Texts: which language a reader gets, how a message becomes a sentence, and that every room has both languages."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.ids import PluginDomain
from linli.messages import Message
from linli.translations import (
    LANGUAGES,
    Translator,
    core_folders,
    flatten,
    missing_translations,
    negotiate,
    read_texts,
)

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    folder.parent
    for root in ("core", "plugins", "integrations")
    for folder in (ROOT / root).rglob("translations")
    if any(folder.glob("*.json"))
)
LIFT = PluginDomain("lift")


@pytest.fixture
def translator() -> Translator:
    translator = Translator(ZoneInfo("Asia/Shanghai"))
    translator.take(
        LIFT,
        {
            "en": {"stuck": "Lift {number} is stuck since {since}", "only_english": "Only here", "list": "{names}"},
            "zh-Hans": {"stuck": "{since} 起 {number} 号电梯停运", "list": "{names}"},
        },
    )
    return translator


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_every_text_stands_in_both_languages_with_the_same_parameters(room: Path) -> None:
    assert missing_translations(room) == []


def test_no_two_rooms_of_the_core_give_the_same_key_different_texts() -> None:
    seen: dict[str, tuple[Path, str]] = {}
    clashes = []
    for folder in core_folders():
        for key, text in read_texts(folder).get("en", {}).items():
            if key in seen and seen[key][1] != text:
                clashes.append(f"{key}: {seen[key][0].name}, {folder.name}")
            seen[key] = (folder, text)
    assert clashes == []


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh_CN", "zh-Hans"),
        ("zh-Hans-CN", "zh-Hans"),
        ("ZH-hant-tw", "zh-Hans"),
        ("en-GB", "en"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
        ("fr;q=0.9, zh-CN;q=0.8, en;q=0.7", "zh-Hans"),
        ("en;q=0.3,zh;q=0.9", "zh-Hans"),
        ("zh;q=0,en", "en"),
        ("zh;q=nonsense", "en"),
    ],
)
def test_a_reader_gets_the_language_that_suits(wanted: str | None, language: str) -> None:
    assert negotiate(wanted) == language


@given(st.text())
def test_whatever_a_browser_asks_for_has_an_answer(header: str) -> None:
    assert negotiate(header) in LANGUAGES


def test_one_message_is_said_to_each_reader_in_their_language_and_time_zone(translator: Translator) -> None:
    stuck = Message("stuck", {"number": 2, "since": datetime(2025, 3, 1, 16, 5, tzinfo=UTC)}, LIFT)
    assert translator.text(stuck, "zh-CN") == "2025-03-02 00:05 起 2 号电梯停运"
    assert translator.text(stuck, "en") == "Lift 2 is stuck since 2025-03-02 00:05"


def test_what_lacks_a_text_is_said_in_english_and_then_as_its_key(translator: Translator) -> None:
    assert translator.text(Message("only_english", {}, LIFT), "zh") == "Only here"
    assert translator.text(Message("nowhere", {}, LIFT), "zh") == "nowhere"
    assert translator.text(Message("nowhere", {}, PluginDomain("gone")), "zh") == "nowhere"
    assert translator.catalog(LIFT, "zh")["only_english"] == "Only here"


def test_a_missing_parameter_leaves_its_braces_and_braces_in_a_value_stay(translator: Translator) -> None:
    assert translator.text(Message("stuck", {"number": "{since}"}, LIFT), "en") == "Lift {since} is stuck since {since}"


def test_what_a_person_wrote_is_shown_as_it_is(translator: Translator) -> None:
    assert translator.text("{stuck} 100 %", "zh") == "{stuck} 100 %"


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (timedelta(hours=1, minutes=5, seconds=9), "1 h 5 min", "1 小时 5 分钟"),
        (timedelta(days=2, seconds=1), "2 d 1 s", "2 天 1 秒"),
        (timedelta(0), "0 s", "0 秒"),
        (timedelta(seconds=-61), "-1 min 1 s", "-1 分钟 1 秒"),
        (date(2025, 1, 2), "2025-01-02", "2025-01-02"),
        (datetime(2025, 1, 2, 3, 4), "2025-01-02 03:04", "2025-01-02 03:04"),
        (["a", "b"], "a, b", "a、b"),
        (Message("only_english", {}, LIFT), "Only here", "Only here"),
        (3.5, "3.5", "3.5"),
    ],
)
def test_parameters_are_said_as_people_read_them(
    translator: Translator, value: object, english: str, chinese: str
) -> None:
    assert translator.text(Message("list", {"names": value}, LIFT), "en") == english
    assert translator.text(Message("list", {"names": value}, LIFT), "zh") == chinese


def test_a_message_belongs_to_who_hands_it_over_unless_it_says_otherwise() -> None:
    assert Message("x").of(LIFT).domain == LIFT
    assert Message("x", {}, PluginDomain("doorbell")).of(LIFT).domain == "doorbell"


def test_a_dropped_plugin_says_only_keys_and_the_core_cannot_be_dropped(translator: Translator) -> None:
    translator.drop(LIFT)
    translator.drop(PluginDomain("core"))
    assert translator.say(LIFT, "only_english", {}, "en") == "only_english"
    assert translator.say(PluginDomain("core"), "duration.days", {"count": 3}, "en") == "3 d"


leaves = st.text(min_size=1, max_size=5)
names = st.text("ab_1电", min_size=1, max_size=3)


shallow = st.dictionaries(names, leaves, max_size=3)


@given(st.dictionaries(names, leaves | shallow | st.dictionaries(names, leaves | shallow, max_size=3), max_size=3))
def test_flattening_loses_no_text(tree: dict[str, object]) -> None:
    def count(part: object) -> int:
        return sum(count(value) for value in part.values()) if isinstance(part, dict) else 1

    flat = flatten(tree)
    assert len(flat) == count(tree)
    for key, text in flat.items():
        at: object = tree
        for step in key.split("."):
            assert isinstance(at, dict)
            at = at[step]
        assert at == text


def write(folder: Path, **texts: object) -> Path:
    (folder / "translations").mkdir()
    for language, tree in texts.items():
        (folder / "translations" / f"{language.replace('_', '-')}.json").write_text(json.dumps(tree), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        ({"a": "x"}, {"a": "y", "b": "z"}, "en.json lacks b"),
        ({"a": "x", "b": {"c": "z"}}, {"a": "y"}, "zh-Hans.json lacks b.c"),
        ({"a": "{n} x"}, {"a": "y {m}"}, "a names m, n in one language only"),
        ({"a": ""}, {"a": "y"}, "en.json: a is empty"),
        ({"a": 5}, {"a": "y"}, "a is int, expected a text"),
        (["a"], {"a": "y"}, "expected a map of texts, found list"),
    ],
)
def test_the_checker_names_what_is_missing(tmp_path: Path, english: object, chinese: object, fault: str) -> None:
    (found,) = missing_translations(write(tmp_path, en=english, zh_Hans=chinese))
    assert found.endswith(fault)


def test_the_checker_names_a_missing_language_and_bad_json(tmp_path: Path) -> None:
    assert missing_translations(write(tmp_path, en={"a": "x"}))[0].endswith("zh-Hans.json is missing")
    (tmp_path / "translations" / "zh-Hans.json").write_text("{", "utf-8")
    assert "zh-Hans.json" in missing_translations(tmp_path)[0]


def test_a_room_without_texts_lacks_none(tmp_path: Path) -> None:
    assert missing_translations(tmp_path) == []
    assert read_texts(tmp_path) == {}
