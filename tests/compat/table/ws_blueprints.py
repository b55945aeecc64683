"""WebSocket and REST: blueprints, their selectors, and the rules that fill them."""

import json
from typing import Any

from compat.harness.steps import CODE, Case, Http, Look, Send, Step, case, ws

FOLLOW = "own/follow.yaml"
FILLED = {"leader": "input_boolean.a", "follower": {"entity_id": "input_boolean.b"}}
EMPTY = "blueprint: {name: N, domain: automation}\ntrigger: []\naction: []\n"

RELOADED = ws("call_service", domain="automation", service="reload", look=CODE)
"""The original takes up what was saved a moment after it has answered."""


def saved(yaml: str, **more: Any) -> Send:
    """A blueprint saved over the one before."""
    return ws("blueprint/save", domain="automation", path="compat.yaml", yaml=yaml, allow_override=True, **more)


def said(words: str) -> str:
    """A blueprint with these words about itself."""
    return f"blueprint: {{name: N, domain: automation{words}}}\ntrigger: []\naction: []\n"


def substitute(path: str, given: Any, domain: str = "automation", **more: Any) -> Send:
    """What a blueprint becomes."""
    return ws("blueprint/substitute", domain=domain, path=path, input=given, **more)


def fills(path: Any = FOLLOW, given: Any = FILLED, **more: Any) -> dict[str, Any]:
    """A rule that fills a blueprint."""
    return {"alias": "Compat fills", "use_blueprint": {"path": path, "input": given}, **more}


def post(rule: dict[str, Any], number: int = 1, domain: str = "automation") -> Http:
    """Save a rule; only whether it was taken is compared: what is wrong is told in other words."""
    look = Look(drop=("message",))
    return Http("POST", f"/api/config/{domain}/config/compat_{number}", json=rule, look=look)


SELECTORS: dict[str, tuple[Any, ...]] = {
    "action": ({}, {"x": 1}),
    "addon": ({}, {"name": "a", "slug": "b"}, {"x": 1}),
    "area": (
        {},
        {"multiple": "yes", "entity": {"domain": "light", "device_class": "x", "integration": "zha"}},
        {"device": [{"integration": "a", "manufacturer": "b", "model": "c", "model_id": "d"}]},
        {"device": {"entity": {"domain": "light"}}},
        {"entity": {"x": 1}},
    ),
    "assist_pipeline": ({}, {"include_default": True}),
    "attribute": ({}, {"entity_id": "sensor.a", "hide_attributes": ["b"]}, {"entity_id": 5}, {"entity_id": "x"}),
    "backup_location": ({}, {"x": 1}),
    "boolean": ({}, None, {"x": 1}),
    "color_rgb": ({}, {"x": 1}),
    "color_temp": ({}, {"unit": "kelvin", "min": 1, "max": 2, "min_mireds": 3, "max_mireds": 4}, {"unit": "x"},
                   {"min": 1.5}),
    "condition": ({}, {"x": 1}),
    "config_entry": ({}, {"integration": "zha"}, {"x": 1}),
    "constant": ({}, {"value": 1}, {"value": "a", "label": "b", "translation_key": "c"}, {"value": True},
                 {"value": None}, {"value": [1]}, {"value": 1.5}),
    "conversation_agent": ({}, {"language": "en"}, {"x": 1}),
    "country": ({}, {"countries": ["a"], "no_sort": True}, {"countries": "a"}),
    "date": ({}, {"x": 1}),
    "datetime": ({}, {"x": 1}),
    "device": (
        {},
        {"integration": "a", "manufacturer": "b", "model": "c", "entity": {"domain": "light"}, "multiple": True},
        {"filter": {"integration": "a", "model_id": "x"}},
        {"model_id": "x"},
        {"filter": [{"x": 1}]},
        {"filter": {"entity": {}}},
    ),
    "duration": ({}, {"enable_day": True, "enable_millisecond": "on", "allow_negative": False}, {"x": 1}),
    "entity": (
        {},
        {"integration": "a", "domain": ["light", "b"], "device_class": ["x", "y"], "multiple": True},
        {"include_entities": ["light.a"], "exclude_entities": ["light.b"]},
        {"filter": [{"domain": "light"}, {"integration": "x"}]},
        {"include_entities": "light.a"},
        {"supported_features": 5},
        {"supported_features": ["light.nope.X"]},
        {"filter": [{"supported_features": "light.LightEntityFeature.EFFECT"}]},
        {"domain": 5},
        {"reorder": True},
    ),
    "file": ({}, {"accept": ".a"}, {"accept": 5}),
    "floor": ({}, {"entity": {}, "device": {}, "multiple": True}, {"x": 1}),
    "icon": ({}, {"placeholder": "a"}, {"fallback_path": "b"}),
    "label": ({}, {"multiple": True}, {"x": 1}),
    "language": ({}, {"languages": ["en"], "native_name": True, "no_sort": True}, {"languages": 5}),
    "location": ({}, {"radius": True, "icon": "mdi:x"}, {"radius": "yes"}, {"radius": 5}),
    "media": ({}, {"accept": ["a"]}),
    "navigation": ({},),
    "number": (
        {}, {"min": 0}, {"min": 0, "max": 1}, {"mode": "box"},
        {"mode": "box", "min": 0, "max": 10, "step": "any", "unit_of_measurement": "W"},
        {"mode": "x"}, {"min": 5, "max": 1}, {"min": "a", "max": 1}, {"min": "0", "max": "1"},
        {"min": 0, "max": 1, "step": 0}, {"min": 0, "max": 1, "step": 0.001}, {"min": 0, "max": 1, "step": 0.5},
        {"min": 0, "max": 1, "step": -1}, {"min": 0, "max": 1, "translation_key": "k"},
    ),
    "object": ({}, {"fields": {}}),
    "qr_code": ({}, {"data": "x"}, {"data": "x", "scale": 4, "error_correction_level": "low"},
                {"data": "x", "error_correction_level": "z"}, {"data": "x", "scale": "4"}),
    "select": (
        {}, {"options": []}, {"options": ["a", 1]}, {"options": ["a", {"label": "b", "value": "c"}]},
        {"options": [{"label": "b", "value": "c"}], "multiple": True, "custom_value": True, "mode": "dropdown",
         "translation_key": "x", "sort": True},
        {"options": [{"label": "b"}]}, {"options": ["a"], "mode": "x"}, {"options": "a"},
    ),
    "state": ({}, {"entity_id": "a.b"}, {"entity_id": "a.b", "hide_states": ["x"]}, {"entity_id": ["a.b"]}),
    "stt": ({},),
    "target": ({}, {"entity": {"domain": "light"}, "device": [{"integration": "a"}]}, {"area": {}}),
    "template": ({}, {"x": 1}),
    "text": ({}, {"multiline": True, "prefix": "a", "suffix": "b", "type": "password", "autocomplete": "x",
                  "multiple": True}, {"type": "x"}, {"multiline": "yes"}),
    "theme": ({}, {"include_default": True}, {"x": 1}),
    "time": ({}, {"no_second": True}),
    "trigger": ({}, {"x": 1}),
    "tts": ({},),
    "ui_action": ({},),
    "ui_color": ({},),
}  # fmt: skip
LISTED = Look(only={"result": ("", "compat.yaml")})


