"""The room as others use it: who comes in, how long, and what they see. Built whole by :meth:`Auth.open`."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy.exc import SQLAlchemyError

from linli.auth import store
from linli.auth.address import Network
from linli.auth.admission import Admission, trusted_read
from linli.auth.codes import Codes
from linli.auth.decider import World
from linli.auth.expiry import Expiry
from linli.auth.first_owner import FirstOwner
from linli.auth.gate import LIMITS, Gate, Limits
from linli.auth.login import LoggedIn, Login, check_may_come_in
from linli.auth.login_flow import LoginFlows
from linli.auth.model import User
from linli.auth.passwords import COST, Cost, Passwords, RunBlocking
from linli.auth.policy import SHIPPED_ROLES, Role
from linli.auth.session import Session
from linli.auth.signing import SignedPaths
from linli.auth.tables import auth_metadata
from linli.auth.token_memory import TokenMemory, Use
from linli.auth.tokens import Tokens
from linli.auth.users import Users
from linli.auth.views import Views
from linli.bus import Unsubscribe
from linli.clock import Clock, Timer
from linli.errors import LinliError
from linli.ids import ROOT_PLACE, PlaceId, TokenId, UserId
from linli.storage import Actor, Change, DatabaseFailed, History, Status, Storage, Transaction

log = logging.getLogger(__name__)

AUTH_HISTORY: Final = History("auth", Path(__file__).with_name("migrations"), auth_metadata, safety=True)
"""Belongs to ``safety.db``; :meth:`Auth.open` migrates it."""

UPKEEP_EVERY_S: Final = 3600.0
"""When a long-lived token was last used is written as often, so a kill may lose that much of it."""
STORE_DAMAGED: Final = "auth_store_damaged"
OWNER_MISSING: Final = "auth_owner_missing"
CLOCK_BEHIND: Final = "auth_clock_behind"
"""Repair issues; their texts stand in ``translations`` beside this."""
FORGET_EVERY_S: Final = 86400.0
KEPT_AFTER_END_S: Final = 7 * 86400.0
"""Ended tokens and bans stay in the store for a week, so that a clock that jumped ahead for an hour deletes nothing."""


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """What a deployment may say about this room."""

    limits: Limits = LIMITS
    cost: Cost = COST
    default_places: tuple[PlaceId, ...] | None = (ROOT_PLACE,)
    """Of a user made without places: the home; a community says none. None: not known here, the hub will say."""
    never_banned: tuple[Network, ...] = ()
    """Trusted proxies: behind them stands everybody."""
    allowed_hosts: Callable[[], Collection[str]] = frozenset
    """Names under which the hub's pages are opened, beside localhost and local addresses."""


SETTINGS: Final = AuthSettings()


