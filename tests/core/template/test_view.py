"""What a reader may not see does not exist: every function answers as for a name that never was."""

import pytest

from linli.template import (
    AreaView,
    DeviceView,
    EmptyWorld,
    EntityView,
    EntryView,
    LabelView,
    TemplateEngine,
    TemplateError,
)
from linli.testing.worlds import StaticWorld

ASKED = [
    "{{ states('light.secret') }}",
    "{{ states.light.secret is none }}",
    "{{ states.light | map(attribute='entity_id') | list }}",
    "{{ states | count }} {{ states.light | count }}",
    "{{ is_state('light.secret', 'on') }} {{ has_value('light.secret') }}",
    "{{ state_attr('light.secret', 'x') }} {{ is_state_attr('light.secret', 'x', 1) }}",
    "{{ state_translated('light.secret') }}",
    "{{ expand('group.all') | map(attribute='entity_id') | list }}",
    "{{ area_id('light.secret') }} {{ area_name('light.secret') }} {{ device_id('light.secret') }}",
    "{{ labels('light.secret') }} {{ config_entry_id('light.secret') }} {{ is_hidden_entity('light.secret') }}",
    "{{ device_attr('light.secret', 'name') }} {{ device_entities('d1') }} {{ area_entities('a1') }}",
    "{{ integration_entities('hue') }} {{ label_entities('l1') }}",
    "{{ closest('light.secret', states) }} {{ distance('light.secret') }}",
]


def home(*, hidden: bool, there: bool) -> StaticWorld:
    world = StaticWorld(hidden={"light.secret"} if hidden else ())
    world.put("light.open", "on")
    world.put("group.all", "on", {"entity_id": ["light.open", "light.secret"]})
    world.area_rows.append(AreaView("a1", "Bath"))
    world.label_rows.append(LabelView("l1", "Mark"))
    world.device_rows.append(DeviceView("d1", "Lamp", area_id="a1"))
    world.entry_rows.append(EntryView("e1", "hue", "Bridge"))
    if there:
        world.put("light.secret", "on", {"x": 1, "latitude": 1.0, "longitude": 2.0})
        world.entity_rows.append(EntityView("light.secret", "hue", "d1", None, frozenset({"l1"}), "e1", True))
    return world


@pytest.mark.parametrize("text", ASKED)
def test_a_forbidden_entity_is_answered_like_one_that_never_was(text: str) -> None:
    engine = TemplateEngine()
    seen = engine.render(text, home(hidden=False, there=True))
    forbidden = engine.template(text).render_info(home(hidden=True, there=True))
    never = engine.template(text).render_info(home(hidden=False, there=False))
    assert forbidden == never
    assert forbidden.result != seen


def test_one_compiled_template_serves_readers_of_different_rights() -> None:
    template = TemplateEngine().template("{{ states('light.secret') }} {{ 'light.secret' | states }}")
    assert template.render(home(hidden=False, there=True)) == "on on"
    assert template.render(home(hidden=True, there=True)) == "unknown unknown"
    assert template.render(home(hidden=False, there=True)) == "on on"


def test_an_imported_template_is_not_evaluated_for_the_reader_who_imported_it_first() -> None:
    source = "{% macro m() %}{{ 'light.secret' | states }} {{ 'light.secret' is has_value }}{% endmacro %}"
    engine = TemplateEngine(sources={"m.jinja": source})
    text = "{% from 'm.jinja' import m %}{{ m() }}"
    assert engine.render(text, home(hidden=False, there=True)) == "on True"
    assert engine.render(text, home(hidden=True, there=True)) == "unknown False"


def test_an_entity_that_is_seen_does_not_betray_what_stands_around_it() -> None:
    world = home(hidden=False, there=True)
    row = EntityView("light.open", "hue", "hidden_device", "hidden_area", frozenset({"hidden"}), "hidden_entry")
    world.entity_rows.append(row)
    world.device_rows.append(
        DeviceView(
            "d2", "Plug", area_id="hidden_area", labels=frozenset({"hidden", "l1"}), via_device_id="hidden_device",
            config_entries=frozenset({"e1", "hidden_entry"}), primary_config_entry="hidden_entry",
        )
    )  # fmt: skip
    asked = {
        "{{ area_id('light.open') }}": None,
        "{{ area_id('d2') }}": None,
        "{{ device_id('light.open') }}": None,
        "{{ labels('light.open') }}": [],
        "{{ labels('d2') }}": ["l1"],
        "{{ config_entry_id('light.open') }}": None,
        "{{ device_attr('d2', 'area_id') }}": None,
        "{{ device_attr('d2', 'labels') | list }}": ["l1"],
        "{{ device_attr('d2', 'via_device_id') }}": None,
        "{{ device_attr('d2', 'config_entries') | list }}": ["e1"],
        "{{ device_attr('d2', 'primary_config_entry') }}": None,
    }
    engine = TemplateEngine()
    assert {text: engine.template(text).render_native(world) for text in asked} == asked


def test_the_payload_of_a_device_sees_only_itself() -> None:
    world = home(hidden=False, there=True)
    empty = EmptyWorld(world.now, world.time_zone)
    engine = TemplateEngine()
    template = engine.template("{{ value_json.t | float + 1 }} {{ states('light.open') }} {{ states | count }}")
    assert template.render_value(empty, '{"t": 21}') == "22.0 unknown 0"
    assert engine.render("{{ now().year }}", empty) == "2025"
    assert engine.template("{{ areas() + labels() + floors() }} {{ issues() }}").render(empty) == "[] {}"


@pytest.mark.parametrize("text", ["{{ states('a.b') }}", "{{ now() }}", "{{ areas() }}", "{{ 'a.b' is has_value }}"])
def test_without_a_home_what_looks_at_it_is_refused_by_name(text: str) -> None:
    engine = TemplateEngine()
    assert engine.render("{{ [1, 2] | sum }}", None) == "3"
    with pytest.raises(TemplateError) as caught:
        engine.render(text, None)
    assert caught.value.kind == "no_world"
    assert str(caught.value.parameters["function"]) in text


def test_the_states_of_variables_are_seen_as_states() -> None:
    world = home(hidden=False, there=True)
    trigger = {"to_state": world.states["light.open"], "list": [world.states["group.all"]]}
    text = "{{ trigger.to_state.state }} {{ trigger.to_state.last_changed.year }} {{ trigger.list[0].name }}"
    assert TemplateEngine().render(text, world, {"trigger": trigger}) == "on 2025 all"
