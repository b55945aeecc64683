"""Whether the clock is believed when the past is forgotten: by one that is years ahead everything is old (SAFETY 6).

Of each jump it is kept how far the clock has been led away by it. While that is more than a day ahead the clock is in
doubt, also after a restart; it is believed again when it is put back, or after three days without a jump. A hub that
was off for more than a day cannot be told from one whose clock was set: it forgets three days later.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from linli import Message, PluginContext, Severity, StorageError, Transaction
from linli_recorder.recorder import Recorder
from linli_recorder.sql import run, upsert
from linli_recorder.tables import marks

IN_DOUBT: Final = "clock_in_doubt"
AHEAD_S: Final = 86_400.0
"""So far ahead a clock is in doubt."""
JUMP_S: Final = 3_600.0
"""What is less is put right all the time, by NTP."""
STEADY_S: Final = 3 * 86_400.0
"""After so long without a jump it is believed: time enough for somebody to see the repair issue."""
LED_AHEAD, JUMPED_AT = "clock_ahead", "clock_jumped"


class ClockDoubt:
    """Follows the clock of one hub."""

    def __init__(self, ctx: PluginContext, recorder: Recorder) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._ahead_s = 0.0
        self._jumped_at = 0.0
        self._offset = self._offset_now()

    async def begin(self) -> None:
        """Compare the clock with the end of the run before, and follow it from now on. Raises StorageError."""
        known, ended_us = await self._recorder.database.read(_what_was_kept)
        self._ahead_s, self._jumped_at = known.get(LED_AHEAD, 0) / 1e6, known.get(JUMPED_AT, 0) / 1e6
        if ended_us is not None:
            gap = self._ctx.clock.timestamp() - ended_us / 1e6
            if gap > AHEAD_S or gap < -JUMP_S:  # a night without power is no jump
                self._led_away(gap)
        self._look()
        self._ctx.on_clock_step(self._look)

    def believes(self) -> bool:
        """Whether the clock may be gone by now."""
        self._look()  # it may have jumped within this second
        return self._ahead_s <= AHEAD_S

    def _look(self) -> None:
        """Take up a jump, or that there was none for long; a repair issue tells people of a doubt."""
        before, self._offset = self._offset, self._offset_now()
        if abs(self._offset - before) > JUMP_S:
            self._led_away(self._offset - before)
        steady_at = self._jumped_at + STEADY_S
        if self._ahead_s and self._ctx.clock.timestamp() >= steady_at:
            self._ahead_s = 0.0
            self._keep()
        if self._ahead_s <= AHEAD_S:
            self._ctx.issues.clear(IN_DOUBT)
            return
        parameters = {"by": timedelta(seconds=round(self._ahead_s)), "until": datetime.fromtimestamp(steady_at, UTC)}
        self._ctx.issues.raise_issue(IN_DOUBT, Message(IN_DOUBT, parameters), severity=Severity.WARNING)

    def _offset_now(self) -> float:
        return self._ctx.clock.timestamp() - self._ctx.clock.monotonic()

    def _led_away(self, by: float) -> None:
        self._ahead_s += by
        self._jumped_at = self._ctx.clock.timestamp()
        self._keep()

    def _keep(self) -> None:
        self._ctx.spawn(self._write(), name="keep a jump of the clock")

    async def _write(self) -> None:
        values = {LED_AHEAD: round(self._ahead_s * 1e6), JUMPED_AT: round(self._jumped_at * 1e6)}

        def write(tx: Transaction) -> None:
            for name, value in values.items():
                upsert(tx, marks, {"name": name, "value": value}, ("name",))

        try:
            await self._recorder.database.transaction(write)
        except StorageError as error:
            self._ctx.log.warning("a jump of the clock is forgotten at the next start: %s", error)


def _what_was_kept(tx: Transaction) -> tuple[dict[str, int], int | None]:
    """The marks of this file, and when the run before this one ended."""
    known = run(tx, "SELECT name, value FROM marks WHERE name IN (?, ?)", (LED_AHEAD, JUMPED_AT))
    before = run(tx, "SELECT ended_us FROM runs ORDER BY id DESC LIMIT 1 OFFSET 1")
    return dict(known), before[0][0] if before else None
