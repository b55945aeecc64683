"""Everything that people read of the domains is there in both languages."""

import json
from pathlib import Path

import linli_home
from linli.config.validators.describe import keys_of
from linli.testing.hub import running_hub
from linli.translations import flatten
from linli_home.api import BinarySensorDeviceClass, QuantityClass, SensorDeviceClass, SwitchDeviceClass

from .laboratory import laboratory

FOLDER = Path(linli_home.__file__).parent / "translations"
EN, ZH = (flatten(json.loads((FOLDER / f"{language}.json").read_text("utf-8"))) for language in ("en", "zh-Hans"))


def test_both_languages_say_the_same_things() -> None:
    assert EN.keys() == ZH.keys()
    assert all(text.strip() for text in (*EN.values(), *ZH.values()))


def test_every_device_class_has_a_name() -> None:
    classes = {
        "sensor": (QuantityClass, SensorDeviceClass),
        "binary_sensor": (BinarySensorDeviceClass,),
        "switch": (SwitchDeviceClass,),
    }
    wanted = {
        f"entity_component.{domain}.{member.value}.name"
        for domain, enums in classes.items()
        for e in enums
        for member in e
    }
    assert wanted <= EN.keys()


async def test_every_service_and_field_has_its_words_and_no_other_has(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, "pass")) as hub:
        wanted = set()
        for domain, services in hub.rooms.services.all().items():
            for name, service in services.items():
                if service.owner != "home":
                    continue
                key = f"services.{domain}.{name}"
                fields = [str(field) for field, _, _ in keys_of(service.schema.schema)] if service.schema else []
                wanted |= {f"{key}.name", f"{key}.description"}
                wanted |= {f"{key}.fields.{field}.{part}" for field in fields for part in ("name", "description")}
    assert {key for key in EN if key.startswith("services.")} == wanted
