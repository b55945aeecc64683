"""WebSocket: templates, triggers, conditions and scripts."""

from typing import Any

from compat.harness.steps import CODE, Http, Look, Send, case, ws


def render(template: object, events: int = 0, **fields: Any) -> Send:
    """A live template."""
    return ws("render_template", template=template, events=events, **fields)


def put(entity: str, state: str, events: int = 0, **attributes: object) -> Http:
    """Write a state over REST."""
    return Http(
        "POST", f"/api/states/sensor.compat_{entity}", {"state": state, "attributes": attributes}, events=events
    )


def check(events: int = 0, **trigger: Any) -> Send:
    """Subscribe to a trigger."""
    return ws("subscribe_trigger", trigger=trigger, events=events)


CASES = (
    case(
        "rendered at once and again",
        put("tpl", "1"),
        render("{{ states('sensor.compat_tpl') | int + 1 }}", 1),
        put("tpl", "2", 1),
        put("tpl", "2", 0, other=1),
        ws("unsubscribe_events", subscription=1),
        put("tpl", "3"),
    ),
    case(
        "what it listens to",
        render("{{ 1 }}", 1),
        render("plain", 1),
        render("{{ now() }}", 1, look=Look(drop=("event.result",))),
        render("{{ states.sensor | count }}", 1, look=Look(drop=("event.result",))),
        render("{{ states | count }}", 1, look=Look(drop=("event.result",))),
        render("{{ states.sensor.compat_nobody.state }}", 1),
        render("{{ is_state('sensor.compat_nobody', 'on') }}", 1),
        render("{{ x }}", 1, variables={"x": {"a": [1, 2]}}),
        render("{{ [1, 2, 3] }}", 1),
        render("{{ {'a': 1} }}", 1),
        render("{{ '5' }}", 1),
        render("{{ '05' }}", 1),
        render("{{ none }}", 1),
        render("{{ true }}", 1),
        render("{{ 1.0 }}", 1),
        render("  text  ", 1),
    ),
    case(
        "mistakes",
        render("{{ 1 +"),
        render("{{ 1 / 0 }}"),
        render("{{ 1 / 0 }}", 2, report_errors=True),
        render("{{ no_such_name }}", 1),
        render("{{ no_such_name }}", 3, report_errors=True),
        render("{{ no_such_name }}", 2, strict=True, report_errors=True),
        render("{{ no_such_name }}", strict=True),
        render("{{ no_such_function() }}", 4, report_errors=True),
        render("{{ 1 +", 2, report_errors=True),
        render(5),
        render(None),
        ws("render_template"),
        render("{{ 1 }}", variables=[]),
        render("{{ 1 }}", timeout="x"),
        render("{{ 1 }}", 1, timeout=5),
        render("{{ 1 }}", entity_ids=5),
        render("{{ 1 }}", extra=1),
        render("{% for i in range(100000000000) %}{% endfor %}", look=CODE, timeout=0.5),
    ),
    case(
        "a value that comes and a mistake that comes",
        put("tpl_err", "1"),
        render("{{ 10 / (states('sensor.compat_tpl_err') | int) }}", 1, report_errors=True),
        put("tpl_err", "0", 1),
        put("tpl_err", "5", 1),
    ),
    case(
        "a state trigger",
        put("trig", "1"),
        check(platform="state", entity_id="sensor.compat_trig"),
        put("trig", "2", 1),
        ws("unsubscribe_events", subscription=1),
        put("trig", "3"),
    ),
    case(
        "a state trigger from and to",
        put("trig_ft", "a"),
        check(platform="state", entity_id="sensor.compat_trig_ft", **{"from": "a", "to": "b"}),
        put("trig_ft", "c"),
        put("trig_ft", "a"),
        put("trig_ft", "b", 1),
    ),
    case(
        "a state trigger that has to hold",
        put("trig_for", "1"),
        check(platform="state", entity_id="sensor.compat_trig_for", to="2", **{"for": {"milliseconds": 100}}),
        put("trig_for", "2", 1),
    ),
    case(
        "an event trigger",
        check(trigger="event", event_type="compat_trigger", event_data={"a": 1}),
        Http("POST", "/api/events/compat_trigger", {"a": 2}),
        Http("POST", "/api/events/compat_trigger", {"a": 1, "b": 2}, events=1),
    ),
    case(
        "a number trigger",
        put("trig_n", "1"),
        check(platform="numeric_state", entity_id="sensor.compat_trig_n", above=5),
        put("trig_n", "6", 1),
        put("trig_n", "7"),
        put("trig_n", "1"),
        put("trig_n", "8", 1),
    ),
    case(
        "a template trigger, and variables",
        put("trig_t", "off"),
        ws(
            "subscribe_trigger",
            trigger={"platform": "template", "value_template": "{{ is_state('sensor.compat_trig_t', 'on') }}"},
            variables={"hello": "world"},
        ),
        put("trig_t", "on", 1),
    ),
    case(
        "several triggers, with ids",
        ws(
            "subscribe_trigger",
            trigger=[
                {"platform": "event", "event_type": "compat_one", "id": "first"},
                {"platform": "event", "event_type": "compat_two"},
            ],
        ),
        Http("POST", "/api/events/compat_one", events=1),
        Http("POST", "/api/events/compat_two", events=1),
    ),
    case(
        "triggers that are wrong",
        check(platform="compat_none"),
        check(platform="state"),
        check(platform="state", entity_id="nodot"),
        check(platform="event"),
        check(),
        check(platform="event", event_type="x", extra=1),
        check(platform="numeric_state", entity_id="sensor.x"),
        check(platform="time", at="25:00"),
        check(platform="time_pattern", minutes="99"),
        check(platform="template", value_template="{{ 1 +"),
        ws("subscribe_trigger"),
        ws("subscribe_trigger", trigger=5),
        ws("subscribe_trigger", trigger="text"),
        ws("subscribe_trigger", trigger=[]),
        ws("subscribe_trigger", trigger={"platform": "event", "event_type": "x"}, variables=[]),
        check(platform="time", at="08:00:00"),
        check(platform="time_pattern", seconds="/30"),
        check(platform="homeassistant", event="start"),
    ),
    case(
        "validated configuration",
        ws("validate_config"),
        ws("validate_config", triggers={"platform": "event", "event_type": "x"}),
        ws("validate_config", triggers=[{"platform": "state", "entity_id": "sensor.x"}]),
        ws("validate_config", triggers={"platform": "compat_none"}),
        ws("validate_config", triggers=5),
        ws("validate_config", triggers=[]),
        ws("validate_config", conditions=[{"condition": "state", "entity_id": "sensor.x", "state": "on"}]),
        ws("validate_config", conditions={"condition": "compat_none"}),
        ws("validate_config", conditions="{{ true }}"),
        ws("validate_config", conditions=[]),
        ws(
            "validate_config", actions=[{"action": "input_boolean.turn_on", "target": {"entity_id": "input_boolean.x"}}]
        ),
        ws("validate_config", actions=[{"delay": 5}]),
        ws("validate_config", actions={"compat_none": 1}),
        ws("validate_config", actions=5),
        ws("validate_config", triggers={"platform": "event"}, conditions=[], actions=[]),
        ws("validate_config", extra=1),
    ),
    case(
        "conditions",
        put("cond", "on"),
        ws("test_condition", condition={"condition": "state", "entity_id": "sensor.compat_cond", "state": "on"}),
        ws("test_condition", condition={"condition": "state", "entity_id": "sensor.compat_cond", "state": "off"}),
        ws("test_condition", condition={"condition": "template", "value_template": "{{ x }}"}, variables={"x": True}),
        ws("test_condition", condition="{{ 1 == 1 }}"),
        ws("test_condition", condition={"condition": "compat_none"}),
        ws("test_condition", condition={"condition": "state", "entity_id": "sensor.compat_nobody", "state": "on"}),
        ws("test_condition", condition={"condition": "numeric_state", "entity_id": "sensor.compat_cond", "above": 1}),
        ws("test_condition"),
        ws("test_condition", condition=5),
    ),
    case(
        "scripts",
        ws("subscribe_events", event_type="compat_script"),
        ws(
            "execute_script",
            sequence=[{"event": "compat_script", "event_data": {"a": "{{ x }}"}}],
            variables={"x": 5},
            events=1,
        ),
        ws("execute_script", sequence=[{"variables": {"y": {"a": 1}}}, {"stop": "done", "response_variable": "y"}]),
        ws("execute_script", sequence=[]),
        ws("execute_script", sequence=[{"action": "compat_none.turn_on"}]),
        ws("execute_script", sequence=5),
        ws("execute_script"),
    ),
)
