"""What a blueprint says, and what it becomes when its holes are filled."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli import InvalidRequest
from linli_blueprint.model import Blueprint
from linli_blueprint.reading import Unreadable, read
from linli_blueprint.selectors import SELECTORS

FOLLOW = """
blueprint:
  name: Follow
  domain: automation
  input:
    leader: {name: Leader, selector: {entity: {}}}
    more:
      name: More
      input:
        pause: {default: 5}
mode: restart
trigger: {platform: state, entity_id: !input leader}
action: [{delay: !input pause}, {action: switch.turn_on, target: {entity_id: !input leader}}]
"""
WITH = "blueprint: {name: N, domain: automation, input: %s}\ntrigger: []\naction: []\n"


def test_holes_are_filled_wherever_they_are_and_defaults_count_where_nothing_is_given():
    filled = Blueprint.of_file(FOLLOW).filled({"leader": "switch.a", "not there": 1})
    assert filled == {
        "mode": "restart",
        "triggers": {"platform": "state", "entity_id": "switch.a"},
        "actions": [{"delay": 5}, {"action": "switch.turn_on", "target": {"entity_id": "switch.a"}}],
    }
    assert Blueprint.of_file(FOLLOW).filled({"leader": "switch.a", "pause": None})["actions"][0] == {"delay": None}


def test_an_input_without_a_default_is_wanted_even_where_nothing_waits_for_it():
    with pytest.raises(InvalidRequest, match="Missing input a, b"):
        Blueprint.of_file(WITH % "{b: , a: {name: A}, c: {default: 1}}").filled({})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1", "expected a dictionary"),
        ("", "expected a dictionary"),
        ("a: 1", r"required key not provided @ data\['blueprint'\]"),
        ("blueprint: {name: x}", r"\['domain'\]"),
        ("blueprint: {name: x, domain: light}", "incorrect blueprint type light"),
        ("blueprint: {name: x, domain: automation, colour: red}", "extra keys not allowed"),
        ("blueprint: {name: x, domain: automation, source_url: nope}", "invalid url"),
        ("blueprint: {name: x, domain: automation, homeassistant: {min_version: '2024'}}", "Version needs to be"),
        ("blueprint: {name: x, domain: automation}\ntrigger: !input z", "Missing input definition for z"),
        ("blueprint: {name: x, domain: automation}\n!input z : 1", "Missing input definition for z"),
        (WITH % "{z: 5}", "not a valid value"),
        (WITH % "{z: {colour: 1}}", "extra keys not allowed"),
        (WITH % "{z: {default: !input y}, y: }", "a default has no !input"),
        (WITH % "{s: {input: {a: }}, a: }", "Duplicate use of input key a"),
        (WITH % "{s: {input: {t: {input: {a: }}}}}", "extra keys not allowed"),
        (WITH % "{s: {input: }}", "expected a dictionary"),
        (WITH % "{z: {selector: {moon: {}}}}", "Unknown selector type moon"),
        (WITH % "{z: {selector: {entity: {}, device: {}}}}", "Only one type can be specified"),
        (WITH % "{z: {selector: entity}}", "Expected a dictionary"),
        (WITH % "{z: {selector: {number: {min: 1}}}}", "min and max are required in slider mode"),
        ("blueprint: !secret x", "could not determine a constructor"),
        ("blueprint: !include x.yaml", "could not determine a constructor"),
        ("blueprint: !!python/object/apply:os.system [x]", "could not determine a constructor"),
        ("a: [", "did not find expected node content"),
    ],
)
def test_what_is_no_blueprint_is_told_in_a_sentence(text, said):
    with pytest.raises(InvalidRequest, match=said):
        Blueprint.of_file(text)


def test_a_blueprint_for_scripts_is_none_for_automations():
    with pytest.raises(InvalidRequest, match="type script, expected automation"):
        Blueprint.of_file("blueprint: {name: x, domain: script}\nsequence: []", "automation")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"area": {"entity": {"domain": "light"}}}, {"area": {"entity": [{"domain": ["light"]}], "multiple": False}}),
        ({"number": {"min": 0, "max": 9}}, {"number": {"min": 0.0, "max": 9.0, "step": 1, "mode": "slider"}}),
        ({"boolean": None}, {"boolean": {}}),
        ({"text": {}}, {"text": {"multiline": False, "multiple": False}}),
        ({"color_temp": {"min": 1.5}}, {"color_temp": {"min": 1, "unit": "mired"}}),
    ],
)
def test_a_selector_is_completed_with_what_it_means_unsaid(written, said):
    import json

    metadata = Blueprint.of_file(WITH % json.dumps({"z": {"selector": written}})).metadata
    assert metadata["input"]["z"]["selector"] == said


def test_every_selector_of_the_release_is_known():
    assert len(SELECTORS) == 37


def test_a_later_release_is_doubted_and_an_earlier_one_is_not():
    said = "blueprint: {name: x, domain: script, homeassistant: {min_version: %s}}\nsequence: []"
    assert Blueprint.of_file(said % "2025.4.0").doubts() is None
    assert Blueprint.of_file(said % "2025.5.0").doubts() == ["Requires at least Home Assistant 2025.5.0"]


def laughs(lines):
    rows = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, lines)]
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (laughs(40), "more than 20000 values"),
        ("a: &a [*a]", "stands for nothing"),
        ("[" * 100 + "]" * 100, "nested too deep"),
        ("a: " + "x" * 300_000, "larger than 256 KB"),
        ("a: 2025-13-45", "makes no sense"),
        ("? [a]\n: 1", "unhashable"),
        (b"\xff\xfe\x00\xd8", "unacceptable character"),
    ],
    ids=["laughs", "itself", "deep", "large", "no date", "no key", "no text"],
)
def test_yaml_that_would_hurt_is_refused(text, said):
    with pytest.raises(Unreadable, match=said):
        read(text)


def test_aliases_are_read_where_they_are_few():
    assert read("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.text(alphabet="[]{}:,&*!a- \n'\"|>?#%")))
def test_any_text_is_read_or_refused(text):
    try:
        read(text)
    except Unreadable:
        pass


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_what_is_given_stands_where_the_hole_was(value):
    text = WITH % "{z: }" + "variables: {deep: [{here: !input z}]}\n"
    assert Blueprint.of_file(text).filled({"z": value})["variables"] == {"deep": [{"here": value}]}
