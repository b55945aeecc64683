"""Everybody who may come in: kept in ``safety.db``, remembered here, each change journaled in its own transaction.

The hub reads all users at its start (they decide what every event shows to whom). A change that another process
commits (the command line) comes by the changes feed and is read anew within a second.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from linli.auth import store
from linli.auth.errors import UsernameTaken
from linli.auth.model import COMMAND_ACTOR, HUB_ACTOR, User
from linli.auth.names import (
    check_name,
    check_password,
    check_person,
    check_places,
    check_username,
    normalise_username,
)
from linli.auth.passwords import Passwords
from linli.bus import Unsubscribe
from linli.clock import Clock
from linli.errors import InvalidRequest, NotFound
from linli.ids import ROOT_PLACE, PersonId, PlaceId, UserId, new_id
from linli.storage import Actor, Database, Transaction

log = logging.getLogger(__name__)

CHANGEABLE: Final = frozenset(
    {"name", "username", "role", "is_active", "local_only", "places", "person", "language", "time_zone"}
)
UserWatcher = Callable[[User | None, User | None], None]
"""Told of a user before and after a change; None: there was, or is, none."""


class Users:
    """All users; the only writer of their rows."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: Passwords,
        roles: Callable[[], Collection[str]],
        restored: Callable[[], Awaitable[None]],
        default_places: Sequence[PlaceId] | None = (ROOT_PLACE,),
    ) -> None:
        """``default_places``: of a user for whom none are named: the whole home; a community gives none. None: a
        command does not know the deployment, so the hub will give them.

        ``restored()`` is called when somebody was made by whoever holds the machine (its command line, a set-up link).
        """
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._roles = roles
        self._restored = restored
        self._default_places = None if default_places is None else tuple(default_places)
        self._users: dict[UserId, User] = {}
        self._versions: dict[UserId, int] = {}
        self._watchers: list[UserWatcher] = []

    # reading ---------------------------------------------------------------------------------------------------------

    def get(self, user_id: str) -> User | None:
        """The user, or None."""
        return self._users.get(UserId(user_id))

    def require(self, user_id: str) -> User:
        """The user; raises NotFound."""
        user = self.get(user_id)
        if user is None:
            raise NotFound("User not found", key="auth.user_not_found")
        return user

    def by_username(self, username: str) -> User | None:
        """Who logs in with this name, in any spelling that normalises to it."""
        name = normalise_username(username)
        return next((user for user in self._users.values() if user.username == name), None)

    def all(self) -> list[User]:
        """All users, oldest first."""
        return list(self._users.values())

    @property
    def has_owner(self) -> bool:
        return any(user.is_owner for user in self._users.values())

    def watch(self, watcher: UserWatcher) -> Unsubscribe:
        """Have ``watcher`` told of every change, after it is committed."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def load(self) -> None:
        """Read everybody; raises StorageError, ValueError or TypeError when the store cannot be trusted."""
        stored = {user.id: await self._placed(user) for user in await self._database.read(store.read_users)}
        for user_id in [*stored, *(set(self._users) - set(stored))]:
            self.apply(user_id, stored.get(user_id))

    async def fetch(self, user_id: UserId) -> User | None:
        """A user whom another process has made a moment ago, before the feed says so."""
        await self.reload(user_id)
        while user_id in self._versions:  # the feed told of them meanwhile, and that reading is not done
            await self.reload(user_id)
        return self._users.get(user_id)

    async def reload(self, user_id: UserId) -> None:
        """Read one user anew, because somebody committed a change."""
        version = self._versions[user_id] = self._versions.get(user_id, 0) + 1
        found = await self._database.read(lambda tx: store.read_users(tx, user_id))
        if found and await self._placed(found[0]) is not found[0]:
            await self.reload(user_id)
        elif self._versions.get(user_id) == version:
            del self._versions[user_id]
            self.apply(user_id, found[0] if found else None)

    async def _placed(self, user: User) -> User:
        """A user who was made without a word about places gets, once and for good, what the deployment says."""
        places = self._default_places
        if user.places is not None or places is None:
            return user

        def work(tx: Transaction) -> User | None:
            found = store.read_users(tx, user.id)
            if not found or found[0].places is not None:
                return found[0] if found else None
            placed = replace(found[0], places=places)
            store.write_user(tx, placed)
            tx.journal("user.changed", actor=HUB_ACTOR, subject=user.id, details={"fields": ["places"]})
            return placed

        return await self._database.transaction(work) or user

    def apply(self, user_id: UserId, user: User | None) -> None:
        """Take up what is committed, and tell."""
        before = self._users.get(user_id)
        if before == user:
            return
        if user is None:
            del self._users[user_id]
        else:
            self._users[user_id] = user
        for watcher in list(self._watchers):
            watcher(before, user)

    # changing --------------------------------------------------------------------------------------------------------

    async def create(
        self,
        name: str,
        *,
        role: str,
        actor: Actor,
        username: str | None = None,
        password: str | None = None,
        places: Sequence[PlaceId] | None = None,
        person: PersonId | None = None,
        local_only: bool = False,
        system_generated: bool = False,
        is_owner: bool = False,
        language: str | None = None,
        time_zone: str | None = None,
    ) -> User:
        """A new user, committed; without a password (None or empty) it has tokens only.

        ``is_owner`` is for the command line: whoever works there holds the machine already.
        Raises InvalidRequest, UsernameTaken, WeakPassword, Busy.
        """
        user = User(
            UserId(new_id(self._clock.timestamp())), check_name(name), self._check_role(role),
            None if username is None else check_username(username), is_owner=is_owner, local_only=local_only,
            system_generated=system_generated, places=self._default_places if places is None else check_places(places),
            person=None if person is None else check_person(person), language=language, time_zone=time_zone,
        )  # fmt: skip
        return await self.insert(user, password, actor=actor, also=store.write_owned if is_owner else None)

    async def insert(
        self, user: User, password: str | None, *, actor: Actor, also: Callable[[Transaction], None] | None = None
    ) -> User:
        """Keep a new user as it is given; ``also`` runs in the same transaction and may refuse by raising."""
        secret = await self._hash(password, user.username)
        user = replace(user, has_password=secret is not None)

        def work(tx: Transaction) -> None:
            if also is not None:
                also(tx)
            store.write_user(tx, user)
            store.write_password(tx, new_id(self._clock.timestamp()), user.id, secret)
            details = {"role": user.role, "owner": user.is_owner, "password": user.has_password}
            tx.journal("user.created", actor=actor, subject=user.id, details=details)

        await self._commit(work)
        self.apply(user.id, user)
        if actor.kind == COMMAND_ACTOR.kind or user.is_owner:
            await self._restored()
        return user

    async def update(self, user_id: str, changes: Mapping[str, Any], *, actor: Actor) -> User:
        """The user with ``changes`` (of :data:`CHANGEABLE`), committed.

        Raises NotFound, InvalidRequest, UsernameTaken.
        """
        unknown = set(changes) - CHANGEABLE
        if unknown:
            raise InvalidRequest(f"a user has no {', '.join(sorted(unknown))} to change")
        checked = self._checked(self.require(user_id), changes)

        def work(tx: Transaction) -> User:
            user = replace(_stored(tx, user_id), **checked)
            if user.is_owner and not user.is_active:
                raise InvalidRequest("Unable to deactivate the owner", path=("is_active",))
            store.write_user(tx, user)
            # what changed, not to what: names stay out of a journal that is kept for years
            tx.journal("user.changed", actor=actor, subject=user_id, details={"fields": sorted(checked)})
            return user

        user: User = await self._commit(work)
        self.apply(user.id, user)
        return user

    async def make_owner(self, user_id: str, *, actor: Actor) -> User:
        """A user who is there already owns the hub from now on; for the command line, as :meth:`create` says.

        Raises NotFound, and InvalidRequest for one of the hub's own users or one who is switched off.
        """

        def work(tx: Transaction) -> User:
            user = replace(_stored(tx, user_id), is_owner=True)
            if user.system_generated:
                raise InvalidRequest("Unable to update system generated users.", key="auth.hub_owned")
            if not user.is_active:
                raise InvalidRequest("a user who is switched off cannot be the owner", key="auth.owner_inactive")
            store.write_user(tx, user)
            store.write_owned(tx)
            tx.journal("user.changed", actor=actor, subject=user_id, details={"fields": ["is_owner"]})
            return user

        user: User = await self._commit(work)
        self.apply(user.id, user)
        await self._restored()
        return user

    async def remove(self, user_id: str, *, actor: Actor) -> None:
        """Take the user away with password and tokens; raises NotFound, and InvalidRequest for the last owner."""

        def work(tx: Transaction) -> None:
            user = _stored(tx, user_id)
            if user.is_owner and not any(other.is_owner and other.id != user.id for other in store.read_users(tx)):
                raise InvalidRequest("The only owner cannot be removed", key="auth.only_owner")
            for token in store.read_tokens_of(tx, user.id):
                tx.changed(store.TOKENS, token.id)
            store.delete_user(tx, user.id)
            tx.journal("user.removed", actor=actor, subject=user_id)

        await self._commit(work)
        self.apply(UserId(user_id), None)

    async def set_password(
        self, user_id: str, password: str | None, *, actor: Actor, also: Callable[[Transaction], None] | None = None
    ) -> None:
        """Another password, or none (tokens only); whether the present one is known was asked before.

        Raises NotFound, WeakPassword, Busy, and InvalidRequest for a user who has no name to log in with.
        """
        user = self.require(user_id)
        if password and user.username is None:
            raise InvalidRequest("this user has no name to log in with", path=("username",), key="auth.no_username")
        secret = await self._hash(password, user.username)

        def work(tx: Transaction) -> User:
            stored = _stored(tx, user_id)
            if also is not None:
                also(tx)
            store.write_password(tx, new_id(self._clock.timestamp()), stored.id, secret)
            action = "password.removed" if secret is None else "password.changed"
            tx.journal(action, actor=actor, subject=user_id)
            return replace(stored, has_password=secret is not None)

        changed = await self._commit(work)
        self.apply(changed.id, changed)

    async def rehash(self, user_id: UserId, password: str, verified: str) -> str | None:
        """Keep the same password at today's cost, and give its hash; None: ``verified`` is not the user's any more.

        Nothing changed for anybody, so nothing is journaled.
        """
        secret = await self._passwords.hash(password)
        kept: bool = await self._database.transaction(lambda tx: store.swap_password(tx, user_id, verified, secret))
        return secret if kept else None

    # -----------------------------------------------------------------------------------------------------------------

    async def _commit(self, work: Callable[[Transaction], Any]) -> Any:
        try:
            return await self._database.transaction(work)
        except IntegrityError as error:
            raise UsernameTaken from error

    async def _hash(self, password: str | None, username: str | None) -> str | None:
        if not password:
            return None
        check_password(password, username)
        return await self._passwords.hash(password)

    def _check_role(self, role: str) -> str:
        known = self._roles()
        if role not in known:
            raise InvalidRequest(
                f"unknown role {role!r}; there are {', '.join(sorted(known))}",
                path=("role",),
                key="auth.role_unknown",
                parameters={"role": role, "known": sorted(known)},
            )
        return role

    def _checked(self, user: User, changes: Mapping[str, Any]) -> dict[str, Any]:
        if user.system_generated:
            raise InvalidRequest("Unable to update system generated users.")
        checked = dict(changes)
        if "name" in checked:
            checked["name"] = check_name(checked["name"])
        if "role" in checked:
            self._check_role(checked["role"])
        if "places" in checked:
            checked["places"] = check_places(checked["places"])
        if checked.get("person") is not None:
            checked["person"] = check_person(checked["person"])
        if checked.get("username") is not None:
            checked["username"] = check_username(checked["username"])
        elif "username" in checked and user.has_password:
            raise InvalidRequest("a user with a password needs a name to log in with", path=("username",))
        return checked


def _stored(tx: Transaction, user_id: str) -> User:
    found = store.read_users(tx, user_id)
    if not found:
        raise NotFound("User not found", key="auth.user_not_found")
    return found[0]
