"""A look-up that is written out says what a render would say, or leaves it to one."""

from typing import Any

import pytest

from linli.context import Context
from linli.ids import EntityId
from linli.states import State
from linli.template import TemplateEngine, TemplateError
from linli.template.look_up import looked_up, path_of

LAMP = State(EntityId("light.lamp"), " on ", {"level": 7, "name": "Lamp", "items": 3}, 1.0, 2.0, Context())
GIVEN: dict[str, Any] = {
    "trigger": {
        "to_state": LAMP,
        "from_state": None,
        "items": "mine",
        "seq": 21,
        "half": 0.5,
        "yes": True,
        "list": [1],
    },
    "text": "  21.0 ",
    "long": "x" * 300,
    "self": "me",
    "none": "nobody",
    "states": "shadowed",
}
TEXTS = [
    "{{ trigger.to_state.state }}", "{{ trigger.to_state.entity_id }}", "{{ trigger.to_state.attributes.level }}",
    "{{ trigger.to_state.attributes.items }}", "{{ trigger.to_state.last_changed }}", "{{ trigger.to_state }}",
    "{{ trigger.from_state.state }}", "{{ trigger.items }}", "{{trigger.seq}}", "{{ trigger.half }}",
    "{{ trigger.yes }}", "{{ trigger.list }}", "{{ trigger.missing }}", "{{ trigger.missing.more }}", "{{ text }}",
    "{{ text.upper }}", "{{ long }}", "{{ self }}", "{{ none }}", "{{ states }}", "{{ missing }}", "  {{ text }}\n",
    "{{ trigger.seq.real }}", "{{ text }} and more",
]  # fmt: skip


def told(engine: TemplateEngine, text: str, *, rendered: bool) -> Any:
    template = engine.template(text)
    if rendered:
        template._path = None
    try:
        return template.render_native(None, GIVEN)
    except TemplateError as error:
        return str(error)


@pytest.mark.parametrize("text", TEXTS)
def test_it_says_what_a_render_says(text: str) -> None:
    found = told(TemplateEngine(), text, rendered=False)
    assert str(found).partition(" at 0x")[0] == str(told(TemplateEngine(), text, rendered=True)).partition(" at 0x")[0]


def test_the_look_ups_of_most_rules_are_not_rendered() -> None:
    path = path_of("{{ trigger.to_state.attributes.level }}")
    assert path is not None
    assert looked_up(path, GIVEN) == "7"
    assert [looked_up(path_of(text) or (), GIVEN) for text in TEXTS[:2]] == ["on", "light.lamp"]


@pytest.mark.parametrize(
    "text", ["{{ trigger.items }}", "{{ self }}", "{{ a + 1 }}", "{{ a() }}", "{{ a }}{{ a }}", "a"]
)
def test_what_means_something_of_its_own_is_left_to_a_render(text: str) -> None:
    assert path_of(text) is None
