"""Every public ``sv.*`` describes itself truthfully, and refuses what it should with a sentence."""

from contextlib import suppress
from datetime import date, time, timedelta
from enum import Enum
from typing import Any

import pytest
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st

from linli import schema as sv


class Mode(Enum):
    HOME = "home"
    AWAY = "away"


NOT_VALIDATORS = {"Part", "Refusal", "Surroundings", "Validator", "TimeRange", "duration_text", "json_schema"}
WITH_PARAMETERS: dict[str, Any] = {
    "any_of": sv.any_of(sv.port, sv.boolean),
    "at_least": sv.at_least(sv.duration),
    "at_most": sv.at_most(sv.integer(min=1)),
    "constant": sv.constant("sms"),
    "defines": sv.defines("role", sv.slug),
    "ensure_list": sv.ensure_list(sv.slug),
    "enum": sv.enum(Mode),
    "list_of": sv.list_of(sv.entity_id("light"), min=1),
    "map_of": sv.map_of(sv.slug, sv.duration),
    "maybe": sv.maybe(sv.time),
    "one_of": sv.one_of("web", "sms"),
    "pattern": sv.pattern(r"\d{4}", example="0042"),
    "reference": sv.reference("role"),
    "section": sv.section({vol.Required("who"): sv.string}),
    "subset": sv.subset(sv.list_of(sv.slug)),
    "superset": sv.superset(sv.list_of(sv.slug)),
    "templated": sv.templated(sv.duration),
    "variant": sv.variant("type", {"sms": {vol.Required("to"): sv.phone}, "web": {}}),
}


def every_validator() -> list[tuple[str, sv.Validator]]:
    found = []
    for name in sv.__all__:
        if name in NOT_VALIDATORS:
            continue
        public = WITH_PARAMETERS.get(name, getattr(sv, name))
        found.append((name, public() if isinstance(public, type) else public))
    return found


@pytest.mark.parametrize(("name", "validator"), every_validator(), ids=[name for name, _ in every_validator()])
def test_every_public_name_is_an_object_that_describes_itself(name: str, validator: sv.Validator) -> None:
    assert isinstance(validator, sv.Validator), f"sv.{name} is a plain function: exporters would call it a string"
    once = validator(validator.example)
    assert validator(once) == once
    assert vol.Schema(validator)(validator.example) == once
    described = validator.json_schema()
    assert fits(described, validator.example), described
    assert len(validator.selector()) == 1
    assert validator.expects().text("en")
    assert "{" not in validator.expects().text("en").replace("{start", "")


@pytest.mark.parametrize(("name", "validator"), every_validator(), ids=[name for name, _ in every_validator()])
def test_every_public_name_refuses_nonsense_with_a_refusal_only(name: str, validator: sv.Validator) -> None:
    for nonsense in (object(), {"\0": []}, [[[]]], "\0", -1e300, float("nan"), b"x", {}, [], "", 10**400, 10**9000):
        with suppress(vol.Invalid):
            validator(nonsense)


def test_every_class_stands_for_its_bare_instance_in_a_schema() -> None:
    schema = vol.Schema({vol.Required("count"): sv.integer, vol.Required("lamp"): sv.entity_id})
    assert schema({"count": 3, "lamp": "light.hall"}) == {"count": 3, "lamp": "light.hall"}
    assert sv.json_schema(schema)["properties"]["count"] == {"type": "integer"}


REFUSED = [
    (sv.duration, 30, '30 has no unit of time: write "30s" for seconds or "30m" for minutes'),
    (sv.duration, "30", '30 has no unit of time: write "30s" for seconds or "30m" for minutes'),
    (sv.duration, "5 parsecs", "expected a length of time with its unit"),
    (sv.duration, {"minuets": 5}, 'unknown unit of time "minuets"'),
    (sv.duration_range(max="1h"), "2h", "expected a length of time from 0s to 1h"),
    (
        sv.entity_id("event"),
        "light.hall",
        'an entity of event (like "event.front_door"), got "light.hall", which is of',
    ),
    (sv.entity_id(), "Hall lamp", 'expected an entity id like "light.front_door", got "Hall lamp"'),
    (sv.one_of("web", "sms"), "smss", 'expected one of web, sms, got "smss" (did you mean "sms"?)'),
    (sv.time_zone, "Asia/Shangai", 'expected a time zone like "Asia/Shanghai", got "Asia/Shangai" (did you mean'),
    (sv.port, 70000, "expected a port number from 1 to 65535, got 70000"),
    (sv.port, True, "expected a port number from 1 to 65535, got true"),
    (sv.string, False, "put the word in quotes if you mean text"),
    (sv.temperature(), "70 °F", 'expected a number from -100 to 1000 °C, got "70 °F"'),
    (sv.url(), "ftp://example.org", "expected an address like"),
    (sv.url(), "http://me:geheim@example.org", "may not hold a user name or password"),
    (sv.host, "192.168.1.300", "expected a host name or IP address"),
    (sv.file(), "../secrets.yaml", "leads out of the deployment's folder"),
    (sv.cron, "0 25 * * *", "expected a cron line of five fields"),
    (sv.time_range, "07:00-07:00", "covers nothing"),
    (sv.template, "{{ states('x' }}", "the template is broken in its line 1"),
    (sv.language, "chinese", "expected a language like"),
    (sv.enum(Mode), "awy", '(did you mean "away"?)'),
    (sv.list_of(sv.slug, unique=True), ["a", "a"], "stands in the list twice"),
    (sv.list_of(sv.slug, min=2), ["a"], "expected a list of at least 2 times"),
]


