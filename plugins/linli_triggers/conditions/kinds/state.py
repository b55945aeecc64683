"""``condition: state``: entities are in one of some states, perhaps for a while."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import voluptuous as vol

from linli import State
from linli import schema as sv
from linli_triggers.conditions.reading import Reading, Unanswerable
from linli_triggers.words import duration, length_of

_HELPER: Final = re.compile(r"input_(?:boolean|button|datetime|number|select|text)\.\w+")
"""A state that is written as the id of a helper means what that helper shows."""


def _states(value: Any) -> list[Any]:
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in found):
        raise vol.Invalid("expected a text or a list of texts")
    return found


def _schema(value: Callable[[Any], Any]) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required("entity_id"): sv.entity_ids(),
            vol.Optional("match", default="all"): vol.All(vol.Lower, vol.In(("all", "any"))),
            vol.Optional("attribute"): str,
            vol.Required("state"): value,
            vol.Optional("for"): duration,
        }
    )


_OF_STATES: Final = _schema(_states)
_OF_ATTRIBUTES: Final = _schema(lambda value: value if isinstance(value, list) else [value])


def checked(config: Any) -> dict[str, Any]:
    """The configuration; an attribute is compared with values of any type, a state with texts."""
    schema = _OF_ATTRIBUTES if isinstance(config, Mapping) and "attribute" in config else _OF_STATES
    found: dict[str, Any] = schema(config)
    return found


async def test(config: Mapping[str, Any], reading: Reading, path: str) -> bool:
    """All of the entities, or any of them, are in one of the states."""
    length = await _length(config, reading)
    several = len(config["entity_id"]) > 1
    holds = config["match"] == "all"
    faults: list[str] = []
    for index, entity_id in enumerate(config["entity_id"]):
        try:
            one = _one(config, entity_id, length, reading, f"{path}/entity_id/{index}")
        except Unanswerable as error:
            faults.append(str(error))
            continue
        if one is not holds:
            if several:
                reading.tell(path, result=not holds)
            return bool(not holds)
    if faults:
        raise Unanswerable("; ".join(faults))
    return bool(holds)


async def _length(config: Mapping[str, Any], reading: Reading) -> timedelta | None:
    if "for" not in config:
        return None
    try:
        return length_of(await reading.render(config["for"]))
    except ValueError as error:
        raise Unanswerable(f"no length of time: {error}") from error


def _one(config: Mapping[str, Any], entity_id: str, length: timedelta | None, reading: Reading, path: str) -> bool:
    state = reading.need(entity_id)
    attribute = config.get("attribute")
    if attribute is not None and attribute not in state.attributes:
        reading.tell(path, result=False, message=f"attribute '{attribute}' of entity {entity_id} does not exist")
        return False
    value = state.state if attribute is None else state.attributes[attribute]
    wanted = [_meant(each, reading) for each in config["state"]]
    matches: bool = value in wanted
    if not matches or length is None:
        reading.tell(path, result=matches, state=value, wanted_state=wanted[-1])
        return matches
    held = reading.now().astimezone(UTC) - datetime.fromtimestamp(_since(state), UTC)
    reading.tell(path, result=held > length, state=value, wanted_state=wanted[-1], duration=held.total_seconds())
    return held > length


def _meant(wanted: Any, reading: Reading) -> Any:
    if isinstance(wanted, str) and _HELPER.fullmatch(wanted):
        return reading.need(wanted).state
    return wanted


def _since(state: State) -> float:
    return state.last_changed
