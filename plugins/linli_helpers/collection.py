"""The helpers of one domain: those of the YAML and those that people made, who may change and remove the latter."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Access, CommandCall, Context, NotFound, PluginContext, unique_slug
from linli_helpers.entities import Helper
from linli_helpers.kinds import Kind
from linli_helpers.model import Item

ENVELOPE: Final = ("id", "type")


class Collection:
    """Changes are kept before they are shown, one at a time; followers are told after. Whoever makes one stands behind
    what it shows: rules that obey it do no more for that than they may (SAFETY 17)."""

    def __init__(self, ctx: PluginContext, kind: Kind) -> None:
        self._ctx = ctx
        self._kind = kind
        self._written: dict[str, Helper] = {}
        self._made: dict[str, Helper] = {}
        self._followers: list[CommandCall] = []
        self._lock = asyncio.Lock()

    def take_written(self, items: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Those of the YAML come to life."""
        for item_id, item in items.items():
            self._written[item_id] = self._kind.live(self._ctx, self._item(item_id, item), editable=False)

    async def can_change(self, items: Mapping[str, Any]) -> bool:
        """Whether the YAML may say ``items`` from now on without setting all up anew: no id changes hands."""
        kept = await self._ctx.documents.load(self._kind.domain)
        return not any(item_id in kept for item_id in self._written.keys() ^ items.keys())

    async def change_written(self, items: Mapping[str, Mapping[str, Any] | None]) -> None:
        """The YAML says ``items`` now: those that it had before keep what they show."""
        async with self._lock:
            for item_id in self._written.keys() - items.keys():
                await self._end(self._written.pop(item_id))
            for item_id in self._written.keys() & items.keys():
                item = self._item(item_id, items[item_id])
                if item != self._written[item_id].item:
                    self._written[item_id].change(item)
            self.take_written({item_id: items[item_id] for item_id in items if item_id not in self._written})

    @property
    def domain(self) -> str:
        """Of which domain they are."""
        return self._kind.domain

    async def take_made(self) -> None:
        """Those that people made come to life; one whose id the YAML has taken waits until it is free again."""
        for item_id, document in (await self._ctx.documents.load(self._kind.domain)).items():
            if item_id in self._written:
                self._ctx.log.warning("%s.%s is in the YAML, too; that one counts", self._kind.domain, item_id)
                continue
            self._made[item_id] = self._kind.live(self._ctx, document.value, editable=True)

    def offer_commands(self) -> None:
        """Let clients list, follow and (administrators) change them."""
        kind, add = self._kind, self._ctx.commands.add
        which = {vol.Required(kind.id_key): str}
        add(f"{kind.domain}/list", self.list)
        add(f"{kind.domain}/subscribe", self.subscribe)
        add(f"{kind.domain}/create", self.create, kind.keys, access=Access.ADMIN)
        add(f"{kind.domain}/update", self.update, {**which, **kind.keys}, access=Access.ADMIN)
        add(f"{kind.domain}/delete", self.delete, which, access=Access.ADMIN)

    # commands --------------------------------------------------------------------------------------------------------

    def list(self, call: CommandCall) -> "list[Item]":
        """Those that the reader sees."""
        return [helper.item for helper in self._made.values() if call.view.sees(helper.handle.entity_id)]

    async def create(self, call: CommandCall) -> Item:
        """A new one, called after its name."""
        said = self._said(call)
        async with self._lock:
            kept = await self._ctx.documents.load(self._kind.domain)
            item_id = unique_slug(said["name"], lambda slug: slug in kept or slug in self._written)
            item: Item = {"id": item_id, **said}
            await self._ctx.documents.put(self._kind.domain, item_id, item, expected=0)
            self._made[item_id] = self._kind.live(self._ctx, item, editable=True, by=self._behind(call))
            self._tell("added", self._made[item_id])
        return item

    async def update(self, call: CommandCall) -> Item:
        """Another name, icon …; what is not said any more is gone."""
        said = self._said(call)
        async with self._lock:
            helper = self._need(call)
            item: Item = {"id": helper.item["id"], **said}
            await self._ctx.documents.put(self._kind.domain, item["id"], item)
            helper.change(item, self._behind(call))
            self._tell("updated", helper)
        return item

    async def delete(self, call: CommandCall) -> None:
        """Away with it, and with its entity."""
        async with self._lock:
            helper = self._need(call)
            await self._ctx.documents.delete(self._kind.domain, helper.item["id"])
            del self._made[helper.item["id"]]
            self._tell("removed", helper)
            await self._end(helper)

    def subscribe(self, call: CommandCall) -> None:
        """All that there are once, then every change."""
        self._followers.append(call)
        call.on_unsubscribe(lambda: self._followers.remove(call))
        seen = [helper for helper in self._made.values() if self._sees(call, helper)]
        shown = [helper.handle.entity_id for helper in seen]
        first = [self._change("added", helper) for helper in seen]
        asyncio.get_running_loop().call_soon(call.event, first, shown)

    def _behind(self, call: CommandCall) -> Context:
        """Behind what a helper shows because of a change: nobody, as in Home Assistant, with the bounds of whoever made
        it."""
        by = Context(plugin=self._ctx.domain)
        by.bounds = call.context.links
        return by

    def _said(self, call: CommandCall) -> Item:
        said = {key: value for key, value in call.message.items() if key not in (*ENVELOPE, self._kind.id_key)}
        self._kind.check(said)
        return said

    def _need(self, call: CommandCall) -> Helper:
        item_id: str = call.message[self._kind.id_key]
        helper = self._made.get(item_id)
        if helper is None or not self._sees(call, helper):
            raise NotFound(f"Unable to find {self._kind.id_key} {item_id}")
        return helper

    def _sees(self, call: CommandCall, helper: Helper) -> bool:
        return call.view.sees(helper.handle.entity_id)

    def _tell(self, change: str, helper: Helper) -> None:
        for call in tuple(self._followers):
            if self._sees(call, helper):
                call.event([self._change(change, helper)], helper.handle.entity_id)

    def _change(self, change: str, helper: Helper) -> dict[str, Any]:
        return {"change_type": change, self._kind.id_key: helper.item["id"], "item": helper.item}

    async def _end(self, helper: Helper) -> None:
        """It is gone, and what was kept of it beside its item."""
        await helper.handle.remove()
        if self._kind.rows is not None:
            await self._ctx.documents.delete(self._kind.rows, helper.item["id"])

    def _item(self, item_id: str, written: Mapping[str, Any] | None) -> Item:
        return {"id": item_id, **self._kind.defaults, **(written or {})}
