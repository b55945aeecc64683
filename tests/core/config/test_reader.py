"""One YAML file: what its values mean, where they stand, and what is refused with a helpful line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.config.builder import MAX_DEPTH
from linli.config.nodes import Items, Scalar, Table, find, plain
from linli.config.reader import parse


def lines(text: str | bytes, *, tags_allowed: bool = True) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [problem.line() for problem in parse(data, "a.yaml", tags_allowed=tags_allowed).problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8123", 8123), ("-4", -4), ("21.5", 21.5), ("0x1F", 31), ("true", True), ("Off", False), ("no", False),
        ("~", None), ("", None), ("'8123'", "8123"), ('"on"', "on"), ("22:00", "22:00"), ("0042", "0042"),
        ("+8613800000000", "+8613800000000"), ("2025-05-01", "2025-05-01"), ("1e3", "1e3"), ("1_000", "1_000"),
        ("00:05:00", "00:05:00"), ("!!str 42", "42"), ("!!float 4", 4.0), ("客厅", "客厅"), ("9" * 400, "9" * 400),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_a_householder_expects(written: str, meant: object) -> None:
    value = plain(parse(f"key: {written}\n".encode(), "a.yaml").root)["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_text_as_they_are_written() -> None:
    assert plain(parse(b"on: 1\n1: 2\nno: 3\n", "a.yaml").root) == {"on": 1, "1": 2, "no": 3}


def test_every_node_knows_its_line_and_column() -> None:
    root = parse("a: 1\nliste:\n  - x\n  - {门: !secret y}\n".encode(), "a.yaml").root
    assert isinstance(root, Table)
    assert str(root.entries["liste"].key_position) == "a.yaml:2:1"
    deep = find(root, ("liste", 1, "门"))
    assert deep is not None
    assert str(deep.position) == "a.yaml:4:9"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2", 'a.yaml:2:1: a: the key "a" stands in line 1 already'),
        ("a:\n\t- b", "a.yaml:2:1: this is no YAML: a tab indents the line; use spaces"),
        ("a: b: c", "a.yaml:1:5: this is no YAML: a second"),
        ("a: 'x\nb: 1\n", "a.yaml:1:4: this is no YAML: the quote that opens here is not closed"),
        ("a: {b: [1, 2}", "a.yaml:1:8: this is no YAML: the bracket that opens here is not closed"),
        ("a:\n  b: 1\n c: 2", "a.yaml:3:2: this is no YAML: the line is indented differently"),
        ("a: @x", "a.yaml:1:4: this is no YAML: found character that cannot start any token; put the text in quotes"),
        ('a: "C:\\dir"', 'a.yaml:1:7: this is no YAML: unknown escape after "\\"'),
        ("a: x\x07", "a.yaml:1:5: this is no YAML: the character U+0007 may not stand in a file"),
        (b"a: 1\nname: \xc0\xb1", "a.yaml:2:7: the file is not UTF-8 (byte 0xC0): save it as UTF-8"),
        ("a: {{ states('x') }}", "a.yaml:1:5: a: a key must be plain text; a template ({{ … }}) must stand in quotes"),
        ("a: 1\n---\nb: 2", "a.yaml:2:1: a second document (---) in one file; only the first is read"),
        ("a: *b", "a.yaml:1:4: a: *b repeats nothing: there is no &b above it"),
        ("a: &a [*a]", "a.yaml:1:8: a[0]: *a stands inside of what it repeats"),
        ("a: !inclde x", 'a.yaml:1:4: a: unknown tag !inclde (did you mean "!include"?)'),
        ("a: !!python/object/apply:os.system ['true']", "a.yaml:1:4: a: unknown tag !!python/object/apply:os.system"),
        ("!secret a: 1", "a.yaml:1:1: a: !secret may not stand before a key; only !locked may"),
        ("a: !locked 1", "a.yaml:1:4: a: !locked stands before the key: !locked key: value"),
        ("a: !!int x", 'a.yaml:1:4: a: !!int does not fit "x"'),
        ("a: {<<: 1}", None),
        ("a: {<<: [1]}", "a.yaml:1:10: << takes a map, or a list of maps"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_says_how_to_mend_it(text: str | bytes, line: str | None) -> None:
    found = lines(text)
    assert len(found) == (line is not None)
    assert line is None or found[0].startswith(line)


def test_what_came_by_api_may_use_no_tags() -> None:
    assert len(lines("a: !secret b\nc: !include d\n!locked e: 1\nf: !!map {}", tags_allowed=False)) == 3
    assert lines("a: 1\nb: [x]", tags_allowed=False) == []


def test_merge_keys_fill_in_what_a_map_does_not_say_itself() -> None:
    root = parse(b"base: &b {x: 1, y: 2}\nhome: {<<: *b, y: 3}", "a.yaml").root
    assert plain(root)["home"] == {"x": 1, "y": 3}


def test_aliases_that_multiply_end_the_reading_at_once() -> None:
    text = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for letter in range(ord("b"), ord("m")):
        text += b"%c: &%c [%s]\n" % (letter, letter, b",".join([b"*%c" % (letter - 1)] * 10))
    parsed = parse(text, "a.yaml")
    assert [problem.key for problem in parsed.problems] == ["alias_bomb"]


def test_depth_is_bounded() -> None:
    assert [problem.key for problem in parse(b"[" * 100_000, "a.yaml").problems] == ["too_deep"]
    assert [problem.key for problem in parse(b"- " * 5000 + b"x", "a.yaml").problems] == ["too_deep"]
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "a.yaml").problems == ()


@given(st.binary(max_size=200) | st.text(alphabet="ab:-{}[]!&*<\"'\n\t ,#|>%@", max_size=80).map(str.encode))
@settings(max_examples=300)
def test_no_bytes_break_the_reader(data: bytes) -> None:
    parsed = parse(data, "a.yaml")
    assert isinstance(parsed.root, Table | Items | Scalar) or parsed.problems or parsed.tagged
    for problem in parsed.problems:
        assert "\n" not in problem.line()


words = st.text(alphabet="ab 中文:#-'\"{}[]&*!|>%@\\\n\t09.", max_size=8)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(json_like)
def test_json_reads_back_as_itself(value: object) -> None:
    parsed = parse(json.dumps(value, ensure_ascii=False).encode(), "a.yaml")
    assert parsed.problems == ()
    assert plain(parsed.root) == value
