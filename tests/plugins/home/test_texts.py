"""Everything that people read of the domains is there in both languages."""

import json
from pathlib import Path
from typing import Any

import voluptuous as vol

import linli_home
from linli.config.validators.describe import keys_of
from linli.services import Service
from linli.testing.hub import running_hub
from linli.translations import flatten
from linli_home import api

from .laboratory import laboratory

FOLDER = Path(linli_home.__file__).parent / "translations"
EN, ZH = (flatten(json.loads((FOLDER / f"{language}.json").read_text("utf-8"))) for language in ("en", "zh-Hans"))


def fields_of(service: Service) -> list[str]:
    keys: Any = None if service.schema is None else service.schema.schema
    if isinstance(keys, vol.All):
        keys = keys.validators[0].schema
    return [] if keys is None else [str(field) for field, _, _ in keys_of(keys)]


def test_both_languages_say_the_same_things() -> None:
    assert EN.keys() == ZH.keys()
    assert all(text.strip() for text in (*EN.values(), *ZH.values()))


def test_every_device_class_has_a_name() -> None:
    classes = {
        domain_class.domain: getattr(api, f"{name}DeviceClass")
        for name, domain_class in vars(api).items()
        if hasattr(api, f"{name}DeviceClass")
    }
    assert len(classes) >= 7
    wanted = {(domain, member.value) for domain, enum in classes.items() for member in enum}
    wanted |= {("event", member.value) for member in api.EventDeviceClass}
    wanted |= {(domain, member.value) for domain in ("sensor", "number") for member in api.QuantityClass}
    assert {f"entity_component.{domain}.{member}.name" for domain, member in wanted} <= EN.keys()


STATES = {
    "lock": api.LockState,
    "alarm_control_panel": api.AlarmControlPanelState,
    "climate": api.HVACMode,
}


def test_every_state_word_has_its_name() -> None:
    wanted = {f"entity_component.{domain}._.state.{word.value}" for domain, enum in STATES.items() for word in enum}
    assert wanted <= EN.keys()


async def test_every_service_and_field_has_its_words_and_no_other_has(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, "pass")) as hub:
        wanted = set()
        for domain, services in hub.rooms.services.all().items():
            for name, service in services.items():
                if service.owner != "home":
                    continue
                key = f"services.{domain}.{name}"
                fields = fields_of(service)
                wanted |= {f"{key}.name", f"{key}.description"}
                wanted |= {f"{key}.fields.{field}.{part}" for field in fields for part in ("name", "description")}
    assert {key for key in EN if key.startswith("services.")} == wanted
