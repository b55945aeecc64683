"""Every action of a sequence, in a whole hub: what is called, in which order, and what the trace says."""

import textwrap

import pytest

from linli_automation.engine.actions import loops
from plugins.automation.home import home_with


def rule(*actions: str, more: str = "") -> str:
    lines = "\n".join(f"          {line}" for action in actions for line in action.strip("\n").splitlines())
    yaml = f"""
    automation:
      - id: r
        alias: R
        triggers: [{{trigger: event, event_type: go}}]
        {more}
        actions:
{lines}
    """
    return textwrap.dedent(yaml)


async def done(tmp_path, *actions, more="", data=None, forward=0.0):
    yaml = rule(*actions, more=more)
    async with home_with(tmp_path, yaml) as home:
        assert not home.issues(), home.issues()
        await home.fire("go", **(data or {}))
        if forward:
            await home.forward(forward)
        return home.done(), home


NOTE = "- {action: test.note, data: {n: %s}}"

CASES = {
    "both spellings": (["- {service: test.note, data: {n: 1}}", NOTE % 2], [1, 2]),
    "a template's data": (["- {action: test.note, data_template: {n: '{{ 1 + 1 }}'}}"], [2]),
    "data as one template": (["- {action: test.note, data: \"{{ {'n': 3} }}\"}"], [3]),
    "a templated service": (["- {action: \"test.{{ 'other' }}\"}"], ["other"]),
    "variables": (["- variables: {x: 2, y: '{{ x * 2 }}'}", NOTE % "'{{ y }}'"], [4]),
    "a response": (
        ["- {action: test.note, data: {n: 1, answer: 7}, response_variable: r}", NOTE % "'{{ r.answer }}'"],
        [1, 7],
    ),
    "a condition ends it": (["- '{{ false }}'", NOTE % 1], []),
    "a condition goes on": (["- {condition: template, value_template: '{{ true }}'}", NOTE % 1], [1]),
    "a condition within a block ends only the block": (
        ["- {sequence: [{condition: template, value_template: '{{ false }}'}, {action: test.other}]}", NOTE % 1],
        [1],
    ),
    "choose the first that holds": (
        [
            "- choose:\n"
            "    - {conditions: '{{ false }}', sequence: [{action: test.note, data: {n: 1}}]}\n"
            "    - {conditions: '{{ true }}', sequence: [{action: test.note, data: {n: 2}}]}\n"
            "    - {conditions: '{{ true }}', sequence: [{action: test.note, data: {n: 3}}]}\n"
            "  default: [{action: test.note, data: {n: 4}}]",
        ],
        [2],
    ),
    "choose the default": (
        ["- {choose: {conditions: '{{ false }}', sequence: []}, default: [{action: test.note, data: {n: 4}}]}"],
        [4],
    ),
    "then": (["- {if: '{{ true }}', then: [{action: test.note, data: {n: 1}}], else: [{action: test.other}]}"], [1]),
    "else": (
        ["- {if: '{{ false }}', then: [{action: test.note, data: {n: 1}}], else: {action: test.other}}"],
        ["other"],
    ),
    "repeat by number": (
        ["- repeat: {count: 3, sequence: [{action: test.note, data: {n: '{{ repeat.index }}{{ repeat.last }}'}}]}"],
        ["1False", "2False", "3True"],
    ),
    "repeat for each": (
        ["- repeat: {for_each: [a, {b: 1}], sequence: {action: test.note, data: {n: '{{ repeat.item }}'}}}"],
        ["a", {"b": 1}],
    ),
    "repeat while": (
        [
            "- repeat: {while: '{{ repeat.index < 3 }}', sequence: "
            "[{action: test.note, data: {n: '{{ repeat.index }}'}}]}"
        ],
        [1, 2],
    ),
    "repeat until": (
        [
            "- repeat: {until: '{{ repeat.index == 2 }}', sequence: "
            "[{action: test.note, data: {n: '{{ repeat.first }}'}}]}"
        ],
        [True, False],
    ),
    "stop": (["- stop: enough", NOTE % 1], []),
    "stop in a block ends all": (["- {if: '{{ true }}', then: [{stop: x}]}", NOTE % 1], []),
    "a failure ends it": (["- {action: test.fail}", NOTE % 1], []),
    "a failure may be passed over": (["- {action: test.fail, continue_on_error: true}", NOTE % 1], [1]),
    "a bug is not passed over": (["- {action: test.boom, continue_on_error: true}", NOTE % 1], []),
    "a missing service is a mistake": (["- {action: test.none, continue_on_error: true}", NOTE % 1], []),
    "switched off": (
        ["- {action: test.other, enabled: false}", "- {action: test.other, enabled: '{{ 0 }}'}", NOTE % 1],
        [1],
    ),
    "a variable set in a block": (
        ["- variables: {x: 1}", "- sequence: [{variables: {x: 2, y: 3}}]", NOTE % "'{{ x }}{{ y is defined }}'"],
        ["2True"],
    ),
    "at once": (
        ["- parallel: [{action: test.note, data: {n: 1}}, {sequence: [{action: test.note, data: {n: 2}}]}]", NOTE % 3],
        [1, 2, 3],
    ),
    "a scene": (["- {scene: scene.none}", NOTE % 1], [1]),
}


