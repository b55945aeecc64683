"""What clients say about a stretch of the logbook, made into what the recorder is asked."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import voluptuous as vol

from linli_recorder.api import HappeningsAsked, entities_of, stretch_of

FIELDS = {
    vol.Required("start_time"): str,
    vol.Optional("end_time"): str,
    vol.Optional("entity_ids"): [str],
    vol.Optional("device_ids"): [str],
}


def asked_by(message: Mapping[str, Any], now: float, zone: tzinfo) -> HappeningsAsked:
    """What a message asks for; nothing named means everything. Raises WrongStart, WrongEnd and WrongEntities."""
    start, end = stretch_of(message, now, zone)
    entity_ids = entities_of(message)
    device_ids = tuple(message.get("device_ids") or ())
    is_narrow = bool(entity_ids or device_ids)
    return HappeningsAsked(
        start, end, entity_ids if is_narrow else None, device_ids, context_id=message.get("context_id")
    )
