"""Compiling once, saying where it went wrong, and what a render tells about itself."""

import pytest

from linli.template import RenderInfo, TemplateEngine, TemplateError, is_template
from linli.testing.worlds import StaticWorld


@pytest.fixture
def world() -> StaticWorld:
    world = StaticWorld()
    world.put("sensor.a", "5")
    return world


def test_a_text_is_compiled_once(world: StaticWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TemplateEngine()
    compiled: list[str] = []
    original = engine.compile
    monkeypatch.setattr(engine, "compile", lambda text, strict: compiled.append(text) or original(text, strict))
    assert [engine.render("{{ 1 + x }}", world, {"x": x}) for x in (1, 2, 3)] == ["2", "3", "4"]
    assert compiled == ["{{ 1 + x }}"]


def test_the_least_recently_used_text_goes_first(world: StaticWorld) -> None:
    engine = TemplateEngine(kept=2)
    first, second = engine.template("{{ 1 }}"), engine.template("{{ 2 }}")
    assert engine.template("{{ 1 }}") is first
    engine.template("{{ 3 }}")
    assert engine.template("{{ 1 }}") is first
    assert engine.template("{{ 2 }}") is not second


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("a\n{{ 1 + }}", "syntax", 2),
        ("a\nb\n{{ 1 / 0 }}", "failed", 3),
        ("a\n\n{{ nothing.here }}", "undefined_name", 3),
        ("{{ 1 }}\n{{ 'x' | float }}", "no_default", 2),
        ("{% macro m() %}\n\n{{ [][0].x }}\n{% endmacro %}\n{{ m() }}", "undefined_element", 3),
        ("\n\n\n{{ 5 | nofilter }}", "syntax", 1),
        ("x\n{{ 'a' * 10 ** 9 }}", "limit_text", 2),
        ("x\n{{ ''.__class__.y }}", "forbidden", 2),
        ("x\n{{ states['A B'] }}", "bad_domain", 2),
        ("{% for i in [1] %}" * 25 + "{% endfor %}" * 25, "failed", None),
    ],
)
def test_an_error_names_its_kind_and_line(text: str, kind: str, line: int | None, world: StaticWorld) -> None:
    with pytest.raises(TemplateError) as caught:
        TemplateEngine().render(text, world)
    assert (caught.value.kind, caught.value.line) == (kind, line)
    assert caught.value.key == f"template.{kind}"
    assert caught.value.code == "template_error"


def test_an_error_shows_short_values_only(world: StaticWorld) -> None:
    with pytest.raises(TemplateError) as caught:
        TemplateEngine().render("{{ x | float }}", world, {"x": "secret " * 1000})
    assert len(str(caught.value)) < 120
    with pytest.raises(TemplateError) as caught:
        TemplateEngine().render("{{ x | float }}", world, {"x": {"name": "Anna"}})
    assert "Anna" not in str(caught.value)


def test_an_undefined_name_is_reported_or_with_strict_an_error(world: StaticWorld) -> None:
    heard: list[tuple[str, str]] = []
    template = TemplateEngine().template("[{{ nothing }}]{% if other %}{% endif %}")
    assert template.render(world, report=lambda level, text: heard.append((level, text))) == "[]"
    assert heard == [("warning", "'nothing' is undefined"), ("warning", "'other' is undefined")]
    with pytest.raises(TemplateError, match="'nothing' is undefined"):
        template.render(world, strict=True)
    assert TemplateEngine().template("{{ nothing is defined }} {{ nothing | default(1) }}").render(
        world, strict=True
    ) == ("False 1")


def test_the_reported_errors_of_a_failing_render_come_before_its_exception(world: StaticWorld) -> None:
    heard: list[tuple[str, str]] = []
    with pytest.raises(TemplateError):
        TemplateEngine().template("{{ a.b }}").render(world, report=lambda *said: heard.append(said))
    assert heard == [("error", "'a' is undefined")]


def test_sources_are_imported_and_can_be_replaced(world: StaticWorld) -> None:
    engine = TemplateEngine(sources={"t.jinja": "{% macro hello(x) %}Hello {{ x }}{% endmacro %}"})
    text = "{% from 't.jinja' import hello %}{{ hello('you') }}"
    held = engine.template(text)
    assert held.render(world) == "Hello you"
    engine.set_sources({"t.jinja": "{% macro hello(x) %}Bye {{ x }}{% endmacro %}"})
    assert held.render(world) == "Bye you"
    assert engine.render(text, world) == "Bye you"
    engine.set_sources({})
    with pytest.raises(TemplateError):
        held.render(world)


