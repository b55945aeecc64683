"""What clients say about a stretch of the past, made into what the recorder is asked."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, ClassVar

import voluptuous as vol

from linli import PluginContext, RequestError, StorageError, is_entity_id, moment
from linli_recorder.api import Form, RecorderApi, StatesAsked

FRESH_S = 60.0
"""Who asks for what is older than this need not wait for the newest to be written."""

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


class WrongStart(RequestError):
    """No moment that can be read."""

    code: ClassVar[str] = "invalid_start_time"


class WrongEnd(RequestError):
    """No moment that can be read."""

    code: ClassVar[str] = "invalid_end_time"


class WrongEntities(RequestError):
    """Something in the list is no entity id, or nothing stands in it."""

    code: ClassVar[str] = "invalid_entity_ids"


def asked_by(message: Mapping[str, Any], now: float, zone: tzinfo) -> StatesAsked:
    """What a message asks for. Raises WrongStart, WrongEnd and WrongEntities with Home Assistant's codes."""
    start = moment(message["start_time"], zone)
    if start is None:
        raise WrongStart("Invalid start_time")
    end = moment(message["end_time"], zone) if "end_time" in message else now
    if end is None:
        raise WrongEnd("Invalid end_time")
    entity_ids = tuple(dict.fromkeys(message["entity_ids"]))
    if not entity_ids or not all(map(is_entity_id, entity_ids)):
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


async def up_to_now(recorder: RecorderApi, asked: StatesAsked, ctx: PluginContext) -> float:
    """Have written what was heard, where that is asked about; gives the moment until which it is.

    Where nothing can be written the past can still be read, without its newest part.
    """
    now = ctx.clock.timestamp()
    if asked.end < now - FRESH_S:
        return asked.end
    try:
        return await recorder.settle()
    except StorageError as error:
        ctx.log.warning("The newest states are not in this answer: %s", type(error).__name__)
        return now


def as_object(answer: Iterable[tuple[str, bytes]]) -> bytes:
    """JSON: the states by entity."""
    return b"{%b}" % b",".join(b'"%b":%b' % (entity_id.encode(), states) for entity_id, states in answer)
