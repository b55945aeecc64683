"""What clients say about a stretch of the past, made into what the recorder is asked."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any

import voluptuous as vol

from linli_recorder.api import Form, StatesAsked, WrongEntities, entities_of, stretch_of

FIELDS = {
    vol.Required("start_time"): str,
    vol.Optional("end_time"): str,
    vol.Required("entity_ids"): [str],
    vol.Optional("include_start_time_state", default=True): bool,
    vol.Optional("significant_changes_only", default=True): bool,
    vol.Optional("minimal_response", default=False): bool,
    vol.Optional("no_attributes", default=False): bool,
}
"""The keys of both message commands, as Home Assistant has them."""


def asked_by(message: Mapping[str, Any], now: float, zone: tzinfo) -> StatesAsked:
    """What a message asks for. Raises WrongStart, WrongEnd and WrongEntities with Home Assistant's codes."""
    start, end = stretch_of(message, now, zone)
    entity_ids = entities_of(message)
    if not entity_ids:
        raise WrongEntities("Invalid entity_ids")
    return StatesAsked(
        entity_ids,
        start,
        end,
        Form.COMPRESSED_MINIMAL if message["minimal_response"] else Form.COMPRESSED,
        significant=message["significant_changes_only"],
        attributes=not message["no_attributes"],
        opening=message["include_start_time_state"],
    )


def as_object(answer: Iterable[tuple[str, bytes]]) -> bytes:
    """JSON: the states by entity."""
    return b"{%b}" % b",".join(b'"%b":%b' % (entity_id.encode(), states) for entity_id, states in answer)