@pytest.mark.parametrize(("actions", "expected"), CASES.values(), ids=CASES)
async def test_what_is_called_and_in_which_order(tmp_path, actions, expected):
    assert (await done(tmp_path, *actions))[0] == expected


WAITS = {
    "a delay": (["- delay: '00:00:05'", NOTE % 1], 4.9, [], 5.0, [1]),
    "a delay in parts": (["- delay: {seconds: '{{ 2 + 3 }}'}", NOTE % 1], 4.9, [], 5.0, [1]),
    "a wait that ends by its time": (
        ["- {wait_template: \"{{ is_state('x.y', 'on') }}\", timeout: 5}", NOTE % "'{{ wait.completed }}'"],
        4.9, [], 5.0, [False],
    ),
    "a wait that ends the rule": (
        ["- {wait_template: '{{ false }}', timeout: 5, continue_on_timeout: false}", NOTE % 1], 4.9, [], 5.0, [],
    ),
    "for a trigger in vain": (
        ["- {wait_for_trigger: {trigger: event, event_type: never}, timeout: 5}", NOTE % "'{{ wait.trigger }}'"],
        4.9, [], 5.0, [None],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WAITS.values(), ids=WAITS)
async def test_waits_take_their_time(tmp_path, case):
    actions, before, nothing, after, expected = case
    async with home_with(tmp_path, rule(*actions)) as home:
        await home.fire("go")
        await home.forward(before)
        assert home.done() == nothing
        await home.forward(after - before)
        assert home.done() == expected
        assert home.state("automation.r").attributes["current"] == 0


async def test_a_wait_ends_when_its_template_holds(tmp_path):
    wait = "- {wait_template: \"{{ is_state('x.y', 'on') }}\", timeout: 60}"
    yaml = rule(wait, NOTE % "'{{ wait.completed }} {{ wait.remaining | round }}'")
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        await home.forward(20)
        assert home.done() == []
        await home.set("x.y", "on")
        await home.forward(0.1)
        assert home.done() == ["True 40"]


async def test_a_wait_ends_when_its_trigger_fires(tmp_path):
    wait = "- {wait_for_trigger: [{trigger: event, event_type: come, id: it}]}"
    yaml = rule(wait, NOTE % "'{{ wait.trigger.id }} {{ wait.trigger.event.data.x }}'")
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        await home.forward(20)
        await home.fire("come", x=5)
        assert home.done() == ["it 5"]


async def test_an_event_carries_the_rule_as_its_cause(tmp_path):
    yaml = rule("- {event: told, event_data: {x: '{{ trigger.event.data.x }}'}}")
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go", x=3)
        (event,) = home.events
        assert event.data == {"x": 3}
        assert event.context.parent_id is not None
        assert event.context.user_id is None


async def test_a_rule_may_not_tell_what_only_the_hub_tells(tmp_path):
    async with home_with(tmp_path, rule("- {event: homeassistant_stop}")) as home:
        await home.fire("go")
        assert "only the hub" in home.issues()["failed_r"]


@pytest.mark.parametrize("word", ["while: '{{ true }}'", "until: '{{ false }}'"])
async def test_a_repeat_without_end_is_ended_and_named(tmp_path, monkeypatch, word):
    monkeypatch.setattr(loops, "MOST_TURNS", 60)
    yaml = f"""
    automation:
      - id: endless
        triggers: [{{trigger: event, event_type: go}}]
        actions: [{{repeat: {{{word}, sequence: [{{action: test.note, data: {{n: 1}}}}]}}}}]
    """
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        await home.forward(1)
        assert len(home.done()) == 60
        assert "went 60 times and was ended" in home.issues()["failed_endless"]
