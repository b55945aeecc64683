"""Who reads through which view now: equal rights share one, and a change of rights moves its reader at once."""

import itertools
from collections.abc import Callable, Mapping
from typing import Final
from weakref import WeakValueDictionary

from linli.auth.decider import Decider, KnownFacts, World
from linli.auth.model import User
from linli.auth.naming import each_named
from linli.auth.policy import SHIPPED_ROLES, Role
from linli.auth.reader import Reader
from linli.auth.rights import ALL_RIGHTS, NO_RIGHTS, Decision, Rights, compile_rights
from linli.auth.view import Turn, View, WholeView
from linli.context import Purpose
from linli.ids import EntityId, UserId
from linli.scope import Scope

Changes = list[tuple[str, Decision | None, Decision]]
"""Entities with what was decided about each (None: not known) and what is now."""

KEPT_FOR_USERS: Final = 512
"""Views kept ready for users without an open session (service calls, rules)."""


class Views:
    """All views in use."""

    def __init__(
        self,
        user_of: Callable[[UserId], User | None],
        world: World | None = None,
        roles: Mapping[str, Role] = SHIPPED_ROLES,
    ) -> None:
        self._user_of = user_of
        self._facts = KnownFacts(world or World())
        self._roles = roles
        self._generations = itertools.count(1)
        self._shared: WeakValueDictionary[Rights, View] = WeakValueDictionary()
        self._ready: dict[tuple[UserId, Purpose], View] = {}
        self._readers: WeakValueDictionary[tuple[UserId, Purpose, Scope | None], Reader] = WeakValueDictionary()
        self.everything: Final = self._view(ALL_RIGHTS)
        """The hub's own."""
        self.nobody: Final = self._view(NO_RIGHTS)
        """Of who has not logged in."""
        self._unwatch = self._facts.world.entities.watch(self.entity_changed)

    def close(self) -> None:
        """Stop following the facts."""
        self._unwatch()

    # finding ---------------------------------------------------------------------------------------------------------

    def for_user(self, user_id: UserId, purpose: Purpose = Purpose.ROUTINE, scope: Scope | None = None) -> View:
        """The view of a user; one that sees nothing for an unknown or inactive one."""
        if scope is not None:
            return self._view(self._rights(user_id, purpose, scope))
        view = self._ready.get((user_id, purpose))
        if view is None:
            view = self._view(self._rights(user_id, purpose, None))
            if len(self._ready) >= KEPT_FOR_USERS:
                self._ready.clear()
            if self._user_of(user_id) is not None:
                self._ready[user_id, purpose] = view
        return view

    def reader(self, user_id: UserId, purpose: Purpose = Purpose.ROUTINE, scope: Scope | None = None) -> Reader:
        """What a session holds: follows the user from view to view."""
        key = (user_id, purpose, scope)
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = Reader(user_id, purpose, scope, self.for_user(user_id, purpose, scope))
        return reader

    def group_of(self, user: User) -> str | None:
        """The group by which Home Assistant's clients know the user's role; None for a role that is not there."""
        role = self._roles.get(user.role)
        return None if role is None else role.group_id

    @property
    def roles(self) -> Mapping[str, Role]:
        """The deployment's roles, by name."""
        return self._roles

    def _rights(self, user_id: UserId, purpose: Purpose, scope: Scope | None) -> Rights:
        user = self._user_of(user_id)
        return compile_rights(user, None if user is None else self._roles.get(user.role), purpose, scope)

    def _view(self, rights: Rights) -> View:
        view = self._shared.get(rights)
        if view is None:
            kind = WholeView if rights.everything else View
            view = self._shared[rights] = kind(Decider(rights, self._facts), next(self._generations))
        return view

    # turning ---------------------------------------------------------------------------------------------------------

    def entity_changed(self, entity_id: EntityId) -> None:
        """A fact about one entity changed: every view decides anew about it, and those who see it differently turn."""
        self._facts.pop(entity_id, None)
        for view in list(self._shared.values()):
            if view.everything:
                continue
            before = view.forget(entity_id)
            if not view.watched:
                continue
            if before is None and not view.forgot:
                if self._facts.world.namers_of(entity_id):  # it may be shown as one that is not there
                    self._turn(view, [], [(entity_id, None, view.decision(entity_id))])
                continue
            now = view.decision(entity_id)
            if before != now:
                self._turn(view, [(entity_id, before, now)])

    def relations_changed(self) -> None:
        """The place tree or who is what to whom changed: only what that decides otherwise is looked at again."""
        if self._facts.overflowed:
            self.invalidate()
            return
        for view in list(self._shared.values()):
            changed = set() if view.everything else view.redecide()
            if not changed:
                continue
            touched = [entity_id for entity_id, kind in self._facts.items() if kind in changed]
            before = {entity_id: view.forget(entity_id) for entity_id in touched}
            if view.watched:
                shown = [each for each in touched if before[each] is not None or view.forgot]
                changes = [(each, before[each], view.decision(each)) for each in shown]
                self._turn(view, [change for change in changes if change[1] != change[2]])

    def invalidate(self) -> None:
        """Facts about many entities changed (a reload): every view decides everything anew."""
        self._facts.clear()
        for view in list(self._shared.values()):
            if view.everything:
                continue
            known = view.known()
            view.forget()
            if view.watched:
                self._turn(view, self._compare(known, view, view))

    def user_changed(self, user_id: UserId) -> None:
        """The user's role, places, person or activity changed: move those who read for them."""
        for purpose in Purpose:
            self._ready.pop((user_id, purpose), None)
        for (owner, purpose, scope), reader in list(self._readers.items()):
            if owner == user_id:
                self._move(reader, self._view(self._rights(user_id, purpose, scope)))

    def set_roles(self, roles: Mapping[str, Role]) -> None:
        """Take up other roles (the deployment was reloaded); every reader whose rights differ moves."""
        self._roles = roles
        self._ready.clear()
        for (user_id, purpose, scope), reader in list(self._readers.items()):
            self._move(reader, self._view(self._rights(user_id, purpose, scope)))

    def _move(self, reader: Reader, view: View) -> None:
        old = reader.view
        if view is old:
            return
        if not reader.watched:
            reader.view = view
            return
        changes = self._compare(old.known(), old, view)
        reader.move(view, self._turn_of(view, changes, changes))

    def _compare(self, known: Mapping[str, Decision], old: View, new: View) -> Changes:
        """What the reader saw and sees now, of all entities; None: not known, so told as if it had changed."""
        same = old is new
        changes: Changes = []
        for entity_id in dict.fromkeys((*self._facts.world.entity_ids(), *known)):
            before = known.get(entity_id)
            if before is None and not same:
                before = old.decision(entity_id)
            now = new.decision(entity_id)
            if before != now:
                changes.append((entity_id, before, now))
        return changes

    def _turn(self, view: View, changes: Changes, behind: Changes | None = None) -> None:
        turn = self._turn_of(view, changes, changes if behind is None else behind)
        if not turn.empty:
            view.turned(turn, next(self._generations))

    def _turn_of(self, view: View, changes: Changes, behind: Changes) -> Turn:
        """What ``changes`` are for a reader; ``behind``: what may be told otherwise by the entities that name it."""
        removed = {EntityId(e) for e, before, now in changes if not now.sees and (before is None or before.sees)}
        added = {EntityId(e) for e, before, now in changes if now.sees and (before is None or not before.sees)}
        corrected = {
            EntityId(e)
            for e, before, now in changes
            if before is not None and before.sees and now.sees and before.hides != now.hides
        }
        if not view.everything:
            corrected |= self._misnaming(view, behind) - added
        return Turn(frozenset(removed), frozenset(added | corrected), view, frozenset(corrected))

    def _misnaming(self, view: View, changes: Changes) -> set[EntityId]:
        """The entities whose attribute that names others a reader may see no longer, or may see now."""
        world = self._facts.world
        before = {e: decision for e, decision, now in changes if decision is None or decision.sees != now.sees}
        found: set[EntityId] = set()
        for namer in {namer for entity_id in before for namer in world.namers_of(entity_id)}:
            if not view.sees(namer):
                continue
            named = each_named(world.names_of(namer))
            was = [before[e] if e in before else view.decision(e) for e in named]
            shown = all(map(view.sees, named))
            if None in was or shown != all(decision.sees for decision in was if decision is not None):
                found.add(namer)
        return found
