"""Who caused something, for which purpose, and after what: the context that follows cause to effect."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from ulid_transform import ulid_now

from linli.ids import PluginDomain, UserId
from linli.scope import Bound, Scope


class Purpose(StrEnum):
    """Why a reader looks or an actor acts; derived by the hub, never claimed by a client."""

    ROUTINE = "routine"
    INCIDENT = "incident"
    AUDIT = "audit"


class Context:
    """One cause. Events, states and service calls carry it; a consequence carries a child of it.

    Plain class with slots and a lazy id: one is made per state change, and most ids are never read.
    """

    __slots__ = ("_id", "bounds", "parent_id", "plugin", "purpose", "scope", "user_id", "vouched")

    def __init__(
        self,
        user_id: UserId | None = None,
        parent_id: str | None = None,
        plugin: PluginDomain | None = None,
        purpose: Purpose = Purpose.ROUTINE,
        id: str | None = None,
        scope: Scope | None = None,
    ) -> None:
        self._id = id
        self.user_id = user_id
        self.parent_id = parent_id
        self.plugin = plugin
        self.purpose = purpose
        self.scope = scope
        """What the user's token is narrowed to: whatever follows from the request has no more rights than it had."""
        self.bounds: tuple[Bound, ...] = ()
        """The rules, and whoever set them going, that led to this: it has the lowest of all their rights."""
        self.vouched = False
        """The hub knows that the user stands behind this: it let them in, or handed the cause on. A plugin that makes
        up a user's context may use it only with the privilege ``act_for_user``."""

    @property
    def id(self) -> str:
        """ULID of this cause."""
        if self._id is None:
            self._id = ulid_now()
        return self._id

    def child(self, plugin: PluginDomain | None = None) -> "Context":
        """The context of a consequence: same user, purpose, scope and bounds, this one as its parent."""
        child = Context(self.user_id, self.id, plugin or self.plugin, self.purpose, scope=self.scope)
        child.vouched = self.vouched
        child.bounds = self.bounds
        return child

    def by_rule(self, bound: Bound, plugin: PluginDomain) -> "Context":
        """The context of what a rule does after this cause: nobody's own, bounded by the rule and by all before it."""
        child = Context(None, self.id, plugin, self.purpose)
        links = (*self.links, bound)
        child.bounds = tuple(dict.fromkeys(links)) if self.bounds else links
        return child

    def later(self, plugin: PluginDomain) -> "Context":
        """The context of what comes of this by itself some time later (a timer ends): nobody's own, and bounded by
        all before it. So who says when something is to happen lends and borrows no right by that."""
        child = Context(None, self.id, plugin, self.purpose)
        child.bounds = self.links
        return child

    def bound_also_by(self, links: Iterable[Bound]) -> "Context":
        """The same cause, its id and all, with more links in its chain; the last one stays the last."""
        same = Context(self.user_id, self.parent_id, self.plugin, self.purpose, self.id, self.scope)
        same.vouched = self.vouched
        last = self.bounds[-1:]
        same.bounds = (*dict.fromkeys(link for link in (*self.bounds[:-1], *links) if link not in last), *last)
        return same

    @property
    def links(self) -> tuple[Bound, ...]:
        """Everything that bounds what follows: the chain before it, and its own user."""
        if self.user_id is None:
            return self.bounds
        return (*self.bounds, Bound.shared(self.user_id, self.scope))

    def vouch(self) -> "Context":
        """The hub's word that the user stands behind this; gives the context itself."""
        self.vouched = True
        return self

    def as_dict(self) -> dict[str, Any]:
        """The three keys that Home Assistant's clients know."""
        return {"id": self.id, "parent_id": self.parent_id, "user_id": self.user_id}

    def short(self) -> Any:
        """A bare id where nobody and nothing else is named (``subscribe_entities``)."""
        return self.id if self.user_id is None and self.parent_id is None else self.as_dict()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return (
            f"Context(id={self.id!r}, parent_id={self.parent_id!r}, user_id={self.user_id!r}, plugin={self.plugin!r})"
        )
