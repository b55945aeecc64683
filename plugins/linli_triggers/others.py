"""The kinds of trigger that other plugins contribute: who has which, what is followed, what waits for its plugin."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from linli import HUB_STOP, Context, Forbidden, InvalidRequest, NotFound, PluginContext, RequestError
from linli_triggers.foreign import Bucket, Foreign
from linli_triggers.hooks import (
    triggers_follow,
    triggers_following,
    triggers_kinds,
    triggers_problem,
    triggers_unfollow,
)
from linli_triggers.kinds import KINDS
from linli_triggers.kinds_of_others import owners, texts
from linli_triggers.site import Site, Undo
from linli_triggers.waiting import Waiting

HAS_S: Final = 10.0
"""How long a plugin has for each answer."""
GONE_AFTER_S: Final = 1.0
"""A plugin that is reloaded is away for a moment; that is not told as if it had gone."""
FIRST_PAUSE_S, LAST_PAUSE_S = 5.0, 300.0
OF_A_TRIGGER: Final = (20.0, 200.0)
"""How often one may fire: in a second in the long run, and at once."""
OF_A_PLUGIN: Final = (100.0, 500.0)
"""The same of all that one plugin follows, so that its flood leaves room for the triggers of others."""


class Others:
    """What is followed by other plugins."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._attached: dict[str, Foreign] = {}
        self._buckets: dict[str, Bucket] = {}
        self._waiting = Waiting(ctx)
        self._looking = self._again = self._closing = False
        self._pause = FIRST_PAUSE_S
        self._timer: Undo | None = None
        ctx.on_unload(ctx.entries.watch(self._entry_turned))
        ctx.bus.listen(HUB_STOP, self._stop)
        ctx.metrics.gauge("linli_triggers_waiting", "Triggers whose plugin does not follow them now", self._count)
        self._dropped = ctx.metrics.counter(
            "linli_triggers_dropped_total", "What other plugins' triggers told beyond their limits", ("kind",)
        )

    def _count(self) -> int:
        return sum(1 for each in self._attached.values() if each.owner is None)

    def _show(self) -> None:
        self._waiting.show(each for each in self._attached.values() if each.owner is None and not each.asked)

    def close(self) -> None:
        """Nothing more is asked: the plugins forget what they follow when they see that nobody knows it."""
        self._closing = True

    # kinds -----------------------------------------------------------------------------------------------------------

    async def kinds(self) -> dict[str, str]:
        """Who follows which kind now."""
        return owners(await self._ctx.hooks.gather(triggers_kinds, within=HAS_S), KINDS)

    async def check(self, kind: str, config: Mapping[str, Any], owner: str) -> None:
        """Raise InvalidRequest for what its plugin says is wrong with a trigger."""
        try:
            problem = await self._ctx.hooks.first(triggers_problem, of=owner, within=HAS_S, kind=kind, config=config)
        except RequestError as error:
            raise InvalidRequest(str(error)) from error
        if problem is not None:
            raise InvalidRequest(str(problem))

    # attaching -------------------------------------------------------------------------------------------------------

    async def follow(self, kind: str, config: Mapping[str, Any], site: Site, author: Context, name: str) -> Foreign:
        """Have it followed until it is let go; nothing fires before it is released. Raises InvalidRequest."""
        each = Foreign(kind, config, site, author, name, Bucket(self._ctx.clock, *OF_A_TRIGGER))
        self._attached[each.follow] = each
        taken = False
        try:
            owner = (await self.kinds()).get(kind)
            if owner is not None:
                await self._ask(each, owner)
            if each.refusal is not None:
                raise InvalidRequest(each.refusal)
            taken = True
        finally:
            if not taken:
                self.let_go(each)
        self._show()
        if each.owner is None and self._timer is None:
            self._look_after(self._pause)
        return each

    async def _ask(self, each: Foreign, owner: str) -> None:
        each.asked, each.told, each.refusal = True, owner, None
        answer = None
        try:
            answer = await self._ctx.hooks.first(triggers_follow, of=owner, within=HAS_S, **each.arguments())
        except RequestError as error:
            each.refusal = str(error)
        finally:
            each.asked = False
        each.owner = owner if answer is True else None
        if each.follow not in self._attached:  # it was let go meanwhile
            await self._end(owner, each.follow)

    def let_go(self, each: Foreign) -> None:
        """Nobody waits for it any more."""
        self._attached.pop(each.follow, None)
        if self._closing:
            return
        if each.told is not None:
            self._ctx.spawn(self._end(each.told, each.follow), name="unfollow")
        self._show()

    async def _end(self, owner: str, follow: str) -> None:
        await self._ctx.hooks.first(triggers_unfollow, of=owner, within=HAS_S, follow=follow)

    # what their plugins say ------------------------------------------------------------------------------------------

    def fired(self, follow: str, words: Mapping[str, Any], context: Context | None) -> None:
        """One of them fired. Raises Forbidden for a user for whom nobody vouches."""
        each = self._attached.get(follow)
        if each is None:
            return
        if context is not None and context.user_id is not None and not context.vouched:
            raise Forbidden("a trigger fires for a user only where the hub knows that the user is behind it")
        shared = self._buckets.setdefault(each.told or each.kind, Bucket(self._ctx.clock, *OF_A_PLUGIN))
        if each.bucket.take() and shared.take():
            each.flooding = False
            each.fired(words, context)
            return
        if not each.flooding:
            each.flooding = True
            self._ctx.log.warning("a trigger of the kind %s fires too often; what is too much is dropped", each.kind)
        self._dropped.add(each.kind)

    async def render(self, follow: str, value: Any, variables: Mapping[str, Any]) -> Any:
        """``value`` rendered as the author would see it. Raises NotFound."""
        each = self._attached.get(follow)
        if each is None:
            raise NotFound("nobody waits for that trigger any more")
        return await each.site.render(value, variables)

    # plugins that come and go ----------------------------------------------------------------------------------------

    def _stop(self, event: object) -> None:
        self._closing = True

    def _entry_turned(self, change: Any) -> None:
        """An entry of some plugin was set up or unloaded (a :class:`linli.entries.EntryChange`)."""
        now, before = (entry is not None and entry.state == "loaded" for entry in (change.entry, change.old))
        if now == before or not self._attached or self._closing:
            return
        if now:
            self._look_now()
        else:
            self._look_after(GONE_AFTER_S)

    def _look_after(self, seconds: float) -> None:
        if self._closing:
            return
        if self._timer is not None:
            self._timer()
        self._timer = self._ctx.call_later(seconds, self._look_now)

    def _look_now(self) -> None:
        if self._timer is not None:
            self._timer()
        self._timer, self._again = None, True
        if not self._looking:
            self._looking = True
            self._ctx.spawn(self._look(), name="look after the kinds of others")

    async def _look(self) -> None:
        try:
            while self._again and not self._closing:
                self._again = False
                await self._look_once()
        finally:
            self._looking = False
        self._show()
        if any(each.owner is None for each in self._attached.values()):
            if self._timer is None:
                self._look_after(self._pause)
            self._pause = min(self._pause * 2, LAST_PAUSE_S)
        else:
            self._pause = FIRST_PAUSE_S

    async def _look_once(self) -> None:
        """What its plugin has lost waits, what waits is followed again, what nobody waits for is ended."""
        before = [each for each in self._attached.values() if not each.asked]
        owners = await self.kinds()
        following = {
            owner: frozenset(texts(told))
            for owner, told in (await self._ctx.hooks.gather(triggers_following, within=HAS_S)).items()
        }
        waiting: dict[str, list[Foreign]] = {}
        for each in before:
            owner = owners.get(each.kind)
            if each.owner is not None and each.owner == owner and each.follow in following.get(owner, {each.follow}):
                continue
            each.owner = None
            if owner is not None:
                waiting.setdefault(owner, []).append(each)
        for owner, told in following.items():
            for follow in told - self._attached.keys():
                await self._end(owner, follow)
        await self._ctx.together({owner: self._take_up(owner, those) for owner, those in waiting.items()})

    async def _take_up(self, owner: str, waiting: Iterable[Foreign]) -> None:
        """One after the other; a plugin that does not answer one in time is asked for no more of them now."""
        for each in waiting:
            if each.follow not in self._attached or each.asked or each.owner is not None:
                continue
            began = self._ctx.clock.monotonic()
            await self._ask(each, owner)
            if each.owner is None and self._ctx.clock.monotonic() - began >= HAS_S:
                return