def test_a_render_inside_a_render_does_not_disturb_it(world: StaticWorld) -> None:
    engine = TemplateEngine()
    inner = StaticWorld()

    def nested(level: str, text: str) -> None:
        assert engine.render("{{ states('sensor.a') }}", inner) == "unknown"

    info = engine.template("{{ nothing }}{{ states('sensor.a') }}").render_info(world, report=nested)
    assert (info.result, info.entities) == (5, {"sensor.a"})


def test_checking_compiles_and_renders_nothing(world: StaticWorld) -> None:
    engine = TemplateEngine()
    engine.template("{{ 1 / 0 }}").check()
    engine.template("plain {").check()
    with pytest.raises(TemplateError):
        engine.template("{% if %}").check()


def test_a_value_is_given_as_text_and_as_what_its_json_holds(world: StaticWorld) -> None:
    engine = TemplateEngine()
    assert engine.template("{{ value | int * 2 }}").render_value(world, "21") == "42"
    assert engine.template("{{ value_json.a[0] }}").render_value(world, b'{"a": [7]}') == "7"
    assert engine.template("{{ value_json.a }}").render_value(world, "no json", default="kept") == "kept"
    assert engine.template("fixed").render_value(world, "5") == "fixed"
    assert engine.template("{{ value }} {{ extra }}").render_value(world, 1, variables={"extra": 2}) == "1 2"
    with pytest.raises(TemplateError):
        engine.template("{{ value_json.a }}").render_value(world, "no json")


def test_what_is_a_template() -> None:
    texts = ["{{ x }}", "{% x %}", "{# x #}", "{x}", "x", "{ {", ""]
    assert [is_template(text) for text in texts] == [True, True, True, False, False, False, False]


def test_which_changes_make_a_result_old() -> None:
    info = RenderInfo(entities={"light.a"}, domains={"sensor"}, domains_lifecycle={"switch"})
    asked = ["light.a", "light.b", "sensor.x", "switch.x"]
    assert [info.reads(entity) for entity in asked] == [True, False, True, False]
    assert [info.counts(entity) for entity in asked] == [True, False, True, True]
    assert info.rate_limit == 1
    assert RenderInfo(all_states=True).reads("any.thing")
    assert RenderInfo(error=TemplateError("undefined", detail="x")).reads("any.thing")
    assert RenderInfo(all_states_lifecycle=True).counts("any.thing")
    assert not RenderInfo(all_states_lifecycle=True).reads("any.thing")
    assert RenderInfo(entities={"light.a"}).rate_limit is None


def test_an_entity_that_is_missing_is_read_too(world: StaticWorld) -> None:
    info = TemplateEngine().template("{{ states.light.late.state }}").render_info(world)
    assert info.entities == {"light.late"}
    assert TemplateEngine().template("{{ is_state('light.late', 'on') }}").render_info(world).entities == {"light.late"}


def test_later_functions_of_the_original(world: StaticWorld) -> None:
    engine = TemplateEngine()
    macro = "{% macro double(x, returns) %}{% do returns(x * 2) %}{% endmacro %}".replace(
        "do returns(x * 2)", "set _ = returns(x * 2)"
    )
    assert (
        engine.render(
            macro + "{% set f = double | as_function %}{{ f(4) + 1 }} {{ [1, 2] | map('apply', f) | list }}", world
        )
        == "9 [2, 4]"
    )
    assert (
        engine.render("{{ [4, 9] | map('apply', sqrt) | list }} {{ 3 is apply(is_number) }}", world)
        == "[2.0, 3.0] True"
    )
    assert engine.render("{{ '616263' | from_hex }}", world) == "b'abc'"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ e }} {{ max }}", "own more"),
        ("{% set e = e ~ '!' %}{{ e }}", "own!"),
        ("{% for e in [1] %}{{ e }}{% endfor %}{{ e }}", "1own"),
        ("{% macro m() %}{{ e }}{% endmacro %}{{ m() }}", "own"),
        ("{% import 'shown' as other with context %}{{ other.shown() }}", "own"),
        ("{% include 'plain' %}", "own"),
    ],
)
def test_a_template_finds_each_variable_that_it_names_also_where_a_function_has_its_name(
    text: str, shown: str, world: StaticWorld
) -> None:
    sources = {"shown": "{% macro shown() %}{{ e }}{% endmacro %}", "plain": "{{ e }}"}
    assert TemplateEngine(sources=sources).render(text, world, {"e": "own", "max": "more", "unused": object()}) == shown
