"""Which templates of users are written out in the hub: those that compute nothing (docs/decisions/0081-look-ups.md)."""

import pytest

from linli.reading.users import only_looks_up

GIVEN = {
    "trigger": {"to_state": {"state": "21", "attributes": {"list": [1, 2], "map": {}, "long": "1," * 200}}},
    "name": "Hall",
    "half": "[" + "1," * 60 + "]",
}


@pytest.mark.parametrize(
    "text",
    ["{{ trigger.to_state.state }}", "{{name}}", "In {{ name }}: {{ trigger.to_state.state }} °C\n"],
)
def test_naming_variables_is_a_look_up(text: str) -> None:
    assert only_looks_up(text, GIVEN)


@pytest.mark.parametrize(
    "text",
    [
        "{{ states }}",
        "{{ states('light.a') }}",
        "{{ now() }}",
        "{{ name * 99 }}",
        "{{ name | upper }}",
        "{{ name ~ name }}",
        "{{ trigger['to_state'] }}",
        "{{ name.__class__ }}",
        "{{ name._x }}",
        "{{ name.upper() }}",
        "{{ name }}{% for x in name %}{% endfor %}",
        "{{ name }} {# a word #}",
        "{{ name }} }}",
        "{{ {{ name }} }}",
        "{{ name." + ".".join("abcdefghi") + " }}",
        "{{ name }}" + "x" * 256,
        "{{" + " " * 50 + "name }}",
        "{{ NAME }}",
        "{{ trigger }}",
        "{{ trigger.to_state.attributes.list }}",
        "{{ trigger.to_state.attributes.map }}",
        "{{ trigger.to_state.attributes.long }}",
        "{{ trigger.to_state.items }}",
        "{{ trigger.to_state.nothing }}",
        "{{ half }}{{ half }}{{ half }}",
    ],
)
def test_all_else_is_rendered_in_the_process(text: str) -> None:
    assert not only_looks_up(text, GIVEN)
