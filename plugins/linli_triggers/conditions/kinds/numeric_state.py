"""``condition: numeric_state``: numbers lie above, below or between bounds."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import UNAVAILABLE, UNKNOWN
from linli import schema as sv
from linli_triggers.conditions.reading import Reading, Unanswerable
from linli_triggers.words import bound, template

_SCHEMA: Final = vol.Schema(
    {
        vol.Required("entity_id"): sv.entity_ids(),
        vol.Optional("attribute"): str,
        vol.Optional("below"): bound,
        vol.Optional("above"): bound,
        vol.Optional("value_template"): template,
    }
)


def checked(config: Any) -> dict[str, Any]:
    """The configuration, with at least one bound."""
    found: dict[str, Any] = _SCHEMA(config)
    if "above" not in found and "below" not in found:
        raise vol.Invalid("must contain at least one of below, above.")
    return found


async def test(config: Mapping[str, Any], reading: Reading, path: str) -> bool:
    """Every entity's number lies within the bounds, which do not belong to the range."""
    faults: list[str] = []
    for index, entity_id in enumerate(config["entity_id"]):
        try:
            if not await _one(config, entity_id, reading, f"{path}/entity_id/{index}"):
                return False
        except Unanswerable as error:
            faults.append(str(error))
    if faults:
        raise Unanswerable("; ".join(faults))
    return True


async def _one(config: Mapping[str, Any], entity_id: str, reading: Reading, path: str) -> bool:
    state = reading.need(entity_id)
    attribute = config.get("attribute")
    if attribute is not None and attribute not in state.attributes:
        reading.tell(path, result=False, message=f"attribute '{attribute}' of entity {entity_id} does not exist")
        return False
    if "value_template" in config:
        value = await reading.render(config["value_template"], {"state": state.as_dict()})
    else:
        value = state.state if attribute is None else state.attributes[attribute]
    if value in (None, UNAVAILABLE, UNKNOWN):
        reading.tell(path, result=False, message=f"value '{value}' is non-numeric and treated as False")
        return False
    number = _number(value, f"entity {entity_id} state '{value}' cannot be processed as a number")
    for key, outside in (("below", number.__ge__), ("above", number.__le__)):
        limit = _limit(config.get(key), reading)
        if limit is None and key in config:
            return False
        if limit is not None and outside(limit):
            reading.tell(path, result=False, state=number, **{f"wanted_state_{key}": limit})
            return False
    reading.tell(path, result=True, state=number)
    return True


def _limit(written: float | str | None, reading: Reading) -> float | None:
    if not isinstance(written, str):
        return written
    state = reading.need(written)
    if state.state in (UNAVAILABLE, UNKNOWN):
        return None
    return _number(state.state, f"the state of {written} cannot be processed as a number")


def _number(value: Any, fault: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise Unanswerable(fault) from error
