"""``linli explain``: where a value comes from, what it overrode, and what may be done with it below."""

from pathlib import Path

import pytest

from core.config.catalogs import usual
from linli.config import load
from linli.config.explain import explain
from linli.errors import NotFound


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in {
        "district/linli.yaml": "linli: {name: 区}\nincident: {!locked confirm_window: 20s, people: 2}\n"
        "http: {!locked port: 1}",
        "home/linli.yaml": "linli: {extends: ../district, name: 园, packs: [mine]}\n"
        "incident: {confirm_window: 10s, people: 3}\n"
        "doorbell: [{button: event.a, code: !secret gate}, {button: event.b}]",
        "home/secrets.yaml": "gate: '739154'",
        "home/packs/mine.yaml": "incident: {people: 1}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "home"


def lines(home: Path, key: str, *settings: str, language: str = "en") -> tuple[str, ...]:
    return explain(load(home, env={}, set=settings), key, usual()).lines(language)


def test_every_layer_that_was_overridden_is_named(home: Path) -> None:
    assert lines(home, "incident.people", "incident.people=4") == (
        "--set:1:17: incident.people is 4 (--set)",
        "linli.yaml:2:41: incident.people: overrode 3 (linli.yaml)",
        "../district/linli.yaml:2:49: incident.people: overrode 2 (../district/linli.yaml)",
        "packs/mine.yaml:1:20: incident.people: overrode 1 (pack mine)",
    )


def test_a_locked_value_says_where_and_in_which_direction_it_may_go(home: Path) -> None:
    assert lines(home, "incident.confirm_window")[-1] == (
        "../district/linli.yaml:2:12: incident.confirm_window is locked here and may only shrink below"
    )
    assert (
        lines(home, "http.port")[-1]
        == "../district/linli.yaml:3:8: http.port is locked here and may not be changed below"
    )


def test_a_default_of_the_schema_is_named_as_one(home: Path) -> None:
    assert lines(home, "doorbell[1].ring_for") == (
        'doorbell[1].ring_for is "30s" (default of its schema; no file sets it)',
    )


def test_a_secret_is_named_and_never_shown(home: Path) -> None:
    found = "\n".join(lines(home, "doorbell"))
    assert "doorbell[0].code is !secret gate (linli.yaml)" in found
    assert "739154" not in found


def test_a_description_from_the_schema_comes_first(home: Path) -> None:
    assert lines(home, "doorbell[0].button")[0] == "doorbell[0].button: The event entity that rings"


def test_it_speaks_chinese(home: Path) -> None:
    assert lines(home, "linli.name", language="zh-Hans") == (
        "linli.name: What this place is called",
        'linli.yaml:1:37: linli.name 为 "园"（linli.yaml）',
        '../district/linli.yaml:1:15: linli.name：覆盖了 "区"（../district/linli.yaml）',
    )


def test_what_a_list_replaced_as_a_whole_is_not_told_of_its_items(home: Path) -> None:
    (home.parent / "district" / "linli.yaml").write_text("doorbell: [{button: event.old}]")
    assert len(lines(home, "doorbell[1].button")) == 2
    assert "event.old" not in "".join(lines(home, "doorbell[0].button"))


@pytest.mark.parametrize("key", ["nothing", "http.nothing", "doorbell[7].button", "doorbell.button", "", "a..b"])
def test_what_nobody_says_is_not_found(home: Path, key: str) -> None:
    with pytest.raises(NotFound):
        lines(home, key)
