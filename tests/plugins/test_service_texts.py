"""Whoever is offered a service in a form reads what it and each of its fields is for, in their language."""

from linli.cli.reference.fields import fields_of
from linli.cli.reference.world import every_shipped_plugin
from linli.translations import LANGUAGES, read_texts

ANY_NAME = "<name>"
"""A field of any name has no text."""


async def test_every_service_of_every_shipped_plugin_and_each_of_its_fields_has_its_words_in_both_languages() -> None:
    missing, services = [], 0
    async with every_shipped_plugin() as world:
        texts = {domain: read_texts(entry.folder) for domain, entry in world.entries.items()}
        for domain, offered in world.rooms.services.all().items():
            for name, service in offered.items():
                services += 1
                paths = [field.path for field in fields_of(service.schema) if ANY_NAME not in field.path]
                base = f"services.{domain}.{name}"
                described = [base, *(f"{base}.fields.{path}" for path in paths)]
                keys = [f"{each}.{part}" for each in described for part in ("name", "description")]
                missing += [
                    f"{service.owner} in {language}: {key}"
                    for language in LANGUAGES
                    for key in keys
                    if not texts[service.owner].get(language, {}).get(key)
                ]
    assert missing == []
    assert services > 150
