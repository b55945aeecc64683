"""What clients say about a stretch of the logbook, made into what the recorder is asked."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, ClassVar

import voluptuous as vol

from linli import PluginContext, RequestError, StorageError, is_entity_id, moment
from linli_recorder.api import HappeningsAsked, RecorderApi

FRESH_S = 60.0
"""Who asks for what is older than this need not wait for the newest to be written."""

FIELDS = {
    vol.Required("start_time"): str,
    vol.Optional("end_time"): str,
    vol.Optional("entity_ids"): [str],
    vol.Optional("device_ids"): [str],
}


class WrongStart(RequestError):
    """No moment that can be read."""

    code: ClassVar[str] = "invalid_start_time"


class WrongEnd(RequestError):
    """No moment that can be read."""

    code: ClassVar[str] = "invalid_end_time"


class WrongEntities(RequestError):
    """Something in the list is no entity id."""

    code: ClassVar[str] = "invalid_entity_ids"


def asked_by(message: Mapping[str, Any], now: float, zone: tzinfo) -> HappeningsAsked:
    """What a message asks for; nothing named means everything. Raises WrongStart, WrongEnd and WrongEntities."""
    start = moment(message["start_time"], zone)
    if start is None:
        raise WrongStart("Invalid start_time")
    end = moment(message["end_time"], zone) if "end_time" in message else now
    if end is None:
        raise WrongEnd("Invalid end_time")
    entity_ids = tuple(dict.fromkeys(message.get("entity_ids") or ()))
    device_ids = tuple(message.get("device_ids") or ())
    if not all(map(is_entity_id, entity_ids)):
        raise WrongEntities("Invalid entity_ids")
    is_narrow = bool(entity_ids or device_ids)
    return HappeningsAsked(
        start, end, entity_ids if is_narrow else None, device_ids, context_id=message.get("context_id")
    )


async def up_to_now(recorder: RecorderApi, end: float, ctx: PluginContext) -> float:
    """Have written what was heard, where that is asked about; gives the moment until which it is.

    Where nothing can be written the past can still be read, without its newest part.
    """
    now = ctx.clock.timestamp()
    if end < now - FRESH_S:
        return end
    try:
        return await recorder.settle()
    except StorageError as error:
        ctx.log.warning("The newest lines are not in this answer: %s", type(error).__name__)
        return now
