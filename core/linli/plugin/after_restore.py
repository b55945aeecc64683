"""The first start after a restore: withdrawals and erasures are applied again before the hub is ready (SAFETY 14)."""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from linli.ids import CORE, PluginDomain
from linli.issues import Severity
from linli.messages import Message
from linli.plugin.overview import PluginState
from linli.plugin.specs import storage_restored
from linli.storage.actor import SYSTEM

if TYPE_CHECKING:
    from linli.rooms import Rooms
    from linli.storage.restored import Restored

log = logging.getLogger(__name__)

WITHIN_S: Final = 300.0
NOT_APPLIED: Final = "storage_restored_not_applied"
HELD: Final = "storage_restored_held"


async def apply_after_restore(rooms: "Rooms") -> None:
    """Ask every plugin that knows of withdrawals and erasures, once after a restore; who failed, at each start."""
    restored = rooms.storage.after_restore.last
    if restored is None:
        return
    show_held(rooms)
    if restored.unanswered == ():
        return
    asked = rooms.hook_table.answerers(storage_restored)
    failed = [domain for domain in asked if _is_due(domain, restored) and not await _ask(rooms, domain, restored)]
    await rooms.storage.after_restore.answered(tuple(failed), actor=SYSTEM)
    if failed:
        message = Message(NOT_APPLIED, {"plugins": ", ".join(failed), "since": _when(rooms, restored.since_us)})
        rooms.issues.raise_issue(CORE, NOT_APPLIED, severity=Severity.CRITICAL, message=message)


def _is_due(domain: PluginDomain, restored: "Restored") -> bool:
    return restored.unanswered is None or domain in restored.unanswered


async def _ask(rooms: "Rooms", domain: PluginDomain, restored: "Restored") -> bool:
    status = rooms.overview.get(domain)
    if status is None or status.state is not PluginState.RUNNING:
        log.error("%s does not run: what was withdrawn or erased after the backup is not applied again", domain)
        return False
    try:
        since = datetime.fromtimestamp(restored.since_us / 1_000_000, UTC)
        await rooms.hooks.ask(domain, storage_restored, within=WITHIN_S, since=since)
    except Exception as error:  # noqa: BLE001 - the guard: charged and shown; the hub comes up, loudly
        rooms.ledger.error(domain, "storage_restored", error)
        return False
    return True


def show_held(rooms: "Rooms") -> None:
    """Show that old chains and timers wait, until an owner releases them."""
    held = rooms.storage.restored
    if held is None:
        rooms.issues.clear(CORE, HELD)
        return
    message = Message(
        HELD,
        {"since": _when(rooms, held.since_us), "at": _when(rooms, held.at_us), "folder": rooms.storage.folder.path},
    )
    rooms.issues.raise_issue(CORE, HELD, severity=Severity.CRITICAL, message=message)
    rooms.storage.after_restore.on_release(lambda: rooms.issues.clear(CORE, HELD))


def _when(rooms: "Rooms", at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1_000_000, rooms.settings.zone):%Y-%m-%d %H:%M}"
