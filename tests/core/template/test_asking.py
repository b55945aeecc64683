"""What a template reads is asked for once, and much of a kind in one question."""

from collections import Counter
from typing import Any

import pytest

from core.template.original import furnished
from linli.template import AreaView, EntityView, TemplateEngine
from linli.template.answers import frames, rows
from linli.template.asking import SINGLY, AskingWorld
from linli.template.frames import from_hub, state_row
from linli.testing.worlds import StaticWorld

MANY = 10_000


class Hub:
    """The other end of the pipe, with what it was asked."""

    def __init__(self, world: StaticWorld) -> None:
        self.world = world
        self.asked: Counter[str] = Counter()
        self.frames = 0

    def ask(self, kind: str, key: str | None) -> list[Any]:
        self.asked[kind] += 1
        found: list[Any] = []
        for frame in frames(rows(self.world, kind, key)):
            self.frames += 1
            found += from_hub(frame)[0]
        return found

    def render(self, text: str) -> str:
        return TemplateEngine().render(text, AskingWorld(self.ask, self.world.now(), self.world.home))


@pytest.fixture(scope="module")
def large() -> StaticWorld:
    world = StaticWorld()
    world.area_rows.append(AreaView("kitchen", "Kitchen"))
    for number in range(MANY):
        world.put(f"sensor.n{number}", str(number), {"friendly_name": f"Sensor {number}"})
        if number < 50:
            world.entity_rows.append(EntityView(f"sensor.n{number}", "mqtt", area_id="kitchen"))
    return world


def test_ten_thousand_states_are_one_question_and_few_frames(large: StaticWorld) -> None:
    hub = Hub(large)
    assert hub.render("{{ states | count }} {{ states.sensor | count }} {{ states('sensor.n77') }}") == "10000 10000 77"
    assert hub.asked == {"states": 1, "states_of": 1}
    assert hub.frames <= 2 * MANY // 100


def test_a_loop_over_names_ends_in_one_question(large: StaticWorld) -> None:
    hub = Hub(large)
    text = "{% for i in range(500) %}{{ states('sensor.n' ~ i) }} {% endfor %}"
    assert hub.render(text).split() == [str(number) for number in range(500)]
    assert hub.asked == {"state": SINGLY, "states": 1}


def test_what_was_read_once_is_not_asked_for_again(large: StaticWorld) -> None:
    hub = Hub(large)
    hub.render(
        "{{ states('sensor.n1') }}{{ states('sensor.n1') }}{{ states('sensor.none') }}{{ states('sensor.none') }}"
    )
    assert hub.asked == {"state": 2}


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("{{ states.sensor | map(attribute='entity_id') | map('area_name') | list | count }}", 3 * (SINGLY + 1) + 1),
        ("{{ states.sensor | map(attribute='entity_id') | select('is_hidden_entity') | list | count }}", SINGLY + 2),
        ("{{ integration_entities('mqtt') | count }}", SINGLY + 3),
        ("{{ area_entities('kitchen') | count }}", 5),
    ],
)
def test_registries_are_asked_for_in_few_questions(large: StaticWorld, text: str, most: int) -> None:
    small = StaticWorld()
    small.states = dict(list(large.states.items())[:200])
    small.area_rows, small.entity_rows = large.area_rows, large.entity_rows
    hub = Hub(small)
    assert hub.render(text) == TemplateEngine().render(text, small)
    assert hub.asked.total() <= most


def test_what_the_hub_sends_along_is_not_asked_for(large: StaticWorld) -> None:
    hub = Hub(large)
    states = {"sensor.n1": state_row(large.states["sensor.n1"]), "sensor.gone": None}
    world = AskingWorld(hub.ask, large.now(), large.home, states)
    text = "{{ states('sensor.n1') }} {{ states('sensor.gone') }} {{ states('sensor.n2') }}"
    assert TemplateEngine().render(text, world) == "1 unknown 2"
    assert hub.asked == {"state": 1}


def test_the_next_render_holds_nothing_of_the_one_before() -> None:
    hub = Hub(furnished())
    assert hub.render("{{ states('light.kitchen') }}") == "on"
    hub.world.hidden = frozenset({"light.kitchen"})
    assert hub.render("{{ states('light.kitchen') }}") == "unknown"


@pytest.mark.parametrize(
    "question", [("states", "light"), ("state", None), ("passwords", None), ("state", "a" * 10**6)]
)
def test_other_questions_are_not_answered(question: tuple[str, str | None]) -> None:
    with pytest.raises(ValueError, match="no question"):
        rows(furnished(), *question)