@pytest.mark.parametrize(("validator", "value", "sentence"), REFUSED)
def test_a_refusal_says_what_was_expected(validator: sv.Validator, value: Any, sentence: str) -> None:
    with pytest.raises(vol.Invalid) as refusal:
        validator(value)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("validator", "value"), [(sv.phone, "call 13800000000 now"), (sv.email, "li.hua@"), (sv.latitude, 130.5)]
)
def test_a_refusal_repeats_no_personal_value(validator: sv.Validator, value: Any) -> None:
    with pytest.raises(sv.Refusal) as refusal:
        validator(value)
    assert str(value) not in str(refusal.value)
    assert str(value) not in repr(refusal.value.phrase)


MEANT = [
    (sv.duration, "1h30m", timedelta(minutes=90)),
    (sv.duration, "1.5h", timedelta(minutes=90)),
    (sv.duration, "00:05:30", timedelta(minutes=5, seconds=30)),
    (sv.duration, "02:30", timedelta(hours=2, minutes=30)),
    (sv.duration, {"minutes": 5}, timedelta(minutes=5)),
    (sv.duration, "5分钟", timedelta(minutes=5)),
    (sv.duration, "250ms", timedelta(milliseconds=250)),
    (sv.offset, "-00:30:00", timedelta(minutes=-30)),
    (sv.seconds_or_duration, 10, timedelta(seconds=10)),
    (sv.boolean, "Off", False),
    (sv.string, 12.5, "12.5"),
    (sv.integer(min=0), "12", 12),
    (sv.integer(), 12.0, 12),
    (sv.percentage, "40 %", 40),
    (sv.temperature(), "21.5 °C", 21.5),
    (sv.phone, "(0571) 8500-0000", "057185000000"),
    (sv.phone, 120, "120"),
    (sv.time, "7:30", time(7, 30)),
    (sv.date, "2025-02-28", date(2025, 2, 28)),
    (sv.weekdays, "workday", ["mon", "tue", "wed", "thu", "fri"]),
    (sv.weekdays, ["周日", "Monday"], ["mon", "sun"]),
    (sv.entity_ids(), "light.a, light.b", ["light.a", "light.b"]),
    (sv.target_entity_ids(), "all", "all"),
    (sv.ensure_list(sv.slug), "a", ["a"]),
    (sv.ensure_list(sv.slug), None, []),
    (sv.color, "#ff8800", (255, 136, 0)),
    (sv.coordinates, [30, 120], {"latitude": 30, "longitude": 120}),
    (sv.templated(sv.port), "{{ 80 }}", "{{ 80 }}"),
    (sv.mac, "A4-C1-38-0F-22-7B", "a4:c1:38:0f:22:7b"),
]


@pytest.mark.parametrize(("validator", "value", "meant"), MEANT)
def test_what_was_written_becomes_what_was_meant(validator: sv.Validator, value: Any, meant: Any) -> None:
    assert validator(value) == meant


def test_a_list_reports_all_its_bad_items() -> None:
    schema = vol.Schema({"lamps": sv.list_of({vol.Required("id"): sv.entity_id("light"), "for": sv.duration})})
    with pytest.raises(vol.MultipleInvalid) as mistakes:
        schema({"lamps": [{"id": "light.a"}, {"id": "lamp.b", "for": 3}, {}, 4]})
    assert [error.path for error in mistakes.value.errors] == [
        ["lamps", 1, "id"], ["lamps", 1, "for"], ["lamps", 2, "id"], ["lamps", 3],
    ]  # fmt: skip


def test_a_variant_reports_the_mistakes_of_the_shape_that_was_meant() -> None:
    channel = sv.variant("type", {"sms": {vol.Required("to"): sv.phone}, "screen": {vol.Required("area"): sv.area_id}})
    with pytest.raises(vol.Invalid, match="required key not provided"):
        channel({"type": "screen"})
    with pytest.raises(vol.Invalid, match=r'unknown value "smss".*did you mean "sms"'):
        channel({"type": "smss"})
    with pytest.raises(vol.Invalid, match='required key "type" is missing, expected one of sms, screen'):
        channel({})


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36525)))
def test_a_duration_reads_back_as_it_was_written(length: timedelta) -> None:
    assert sv.duration(sv.duration_text(length)) == length


@given(st.text(max_size=30) | st.integers() | st.floats() | st.dictionaries(st.text(max_size=8), st.integers()))
def test_no_text_breaks_the_duration_parser(written: Any) -> None:
    try:
        assert timedelta(0) <= sv.duration(written) <= timedelta(days=36525)
    except sv.Refusal:
        pass


@given(hours=st.integers(0, 99), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_a_clock_and_units_mean_the_same_duration(hours: int, minutes: int, seconds: int) -> None:
    assert sv.duration(f"{hours:02}:{minutes:02}:{seconds:02}") == sv.duration(f"{hours}h {minutes}min {seconds} s")


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value passes the small part of JSON Schema that the validators use."""
    import re

    if "anyOf" in schema or "oneOf" in schema:
        return any(fits(option, value) for option in schema.get("anyOf", schema.get("oneOf")))
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = schema.get("type", [])
    python: dict[str, Any] = {
        "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
        "null": type(None),
    }  # fmt: skip
    if kinds and not any(isinstance(value, python[kind]) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    if isinstance(value, dict):
        properties, other = schema.get("properties", {}), schema.get("additionalProperties", True)
        return set(schema.get("required", ())) <= set(value) and all(
            fits(properties[key], item) if key in properties else other is True or (other and fits(other, item))
            for key, item in value.items()
        )
    if isinstance(value, list):
        return schema.get("minItems", 0) <= len(value) and all(fits(schema.get("items", {}), item) for item in value)
    return schema.get("minimum", value) <= value if isinstance(value, int | float) else True
