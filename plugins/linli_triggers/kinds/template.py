"""``trigger: template``: a template becomes true, perhaps for a while."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Event, RenderInfo, StateChange
from linli_triggers.site import Holding, Site, Undo
from linli_triggers.words import duration, template, truthy

SCHEMA: Final = {vol.Required("value_template"): template, vol.Optional("for"): duration}
MINUTE_S: Final = 60.0
_HELD: Final = "value"


class _Follower:
    """Renders again when what was read has changed, and only then; a template over everything not too often."""

    def __init__(self, config: Mapping[str, Any], site: Site) -> None:
        self._text: str = config["value_template"]
        self._site = site
        self._holding = Holding(site, config.get("for"))
        self._armed = False
        """It was untrue: becoming true fires."""
        self._info = RenderInfo()
        self._rendered_at = 0.0
        self._undo: list[Undo] = []
        self._followed: tuple[frozenset[str], bool] | None = None
        self._minute: Undo | None = None
        self._soon: Undo | None = None

    async def begin(self) -> None:
        """Only what is untrue at the start can become true."""
        await self._render()
        self._armed = self._info.error is None and not truthy(self._info.result)
        self._follow()

    async def _render(self) -> None:
        self._info = await self._site.read(self._text)
        self._rendered_at = self._site.ctx.clock.monotonic()
        if self._info.error is not None:
            self._site.ctx.log.warning("a template trigger cannot be rendered: %s", self._info.error)

    def _follow(self) -> None:
        info = self._info
        broad = bool(
            info.all_states or info.all_states_lifecycle or info.domains or info.domains_lifecycle or info.error
        )
        wanted = frozenset(info.entities), broad
        if wanted != self._followed:
            for undo in self._undo:
                undo()
            self._followed = wanted
            if broad:
                self._undo = [self._site.listen("state_changed", self._changed)]
            else:
                self._undo = [self._site.track(info.entities, self._changed)]
        if info.has_time and self._minute is None:
            left = MINUTE_S - self._site.ctx.clock.timestamp() % MINUTE_S
            self._minute = self._site.call_later(left, self._minute_came)

    def _minute_came(self) -> None:
        self._minute = None
        self._again(None)

    def _changed(self, event: Event[Any]) -> None:
        if not isinstance(event, StateChange):
            return
        info, comes_or_goes = self._info, event.old is None or event.new is None
        if event.entity_id in info.entities:
            self._again(event)
        elif info.reads(event.entity_id) or (comes_or_goes and info.counts(event.entity_id)):
            self._later(event, info.rate_limit or 0.0)

    def _later(self, change: StateChange, pause: float) -> None:
        """Render again, but not within ``pause`` after the last time."""
        left = self._rendered_at + pause - self._site.ctx.clock.monotonic()
        if left <= 0:
            self._again(change)
        elif self._soon is None:
            self._soon = self._site.call_later(left, lambda: self._again(change))

    def _again(self, change: StateChange | None) -> None:
        if self._soon is not None:
            self._soon()
            self._soon = None
        self._site.in_turn(lambda: self._turn(change))

    async def _turn(self, change: StateChange | None) -> None:
        before = self._info
        await self._render()
        self._follow()
        if self._info.error is not None or (before.error is None and before.result == self._info.result):
            return
        self._holding.end(_HELD)
        if not truthy(self._info.result):
            self._armed = True
        elif self._armed:
            self._armed = False
            self._holding.begin(_HELD, {"trigger": self._variables(change)}, lambda length: self._fire(change, length))

    def _variables(self, change: StateChange | None) -> dict[str, Any]:
        before, now = (None, None) if change is None else self._site.both(change)
        return {
            "platform": "template",
            "entity_id": None if change is None else change.entity_id,
            "from_state": before,
            "to_state": now,
        }

    def _fire(self, change: StateChange | None, length: Any) -> None:
        if change is not None and not self._site.view.sees(change.entity_id):
            return
        what = "time change or manual update" if change is None else change.entity_id
        words = {"for": length, "description": f"{what} via template"}
        self._site.fire({**self._variables(change), **words}, None if change is None else change.context)


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Render it once, then follow what it read."""
    await _Follower(config, site).begin()