class Auth:
    """Users, tokens, log-in, views. Everything that is remembered here follows what is committed, by any process."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        run_blocking: RunBlocking,
        world: World | None = None,
        roles: Mapping[str, Role] = SHIPPED_ROLES,
        settings: AuthSettings = SETTINGS,
    ) -> None:
        """Made by :meth:`open`."""
        database = storage.safety
        self._storage = storage
        self._database = database
        self._trouble_listeners: list[Callable[[str | None], None]] = []
        self._end_watchers: list[Callable[[], None]] = []
        self._clock = clock
        self._damaged = False
        self._upkeep: Timer | None = None
        self._tidied_at = clock.timestamp()
        self._tasks: set[asyncio.Task[None]] = set()
        self._expiry = Expiry(clock, database.newest_us / 1_000_000)
        self._memory = TokenMemory(clock, self._expiry)
        self._memory.ended = self._tell_ends
        self.passwords: Final = Passwords(run_blocking, settings.cost)
        self.users: Final = Users(
            database, clock, self.passwords, lambda: self.views.roles, self._restore, settings.default_places
        )
        self.views: Final = Views(self.users.get, world, roles)
        self.codes: Final = Codes(clock)
        self.tokens: Final = Tokens(
            database, clock, self.users, self.codes, self._memory, self._expiry, check_may_come_in
        )
        self.gate: Final = Gate(database, clock, self._expiry, settings.limits, settings.never_banned)
        self.first_owner: Final = FirstOwner(
            database, clock, self._expiry, self.users, self.gate, settings.allowed_hosts, self._is_damaged
        )
        self.flows: Final = LoginFlows(clock)
        self.paths: Final = SignedPaths(clock)
        self._admission = Admission(
            database, clock, self._memory, self._expiry, self.users, self.views, self.paths, lambda: self.failed_closed
        )
        self._login = Login(
            database, self.users, self.passwords, self.gate, self.codes, self._memory, lambda: self.failed_closed
        )
        self.users.watch(self._user_changed)
        self._unsubscribe = [
            storage.changes.subscribe(store.USERS, self._users_changed),
            storage.changes.subscribe(store.TOKENS, self._tokens_changed),
            storage.changes.subscribe(store.BANS, lambda _: self._spawn(self.gate.load())),
            storage.changes.subscribe(store.SETUP, lambda _: self._spawn(self.first_owner.load())),
        ]

    @classmethod
    async def open(
        cls,
        storage: Storage,
        clock: Clock,
        run_blocking: RunBlocking,
        *,
        world: World | None = None,
        roles: Mapping[str, Role] = SHIPPED_ROLES,
        settings: AuthSettings = SETTINGS,
    ) -> Self:
        """The room, read from a storage that is open.

        A store that cannot be read, or that holds what cannot be, does not stop the hub: ``failed_closed`` is True,
        nobody is let in, and the rest (alarms above all) runs. Raises StorageRefused when the tables are newer than
        this code.
        """
        auth = cls(storage, clock, run_blocking, world, roles, settings)
        try:
            await storage.migrate(storage.safety, AUTH_HISTORY)
        except DatabaseFailed:
            log.exception("the tables of users cannot be used: log-in is closed, everything else runs")
            auth._damaged = True
        else:
            await auth.reload()
        auth._upkeep = clock.call_later(UPKEEP_EVERY_S, auth._begin_upkeep)
        return auth

    async def reload(self) -> None:
        """Read everything anew: at the start, and after somebody mended the store."""
        try:
            await self.users.load()
            await self.gate.load()
            await self.first_owner.load()
        except (LinliError, SQLAlchemyError, ValueError, TypeError):
            log.exception("the store of users cannot be read: log-in is closed, everything else runs")
            self._damaged = True
        else:
            self._damaged = False
        self._tell_trouble()

    async def close(self) -> None:
        """Stop following; what is running ends first."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        if self._upkeep is not None:
            self._upkeep.cancel()
        self.views.close()
        self._memory.close()
        used = self._memory.take_uses()
        if used and self._database.status is Status.OPEN:
            self._spawn(self._keep_house(used))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _restore(self) -> None:
        """Somebody who holds the machine made a user: log-in is possible again after the store was lost."""
        if self._storage.credentials_lost:
            await self._storage.credentials_restored()

    # trouble ---------------------------------------------------------------------------------------------------------

    @property
    def failed_closed(self) -> bool:
        """The store cannot be trusted: nobody new is let in. Who was let in before stays."""
        return self._is_damaged() or self.first_owner.is_missing or self._database.status is not Status.OPEN

    def _is_damaged(self) -> bool:
        """What was read cannot be trusted, or what was there before is lost; least of all is there no owner."""
        return self._damaged or self._storage.credentials_lost

    @property
    def issue_key(self) -> str | None:
        """The repair issue that stands; None: all is well, or the storage has said it already."""
        if self._damaged:
            return STORE_DAMAGED
        if self.first_owner.is_missing:
            return OWNER_MISSING
        return CLOCK_BEHIND if self._expiry.clock_is_behind else None

    def on_trouble(self, listener: Callable[[str | None], None]) -> None:
        """Have ``listener`` told what :attr:`issue_key` is, now and whenever that may have changed."""
        self._trouble_listeners.append(listener)
        listener(self.issue_key)

    def _tell_trouble(self) -> None:
        key = self.issue_key
        for listener in self._trouble_listeners:
            listener(key)

    # coming in -------------------------------------------------------------------------------------------------------

    def authenticate(self, bearer: str, address: str | None = None) -> Session | None:
        """The session of an access token that was seen before; None: ask :meth:`authenticate_or_load`."""
        return self._admission.remembered(bearer, address)

    async def authenticate_or_load(self, bearer: str, address: str | None = None) -> Session | None:
        """The session of an access token, looked up in the store when it is not known yet; None: it is not good.

        Raises LoginsClosed when the store cannot be trusted, Busy when too many look-ups wait.
        """
        return await self._admission.of_bearer(bearer, address)

    async def authenticate_path(
        self, path: str, query: Iterable[tuple[str, str]], address: str | None = None
    ) -> Session | None:
        """The session of whoever signed this path (decoded) with these parameters; None: the signature is not good.

        Raises LoginsClosed, Busy.
        """
        return await self._admission.of_path(path, query, address)

    def watch_token(self, token_id: TokenId, callback: Callable[[], None]) -> Unsubscribe:
        """Have ``callback`` told once when the token ends, for whatever reason: close what is open under it."""
        return self._memory.watch(token_id, callback)

    def watch_ends(self, callback: Callable[[], None]) -> Unsubscribe:
        """Have ``callback`` told after rights have ended, or may have: a user changed, a token is gone.

        By then every view has turned and every socket under the token is closed, so who lost the right hears nothing
        of what ``callback`` does: a key that it makes anew is shown to those who still may see it.
        """
        self._end_watchers.append(callback)
        return lambda: self._end_watchers.remove(callback)

    def _tell_ends(self) -> None:
        for watcher in list(self._end_watchers):
            watcher()

    # logging in ------------------------------------------------------------------------------------------------------

    async def log_in(self, username: str, password: str, address: str) -> User:
        """Who logs in with this name and password.

        Raises InvalidAuth (takes as long for a name that nobody has), TooManyAttempts, AddressBanned, Busy (nothing
        was tried), LoginBlocked, LoginsClosed.
        """
        return (await self._login.log_in(username, password, address)).user

    async def log_in_by_form(
        self, flow_id: str, client_id: str, data: Mapping[str, Any], address: str
    ) -> dict[str, Any]:
        """The next step of a log-in flow; see :meth:`LoginFlows.advance`."""
        return await self.flows.advance(flow_id, client_id, data, address, self._login.log_in, self._issue_code)

    def _issue_code(self, client_id: str, who: LoggedIn) -> str:
        return self.codes.issue(client_id, who.user.id, who.credential)

    async def change_password(
        self, user_id: UserId, current: str, new: str, *, address: str, keep: TokenId | None = None
    ) -> None:
        """A user's own change: the present password is asked for, and every other log-in of theirs ends.

        Raises InvalidAuth (the present one is wrong), WeakPassword, TooManyAttempts, Busy.
        """
        await self._login.change_password(user_id, current, new, address, keep)

    async def set_password(
        self, user_id: UserId, password: str | None, *, actor: Actor, keep: TokenId | None = None
    ) -> None:
        """Another password, or none; the user's log-ins end but for ``keep`` (tokens made for programs stay).

        Raises NotFound, WeakPassword, Busy.
        """
        await self._login.set_password(user_id, password, actor, keep)

    # following -------------------------------------------------------------------------------------------------------

    def _user_changed(self, before: User | None, after: User | None) -> None:
        user = after or before
        assert user is not None
        self.views.user_changed(user.id)
        if after is None or not after.is_active:
            self.codes.forget_user(user.id)
            self._memory.end_user(user.id)
        elif after.local_only and (before is None or not before.local_only):
            self._memory.end_user(user.id)  # from where each of them came is asked when they come again
        else:
            self._memory.doubt_user(user.id)
        self._tell_ends()
        self._tell_trouble()

    def _users_changed(self, change: Change) -> None:
        known = [user.id for user in self.users.all()] if change.key is None else [UserId(change.key)]
        for user_id in known:
            self._spawn(self._reload_user(user_id))

    async def _reload_user(self, user_id: UserId) -> None:
        try:
            await self.users.reload(user_id)
        except (LinliError, SQLAlchemyError, ValueError, TypeError):
            log.exception("a user cannot be read anew: log-in is closed until the store is mended")
            self._damaged = True
            self._memory.end_user(user_id)
            self._tell_trouble()

    def _tokens_changed(self, change: Change) -> None:
        self._memory.forget_unknown()
        doubted = [
            token_id
            for token_id in (self._memory.known() if change.key is None else [TokenId(change.key)])
            if self._memory.doubt(token_id)
        ]
        for token_id in doubted:
            self._spawn(self._confirm_token(token_id))
        if not doubted:
            self._tell_ends()  # nothing is open under it; otherwise its end is told once that is closed

    async def _confirm_token(self, token_id: TokenId) -> None:
        """Somebody changed a token under which sockets are open: does it still stand? Unreadable means no."""
        try:
            token = await trusted_read(self._database, lambda tx: store.read_token(tx, token_id))
        except (LinliError, SQLAlchemyError):
            log.exception("a token cannot be read anew: what is open under it is closed")
            token = None
        if token is None:
            self._memory.end(token_id)
        else:
            self._memory.renew(token)

    # upkeep ----------------------------------------------------------------------------------------------------------

    def _begin_upkeep(self) -> None:
        self._upkeep = self._clock.call_later(UPKEEP_EVERY_S, self._begin_upkeep)
        self._memory.tidy()
        self._tell_trouble()
        self._spawn(self._keep_house(self._memory.take_uses()))

    async def _keep_house(self, used: list[Use]) -> None:
        """Write down who was there lately, and once a day forget what ended long ago. Writes nothing for nothing."""
        if used:
            await self._database.transaction(lambda tx: _write_uses(tx, used))
        now = self._clock.timestamp()
        if now - self._tidied_at >= FORGET_EVERY_S and not self._expiry.clock_is_behind:
            self._tidied_at = now
            await self._database.transaction(lambda tx: _forget(tx, now - KEPT_AFTER_END_S))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="auth")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("work of the auth room failed", exc_info=task.exception())


def _forget(tx: Transaction, before: float) -> None:
    store.delete_expired(tx, before)
    store.delete_ended_bans(tx, before)


def _write_uses(tx: Transaction, used: list[Use]) -> None:
    for use in used:
        store.write_use(tx, use.token.id, use.at, use.address)
