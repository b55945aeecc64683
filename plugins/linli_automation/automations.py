"""All automations of the hub: from the YAML, from the API, over a reload and over a restart."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import voluptuous as vol

from linli import HUB_STARTED, Context, Event, EventType, InvalidRequest, Message, PluginContext, View, unique_slug
from linli_automation import services
from linli_automation.automation import Automation
from linli_automation.engine.book import NO_RULE, Book, Written
from linli_automation.engine.checking import check_steps
from linli_automation.engine.durable import Wait
from linli_automation.engine.principal import Author
from linli_automation.engine.returning import Returning
from linli_automation.engine.shelf import Shelf
from linli_automation.house import House
from linli_automation.model import words_of
from linli_automation.tracing import TraceCommands
from linli_blueprint.api import BLUEPRINT_CHANGED

DOMAIN: Final = "automation"
AUTOMATION_RELOADED: Final[EventType[dict[str, Any]]] = EventType("automation_reloaded")
"""The automations are now as they are written."""


class Automations:
    """Of one config entry."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._house = House(ctx)
        self._book: Book[Automation] = Book(ctx, self._make)
        self._shelf = Shelf(ctx, DOMAIN, self._check, self._saved, self._reads)
        self._items: Sequence[Any] = ()
        self._made = 0
        self._waits: list[Wait] = []
        self._begun = asyncio.Event()
        """They follow their triggers: what is told from now on, they hear."""

    async def open(self, items: Sequence[Any], *, began: bool) -> None:
        """Bring all to life; ``began``: the hub runs already."""
        self._house.began = began
        self._items = items
        self._waits = await self._house.waits.left()
        await self._shelf.load()
        await self._follow()
        await self._remove_stale()
        self._shelf.offer()
        services.register_reload(self._ctx, self.reload)
        self._house.sight.offer_config(DOMAIN, self._written_of)
        TraceCommands(self._ctx, self._house)
        Returning(self._ctx, self._book.mend)
        self._ctx.bus.listen(HUB_STARTED, self._started)
        self._ctx.bus.listen(BLUEPRINT_CHANGED, self._blueprint_changed)
        if began:
            self._begun.set()
            self._go_on()

    async def take_up(self, items: Sequence[Any]) -> None:
        """The YAML says this now."""
        self._items = items
        await self._follow()

    async def reload(self, context: Context) -> None:
        """Read the YAML and the blueprints again."""
        await self._house.rules.forget_blueprints()
        await self._ctx.renew(context)
        await self._follow()
        self._ctx.bus.fire(AUTOMATION_RELOADED, {}, context)

    async def begin_late(self) -> None:
        """See :class:`linli_automation.plugin.EntryApi`. Returns when they follow their triggers."""
        if not self._house.began:
            await self._begin(at_start=False)
        await self._begun.wait()

    async def leave(self) -> None:
        """See :class:`linli_automation.plugin.EntryApi`."""
        self._house.desk.closing = True

    def _started(self, event: Any) -> None:
        if not self._house.began:
            self._house.began = True
            self._ctx.spawn(self._begin(at_start=True), name="begin")

    async def _begin(self, *, at_start: bool) -> None:
        self._house.began = True
        try:
            await self._arm_all(at_start=at_start)
        finally:
            self._begun.set()
        self._go_on()

    async def _arm_all(self, *, at_start: bool) -> None:
        await self._book.mend()
        for automation in list(self._book.live.values()):
            await automation.begin(at_start=at_start)

    # following -------------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        written = [*self._from_yaml(), *self._shelf.written()]
        await self._book.take_up(await self._house.rules.all_filled(DOMAIN, written))

    def _from_yaml(self) -> Iterator[Written]:
        taken: set[str] = set()
        for index, config in enumerate(self._items):
            if not isinstance(config, Mapping):
                where = self._ctx.written_at(index)
                yield Written(f"rule {index}", {}, path=(index,), where=where, made=NO_RULE)
                continue
            if "id" in config:
                key = str(config["id"])
            else:
                key = unique_slug(str(config.get("alias", f"automation {index}")), taken.__contains__)
            taken.add(key)
            where = self._ctx.written_at(index)
            yield Written(key, config, path=(index,), where=where)

    async def _make(self, written: Written) -> Automation:
        number = written.path[0] if written.path else self._made
        self._made += 1
        return await Automation.make(self._house, written, int(number))

    async def _remove_stale(self) -> None:
        """Entities of rules that went away while the hub did not run."""
        entry = self._ctx.entry
        assert entry is not None, "automations belong to an entry"
        for row in self._ctx.registries.entities.by_entry(entry.entry_id):
            if row.unique_id not in self._book.live:
                await self._ctx.registries.entities.remove(row.id)

    def _blueprint_changed(self, event: Event[dict[str, Any]]) -> None:
        if event.data["domain"] == DOMAIN:
            self._ctx.spawn(self._saved(), name="blueprint changed")

    async def _saved(self) -> None:
        await self._follow()
        self._ctx.bus.fire(AUTOMATION_RELOADED, {})

    async def _check(self, key: str, config: dict[str, Any], author: Author) -> None:
        """Raise InvalidRequest for what cannot be an automation."""
        if any(isinstance(each, Mapping) and str(each.get("id")) == key for each in self._items):
            raise InvalidRequest("the YAML has an automation of this id")
        written = await self._house.rules.filled(DOMAIN, Written(key, config, author))
        if written.made is not None and written.made.fault is not None:
            raise InvalidRequest(written.made.fault)
        reader = written.acts_as.reader(self._ctx)
        try:
            words = words_of(written.says, key, await self._house.desk.foreign_actions())
        except vol.Invalid as error:
            raise InvalidRequest(str(error)) from error
        await self._house.desk.check_triggers(words.triggers, reader)
        await self._house.desk.check_conditions(words.conditions, reader)
        await check_steps(self._house.desk, words.plan.steps, reader, "action")

    def _reads(self, view: View, key: str, config: Mapping[str, Any]) -> bool:
        live = self._book.live.get(key)
        return self._house.sight.reads(view, f"{DOMAIN}.{key}" if live is None else live.handle.entity_id, config)

    def _written_of(self, entity_id: str) -> Written | None:
        found = (each for each in self._book.live.values() if each.handle.entity_id == entity_id)
        live = next(found, None)
        return None if live is None else live.written

    # over a restart --------------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        waits, self._waits = self._waits, []
        lost, over = [], []
        for wait in waits:
            live = self._book.live.get(wait.key)
            if wait.durable and live is not None and live.written.hash == wait.hash:
                self._ctx.spawn(self._resume(live, wait), name=f"resume {wait.key}")
            else:
                over.append(wait)
                lost.append(wait.key if live is None else str(live.written.config.get("alias", wait.key)))
        self._tell_interrupted(lost)
        self._ctx.spawn(self._house.waits.forget(over), name="forget interrupted")

    async def _resume(self, live: Automation, wait: Wait) -> None:
        cause = Context(plugin=self._ctx.domain, parent_id=wait.parent_id)
        cause.bounds = wait.bounds[:-1]  # the last is the rule's own, which it gets anew
        await live.resume(wait, cause)
        await self._house.waits.forget([wait])  # it may have ended before its pause was over

    def _tell_interrupted(self, names: list[str]) -> None:
        if not names:
            return
        listed = ", ".join(sorted(set(names)))
        self._ctx.log.warning("these waited when the hub stopped, and were interrupted: %s", listed)
        self._ctx.notifications.create(
            Message("interrupted.message", {"names": listed}),
            title=Message("interrupted.title", {}),
            notification_id="automation_interrupted",
        )
