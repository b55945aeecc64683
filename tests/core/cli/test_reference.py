"""How a schema becomes rows, and text becomes Markdown."""

import pytest
import voluptuous as vol

from linli import schema as sv
from linli.cli.reference.fields import NOT_GIVEN, Field, fields_of, takes
from linli.cli.reference.markdown import page, prose, table


def documented(value: object) -> object:
    """What a function's docstring says."""
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (sv.integer(min=0, max=100, unit="%"), "a whole number from 0 to 100 %"),
        (sv.duration, 'a length of time with its unit, like "30s", "1h30m" or "00:05:00"'),
        (vol.All(int, vol.Range(min=1, max=86400)), "a whole number, 1 to 86400"),
        (vol.All(str, vol.Length(min=1)), "text, at least 1 long"),
        (vol.All(sv.number, vol.Coerce(int), vol.Clamp(0, 255)), "a number, a whole number, brought to 0 to 255"),
        (vol.Any(str, None), "text or nothing"),
        (vol.In(["slider", "box"]), "one of slider, box"),
        ([str], "a list of text"),
        (documented, "what a function's docstring says"),
        (vol.All(dict, lambda value: value), "a map of keys and values"),
        (lambda value: value, ""),
        (object, "anything"),
    ],
)  # fmt: skip
def test_what_a_key_takes_is_said_in_words(value, words):
    assert takes(value) == words


def test_keys_of_inner_maps_stand_under_their_path():
    schema = vol.Schema(
        {
            vol.Required("who", description="Whom"): sv.list_of(sv.section({vol.Required("name"): sv.string})),
            vol.Optional("by_id", default={}): sv.map_of(
                sv.slug, sv.maybe(sv.section({vol.Optional("after", default="30s"): sv.duration}))
            ),
            vol.Exclusive("red", "colour"): bool,
            vol.Extra: object,
        }
    )
    rows = {field.path: field for field in fields_of(schema)}
    assert list(rows) == ["who", "who[].name", "by_id", "by_id.<name>.after", "red", "<name>"]
    assert rows["who"] == Field("who", "a list of a map with the keys below", "yes", NOT_GIVEN, "Whom")
    assert (rows["by_id"].required, rows["by_id"].default) == ("no", {})
    assert rows["by_id.<name>.after"].default == "30s"
    assert rows["red"].required == "at most one of *colour*"


def test_a_schema_with_a_check_of_the_whole_is_read_through():
    schema = vol.Schema(vol.All(vol.Schema({vol.Required("low"): int}), documented))
    assert [field.path for field in fields_of(schema)] == ["low"]


def test_a_cell_cannot_break_its_table():
    assert table(("a", "b"), [("x | y", "two\nlines")]).splitlines()[-1] == r"| x \| y | two lines |"
    assert table(("a",), []) == ""


def test_a_docstrings_marks_become_markdowns_and_tags_stay_text():
    assert prose("``id`` of :class:`~linli.Event` <b>&</b>") == "`id` of `linli.Event` &lt;b&gt;&&lt;/b&gt;"


def test_a_page_names_the_command_that_writes_it():
    assert page("Hooks", "", "text\n").splitlines()[2:] == ["# Hooks", "", "text"]
    assert "make docs" in page("Hooks").splitlines()[0]