def of_selector(name: str, configs: tuple[Any, ...]) -> Case:
    """Save a blueprint with each, and read how it is completed."""
    steps: list[Step] = []
    for config in configs:
        steps.append(saved(said(f", input: {{z: {{selector: {json.dumps({name: config})}}}}}")))
        steps.append(ws("blueprint/list", domain="automation", look=LISTED))
    return case(
        f"selector {name}", saved(EMPTY), *steps, ws("blueprint/delete", domain="automation", path="compat.yaml")
    )


CASES = (
    case(
        "listed",
        ws("blueprint/list", domain="automation", look=Look(only={"result": ("", FOLLOW)})),
        ws("blueprint/list", domain="automation", look=Look(only={"result": ("", "own/newer.yaml")})),
        ws("blueprint/list", domain="script", look=Look(only={"result": ("", "own/say.yaml")})),
        ws("blueprint/list", domain="light"),
        ws("blueprint/list", domain="automation", extra=1),
    ),
    *(
        case(f"{path}", ws("blueprint/list", domain="automation", look=Look(only={"result": ("", path)})))
        for path in ("own/broken.yaml", "own/of_scripts.yaml", "own/not_one.yaml")
    ),
    case(
        "substituted",
        substitute(FOLLOW, FILLED),
        substitute(FOLLOW, {**FILLED, "state": "off", "pause": {"minutes": 5}, "unknown": 1}),
        substitute(FOLLOW, {**FILLED, "state": None}),
        substitute(FOLLOW, {"leader": "input_boolean.a"}),
        substitute(FOLLOW, {}),
        substitute("own/follow", {}),
        substitute("own/none.yaml", {}),
        substitute("own/newer.yaml", {}),
        substitute("own/say.yaml", {}, "script"),
        substitute("own/say.yaml", {"what": {"a": 1}}, "script"),
        substitute("own/say.yaml", {}, "light"),
        substitute("../../configuration.yaml", {}),
        ws("blueprint/substitute", domain="automation", path=FOLLOW),
        ws("blueprint/substitute", domain="automation", input={}),
    ),
    case(
        "saved, listed and gone",
        ws("blueprint/save", domain="automation", path="compat.yaml", yaml=EMPTY),
        ws("blueprint/save", domain="automation", path="compat", yaml=EMPTY),
        saved(EMPTY),
        saved(EMPTY, source_url="https://example.org/x.yaml"),
        ws("blueprint/list", domain="automation", look=LISTED),
        ws("blueprint/save", domain="automation", path="compat/deep/er", yaml=EMPTY),
        ws("blueprint/delete", domain="automation", path="compat/deep/er.yaml"),
        ws("blueprint/delete", domain="automation", path="compat.yaml"),
        ws("blueprint/list", domain="automation", look=LISTED),
        ws("blueprint/delete", domain="light", path="compat.yaml"),
        ws("blueprint/save", domain="light", path="compat", yaml=EMPTY),
        ws("blueprint/save", domain="script", path="compat", yaml=EMPTY),
        ws("blueprint/save", domain="automation", path="../compat.yaml", yaml=EMPTY),
        ws("blueprint/save", domain="automation", path="compat", yaml=5),
        ws("blueprint/save", domain="automation", path="compat", yaml=EMPTY, source_url="nope"),
        ws("blueprint/save", domain="automation", path="compat"),
    ),
    case(
        "what is no blueprint",
        *(saved(text) for text in (
            "a: [", "a: 1", "- 1", "", "blueprint: {name: x}", "blueprint: {name: x, domain: light}",
            said(", colour: red"),
            said(", homeassistant: {min_version: '2024'}"), said(", homeassistant: {max: 2024.1.0}"),
            said(", source_url: nope"), said(", author: 5"), said("") + "x: !input z\n", said("") + "x: !secret z\n",
            said("") + "x: !include z.yaml\n", said(", input: {z: {default: !input y}}"), said(", input: []"),
            said(", input: "), said(", input: {5: {}}"), said(", input: {z: 5}"), said(", input: {z: {colour: 1}}"),
            said(", input: {z: {name: 5}}"), said(", input: {z: {selector: 5}}"), said(", input: {z: {selector: {}}}"),
            said(", input: {z: {selector: {entity: {}, device: {}}}}"), said(", input: {z: {selector: entity}}"),
            said(", input: {s: {input: {a: }}, a: }"), said(", input: {s: {input: {t: {input: {a: }}}}}"),
            said(", input: {s: {input: }}"), said(", input: {s: {name: x, colour: 1, input: {a: }}}"),
            said(", input: {s: {collapsed: 5, input: {a: }}}"),
        )),
    ),
    case(
        "what is one",
        *(saved(text) for text in (
            "blueprint: {name: x, domain: automation}\n",
            "blueprint: {name: x, domain: automation}\ntrigger: 5\naction: 6\nnonsense: 7\n",
            said(", homeassistant: {min_version: 2999.1.0}"), said(", input: {s: {input: {}}}"),
            said(", input: {s: {input: {s: {default: 1}}}}"),
            said(", input: {s: {input: {a: {default: 1}}, collapsed: true, icon: x, description: y}}"),
        )),
        ws("blueprint/list", domain="automation", look=LISTED),
        ws("blueprint/delete", domain="automation", path="compat.yaml"),
    ),
    *(of_selector(name, configs) for name, configs in SELECTORS.items()),
    case(
        "a rule that fills one",
        post(fills()),
        Http("GET", "/api/config/automation/config/compat_1"),
        RELOADED,
        ws("automation/config", entity_id="automation.compat_fills"),
        ws("blueprint/delete", domain="automation", path=FOLLOW),
        Http("DELETE", "/api/config/automation/config/compat_1"),
    ),
    case(
        "what stands beside it",
        post(fills(mode="queued", trigger=[], variables={"x": 1}), 2),
        RELOADED,
        ws("automation/config", entity_id="automation.compat_fills"),
        post(fills(triggers=[{"trigger": "event", "event_type": "compat"}], conditions=[]), 2),
        RELOADED,
        ws("automation/config", entity_id="automation.compat_fills"),
        Http("DELETE", "/api/config/automation/config/compat_2"),
    ),
    case(
        "a rule that does not",
        post(fills(given={}), 3),
        post(fills("own/none.yaml"), 3),
        post(fills("own/broken.yaml"), 3),
        post(fills("own/of_scripts.yaml"), 3),
        post(fills("own/not_one.yaml"), 3),
        post(fills("../own/follow.yaml"), 3),
        post(fills(5), 3),
        post(fills(given=5), 3),
        post(fills(given={**FILLED, "state": 5}), 3),
        post(fills(given={**FILLED, "pause": "soon"}), 3),
        post({"alias": "x", "use_blueprint": FOLLOW}, 3),
        post({"alias": "x", "use_blueprint": {"path": FOLLOW, "input": FILLED, "x": 1}}, 3),
        Http("GET", "/api/config/automation/config/compat_3"),
    ),
    case(
        "a script that fills one",
        post({"alias": "Compat says", "use_blueprint": {"path": "own/say.yaml", "input": {"what": "x"}}}, 4, "script"),
        ws("call_service", domain="script", service="reload", look=CODE),
        ws("script/config", entity_id="script.compat_4"),
        ws("blueprint/delete", domain="script", path="own/say.yaml"),
        Http("DELETE", "/api/config/script/config/compat_4"),
    ),
    case(
        "imported",
        ws("blueprint/import", url="${web}/lamp.yaml"),
        ws("blueprint/import", url="${web}/redirect.yaml"),
        ws("blueprint/import", url="${web}/plain.yaml"),
        ws("blueprint/import", url="${web}/broken.yaml"),
        ws("blueprint/import", url="${web}/none.yaml"),
        ws("blueprint/import", url="${web}/lamp.txt", look=Look(drop=("result.suggested_filename",))),
        ws("blueprint/import", url="nonsense"),
        ws("blueprint/import"),
    ),
)  # fmt: skip
