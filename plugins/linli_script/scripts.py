"""All scripts of the hub: from the YAML, from the API, over a reload and over a restart."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import (
    HUB_STARTED,
    Context,
    Event,
    InvalidRequest,
    Message,
    PluginContext,
    ServiceAccess,
    ServiceCall,
    View,
)
from linli_automation.api import NO_RULE, Author, Book, Returning, Shelf, Wait, Written, check_steps
from linli_blueprint.api import BLUEPRINT_CHANGED
from linli_script.model import words_of
from linli_script.script import LiveScript, Workshop

DOMAIN: Final = "script"
VARIABLES: Final = {vol.Optional("variables"): dict}


def with_caller(call: ServiceCall) -> Mapping[str, Any]:
    """The data of a call with the cause of all that follows."""
    return {**call.data, "context": call.context}


def offer_services(ctx: PluginContext) -> None:
    """``script.turn_on``, ``turn_off`` and ``toggle``."""
    ctx.services.register_entity(DOMAIN, "turn_on", VARIABLES, prepare=with_caller)
    ctx.services.register_entity(DOMAIN, "turn_off")
    ctx.services.register_entity(DOMAIN, "toggle", prepare=with_caller)


class Scripts:
    """Of one config entry."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._shop = Workshop(ctx)
        self._book: Book[LiveScript] = Book(ctx, self._make)
        self._shelf = Shelf(ctx, DOMAIN, self._check, self._follow, self._reads, key_name=None)
        self._items: Mapping[str, Any] = {}
        self._waits: list[Wait] = []

    async def open(self, items: Mapping[str, Any]) -> None:
        """Bring all to life."""
        self._items = items
        self._waits = await self._shop.waits.left()
        await self._shelf.load()
        await self._follow()
        await self._remove_stale()
        self._shelf.offer()
        self._ctx.services.register(DOMAIN, "reload", self._reload, access=ServiceAccess.ADMINS)
        self._shop.sight.offer_config(DOMAIN, self._written_of)
        Returning(self._ctx, self._book.mend)
        self._ctx.bus.listen(HUB_STARTED, self._started)
        self._ctx.bus.listen(BLUEPRINT_CHANGED, self._blueprint_changed)

    async def take_up(self, items: Mapping[str, Any]) -> None:
        """The YAML says this now."""
        self._items = items
        await self._follow()

    async def leave(self) -> None:
        """See :class:`linli_script.plugin.ScriptsApi`."""
        self._shop.desk.closing = True

    def _started(self, event: object) -> None:
        """Everything is set up: perhaps a plugin that came later knows what a broken script says."""
        self._shop.began = True
        self._ctx.spawn(self._book.mend(), name="try again")

    async def _reload(self, call: ServiceCall) -> None:
        """Read the YAML and the blueprints again."""
        await self._shop.rules.forget_blueprints()
        await self._ctx.renew(call.context)
        await self._follow()

    def _blueprint_changed(self, event: Event[dict[str, Any]]) -> None:
        if event.data["domain"] == DOMAIN:
            self._ctx.spawn(self._follow(), name="blueprint changed")

    async def _follow(self) -> None:
        written = [*self._from_yaml(), *self._shelf.written()]
        await self._book.take_up(await self._shop.rules.all_filled(DOMAIN, written))

    def _from_yaml(self) -> Iterator[Written]:
        for key, config in self._items.items():
            where = self._ctx.written_at(key)
            if isinstance(config, Mapping):
                yield Written(key, config, path=(key,), where=where)
            else:
                yield Written(key, {}, path=(key,), where=where, made=NO_RULE)

    async def _make(self, written: Written) -> LiveScript:
        return await LiveScript.make(self._shop, written)

    async def _remove_stale(self) -> None:
        """Entities of scripts that went away while the hub did not run."""
        entry = self._ctx.entry
        assert entry is not None, "scripts belong to an entry"
        for row in self._ctx.registries.entities.by_entry(entry.entry_id):
            if row.unique_id not in self._book.live:
                await self._ctx.registries.entities.remove(row.id)

    async def _check(self, key: str, config: dict[str, Any], author: Author) -> None:
        """Raise InvalidRequest for what cannot be a script."""
        if key in self._items:
            raise InvalidRequest("the YAML has a script of this name")
        if not key.isascii() or not key.replace("_", "").isalnum() or key != key.lower():
            raise InvalidRequest(f"invalid slug {key}")
        written = await self._shop.rules.filled(DOMAIN, Written(key, config, author))
        if written.made is not None and written.made.fault is not None:
            raise InvalidRequest(written.made.fault)
        try:
            words = words_of(key, written.says, await self._shop.desk.foreign_actions())
        except vol.Invalid as error:
            raise InvalidRequest(str(error)) from error
        await check_steps(self._shop.desk, words.plan.steps, written.acts_as.reader(self._ctx), "sequence")

    def _reads(self, view: View, key: str, config: Mapping[str, Any]) -> bool:
        live = self._book.live.get(key)
        return self._shop.sight.reads(view, f"{DOMAIN}.{key}" if live is None else live.handle.entity_id, config)

    def _written_of(self, entity_id: str) -> Written | None:
        found = (each for each in self._book.live.values() if each.handle.entity_id == entity_id)
        live = next(found, None)
        return None if live is None else live.written

    async def go_on(self) -> None:
        """Everything is set up. What waited when the hub stopped: durable runs go on, the others are reported."""
        if not self._shop.began:  # the section came after the hub's start
            self._shop.began = True
            await self._book.mend()
        waits, self._waits = self._waits, []
        lost, over = [], []
        for wait in waits:
            live = self._book.live.get(wait.key)
            if wait.durable and live is not None and live.written.hash == wait.hash:
                cause = Context(plugin=self._ctx.domain, parent_id=wait.parent_id)
                cause.bounds = wait.bounds[:-1]  # the last is the script's own, which it gets anew
                self._ctx.spawn(self._resume(live, wait, cause), name=f"resume {wait.key}")
            else:
                over.append(wait)
                lost.append(wait.key)
        if lost:
            names = ", ".join(sorted(set(lost)))
            self._ctx.log.warning("these waited when the hub stopped, and were interrupted: %s", names)
            self._ctx.notifications.create(
                Message("interrupted.message", {"names": names}),
                title=Message("interrupted.title", {}),
                notification_id="script_interrupted",
            )
        await self._shop.waits.forget(over)

    async def _resume(self, live: LiveScript, wait: Wait, cause: Context) -> None:
        await live.resume(wait, cause)
        await self._shop.waits.forget([wait])  # it may have ended before its pause was over
