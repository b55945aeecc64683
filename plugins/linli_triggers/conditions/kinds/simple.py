"""``condition: template`` and ``condition: trigger``: what a template says, and which trigger fired."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli_triggers.conditions.reading import Reading
from linli_triggers.words import one_or_list, template, text

TEMPLATE: Final = {vol.Required("value_template"): template}
TRIGGER: Final = {vol.Required("id"): one_or_list(text)}


async def test_template(config: Mapping[str, Any], reading: Reading, path: str) -> bool:
    """It renders to something that reads as true."""
    value = await reading.render(config["value_template"])
    result = value is True or str(value).strip().lower() == "true"
    reading.tell(path, result=result, entities=[])
    return result


async def test_trigger(config: Mapping[str, Any], reading: Reading, path: str) -> bool:
    """One of these triggers set the rule going."""
    trigger = reading.variables.get("trigger")
    found = trigger.get("id") if isinstance(trigger, Mapping) else None
    result = found in config["id"]
    reading.tell(path, result=result)
    return result
