"""The view of the lowest right: what every link in a chain of causes allows, and nothing else (SAFETY 17)."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from linli.auth.facts import Item
from linli.auth.rights import Decision
from linli.auth.view import Turn, View, hidden_by, hidden_in, masked_change, masked_state
from linli.auth.views import Views
from linli.bus import Event, Unsubscribe
from linli.context import Context, Purpose
from linli.ids import PersonId, PlaceId, UserId
from linli.scope import Bound, Scope
from linli.states import State, StateChange

KEPT: Final = 256
ADMIN: Final = "admin"
NOTHING: Final[frozenset[str]] = frozenset()


class LowestView(View):
    """Several views at once: each must allow what is asked; a rule also has to name what is guarded.

    It keeps no decisions: those of its parts are remembered there, and are dropped there when a right changes.
    """

    __slots__ = ("_guarded", "_rules", "_views")

    def __init__(self, views: Sequence[View], bounds: Sequence[Bound], guarded: Callable[[str], bool]) -> None:
        self._views = tuple(view for view in dict.fromkeys(views) if not view.everything)
        """Those that keep anything from anybody."""
        self._rules = tuple(bound for bound in bounds if bound.rule is not None)
        self._guarded = guarded

    @property
    def generation(self) -> int:  # type: ignore[override]  # not its own: it rises with that of any part
        """Rises with every turn of any part."""
        return sum(view.generation for view in self._views)

    @property
    def key(self) -> Hashable:
        """Equal for chains of equal rights."""
        return tuple(view.key for view in self._views), self._rules

    @property
    def flat(self) -> str:
        """That of the first part which has one."""
        return next((view.flat for view in self._views if view.flat), "")

    def decision(self, entity_id: str) -> Decision:
        if not self._views:
            return Decision(True, self._may_touch(entity_id), NOTHING)
        decisions = [view.decision(entity_id) for view in self._views]
        sees = all(decision.sees for decision in decisions)
        controls = sees and all(decision.controls for decision in decisions) and self._may_touch(entity_id)
        return Decision(sees, controls, frozenset[str]().union(*(decision.hides for decision in decisions)))

    def _may_touch(self, entity_id: str) -> bool:
        for rule in self._rules:
            if entity_id not in rule.names:
                return not self._guarded(entity_id)
        return True

    def sees(self, entity_id: str) -> bool:
        return all(view.sees(entity_id) for view in self._views)

    def saw(self, entity_id: str, place: PlaceId, subject: PersonId | None) -> bool:
        return all(view.saw(entity_id, place, subject) for view in self._views)

    def controls(self, entity_id: str) -> bool:
        return self.decision(entity_id).controls if self._views else self._may_touch(entity_id)

    def hides(self, entity_id: str) -> frozenset[str]:
        return frozenset[str]().union(*(view.hides(entity_id) for view in self._views))

    def conceals(self, service: str, owner: str) -> bool:
        return any(view.conceals(service, owner) for view in self._views)

    def mask(self, state: State) -> State | None:
        decision = self.decision(state.entity_id)
        if not decision.sees:
            return None
        hides = hidden_in(self, decision, state)
        return masked_state(state, hides) if hides else state

    def change_json(self, change: StateChange) -> bytes | None:
        decision = self.decision(change.entity_id)
        if not decision.sees:
            return None
        hides = hidden_by(self, decision, change)
        return masked_change(change, hides) if hides else change.json()

    def may(self, permission: str) -> bool:
        if permission == ADMIN and not all(rule.admin for rule in self._rules):
            return False
        return all(view.may(permission) for view in self._views)

    def hears(self, event_type: str) -> bool:
        return all(view.hears(event_type) for view in self._views)

    def sees_item(self, item: Item, item_id: str) -> bool:
        return all(view.sees_item(item, item_id) for view in self._views)

    def sees_root(self) -> bool:
        return all(view.sees_root() for view in self._views)

    def sees_event(self, event: Event[Any]) -> bool:
        return all(view.sees_event(event) for view in self._views)

    def event_json(self, event: Event[Any]) -> bytes | None:
        if isinstance(event, StateChange):
            return self.change_json(event)
        told = [view.event_json(event) for view in self._views]
        return None if None in told else min(told, key=lambda each: len(each or b""))

    def watch(self, callback: Callable[[Turn], None]) -> Unsubscribe:
        """Have ``callback`` told when what any part shows changes."""
        undo = [view.watch(callback) for view in self._views]

        def unwatch() -> None:
            for each in undo:
                each()

        return unwatch


class Lowest:
    """Finds the view of a context, bounded by the chain that led to it."""

    def __init__(self, views: Views, guarded: Callable[[str], bool]) -> None:
        self._views = views
        self._guarded = guarded
        self._kept: dict[tuple[int, tuple[Bound, ...]], tuple[tuple[View, ...], LowestView]] = {}

    def view_of(self, context: Context) -> View:
        """What whoever stands behind the context may see and do now."""
        own = self._view(context.user_id, context.purpose, context.scope)
        if not context.bounds:
            return own
        parts = (own, *[self._view(bound.user_id, context.purpose, bound.scope) for bound in context.bounds])
        key = id(own), context.bounds
        found = self._kept.get(key)
        if found is not None and found[0] == parts:  # views are equal to themselves alone
            return found[1]
        if len(self._kept) >= KEPT:
            self._kept.clear()
        view = LowestView(parts, context.bounds, self._guarded)
        self._kept[key] = parts, view
        return view

    def _view(self, user_id: str | None, purpose: Purpose, scope: Scope | None) -> View:
        return self._views.everything if user_id is None else self._views.for_user(UserId(user_id), purpose, scope)
