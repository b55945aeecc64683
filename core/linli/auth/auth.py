"""The room as others use it: who comes in, how long, and what they see. Built whole by :meth:`Auth.open`."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy.exc import SQLAlchemyError

from linli.auth import store
from linli.auth.address import Network, is_local
from linli.auth.codes import Codes
from linli.auth.errors import InvalidAuth, LoginBlocked, LoginsClosed
from linli.auth.expiry import Expiry
from linli.auth.first_owner import FirstOwner
from linli.auth.gate import LIMITS, Gate, Limits
from linli.auth.login_flow import LoginFlows
from linli.auth.model import Token, TokenType, User
from linli.auth.names import normalise_username
from linli.auth.passwords import COST, Cost, Passwords, RunBlocking
from linli.auth.policy import SHIPPED_ROLES, Role
from linli.auth.secret import Kind, digest, looks_like
from linli.auth.session import Session
from linli.auth.signing import SignedPaths
from linli.auth.tables import auth_metadata
from linli.auth.token_memory import TokenMemory
from linli.auth.tokens import Tokens
from linli.auth.users import Users
from linli.auth.views import Views, World
from linli.bus import Unsubscribe
from linli.clock import Clock, Timer
from linli.errors import Busy, LinliError
from linli.ids import ROOT_PLACE, PlaceId, TokenId, UserId
from linli.storage.database import Status
from linli.storage.errors import DatabaseBusy, DatabaseFailed, DatabaseFull, StorageError
from linli.storage.history import History
from linli.storage.journal_writer import Actor
from linli.storage.storage import Storage
from linli.storage.transaction import Change, Transaction

log = logging.getLogger(__name__)

AUTH_HISTORY: Final = History("auth", Path(__file__).with_name("migrations"), auth_metadata, safety=True)
"""Belongs to ``safety.db``; :meth:`Auth.open` migrates it."""

LOOKUPS: Final = 64
"""Access tokens looked up in the store at once; more who come are refused."""
UPKEEP_EVERY_S: Final = 300.0
KEPT_AFTER_END_S: Final = 7 * 86400.0
"""Ended tokens stay in the store for a week, so that a clock that jumped ahead for an hour deletes nothing."""


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """What a deployment may say about this room."""

    limits: Limits = LIMITS
    cost: Cost = COST
    default_places: tuple[PlaceId, ...] = (ROOT_PLACE,)
    """Of a user made without places: the home; a community says none."""
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
        self._database = database
        self._clock = clock
        self._damaged = False
        self._upkeep: Timer | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lookups = 0
        self._expiry = Expiry(clock, database.newest_us / 1_000_000)
        self._memory = TokenMemory(clock, self._expiry)
        self.passwords: Final = Passwords(run_blocking, settings.cost)
        self.users: Final = Users(database, clock, self.passwords, lambda: self.views.roles, settings.default_places)
        self.views: Final = Views(self.users.get, world, roles)
        self.codes: Final = Codes(clock)
        self.tokens: Final = Tokens(
            database, clock, self.users, self.codes, self._memory, self._expiry, self.check_may_come_in
        )
        self.gate: Final = Gate(database, clock, self._expiry, settings.limits, settings.never_banned)
        self.first_owner: Final = FirstOwner(
            database, clock, self._expiry, self.users, self.gate, settings.allowed_hosts
        )
        self.flows: Final = LoginFlows(clock)
        self.paths: Final = SignedPaths(clock)
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

    async def close(self) -> None:
        """Stop following; what is running ends first."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        if self._upkeep is not None:
            self._upkeep.cancel()
        self.views.close()
        self._memory.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # trouble ---------------------------------------------------------------------------------------------------------

    @property
    def failed_closed(self) -> bool:
        """The store cannot be trusted: nobody new is let in. Who was let in before stays."""
        return self._damaged or self.first_owner.is_missing or self._database.status is not Status.OPEN

    @property
    def issue_key(self) -> str | None:
        """What to raise as a repair issue (``auth`` translations, ``issues``); None: all is well."""
        if self._damaged or self._database.status is Status.FAILED:
            return "store_damaged"
        if self.first_owner.is_missing:
            return "owner_missing"
        return "clock_behind" if self._expiry.clock_is_behind else None

    # coming in -------------------------------------------------------------------------------------------------------

    def authenticate(self, bearer: str, address: str | None = None) -> Session | None:
        """The session of an access token that was seen before; None: ask :meth:`authenticate_or_load`."""
        session = self._memory.session(digest(bearer))
        if session is not None and session.local_only and not is_local(address or ""):
            return None
        return session

    async def authenticate_or_load(self, bearer: str, address: str | None = None) -> Session | None:
        """The session of an access token, looked up in the store when it is not known yet; None: it is not good.

        Raises LoginsClosed when the store cannot be trusted, Busy when too many look-ups wait.
        """
        session = self.authenticate(bearer, address)
        if session is not None:
            return session
        if not looks_like(bearer, Kind.ACCESS, Kind.LONG_LIVED):
            return None
        hash = digest(bearer)
        if self._memory.is_unknown(hash):
            return None
        found = await self._look_up(lambda tx: store.read_access(tx, hash))
        if found is None:
            self._memory.keep_unknown(hash)
            return None
        token, expires_at = found
        session = self._admit(token, expires_at, address)
        if session is not None:
            self._memory.keep(token, hash, session)
        return session

    async def authenticate_path(
        self, path: str, query: Iterable[tuple[str, str]], address: str | None = None
    ) -> Session | None:
        """The session of whoever signed this path (decoded) with these parameters; None: the signature is not good.

        Raises LoginsClosed, Busy.
        """
        token_id = self.paths.verify(path, query)
        if token_id is None:
            return None
        live = self._memory.live(token_id)
        if live is None:
            token = await self._look_up(lambda tx: store.read_token(tx, token_id))
        else:
            token = live.token
        return None if token is None else self._admit(token, token.expires_at, address)

    def _admit(self, token: Token, expires_at: float | None, address: str | None) -> Session | None:
        """A session, if token and user are still good."""
        user = self.users.get(token.user_id)
        if user is None or not user.is_active or (user.local_only and not is_local(address or "")):
            return None
        lifetime = self._expiry.stored(expires_at)
        if self._expiry.is_over(lifetime) or self._expiry.is_over(self._expiry.stored(token.expires_at)):
            return None
        reader = self.views.reader(user.id, scope=token.scope)
        return Session(token, lifetime, reader, user.local_only, self.users.get)

    async def _look_up(self, work: Callable[[Transaction], Any]) -> Any:
        """What the store says now: asked again when a token ended meanwhile, so that no ended one slips through."""
        if self.failed_closed:
            raise LoginsClosed
        if self._lookups >= LOOKUPS:
            raise Busy("too many unknown tokens at once; try again in a moment", key="auth.busy")
        self._lookups += 1
        try:
            while True:
                epoch = self._memory.epoch
                found = await self._read(work)
                if epoch == self._memory.epoch:
                    return found
        finally:
            self._lookups -= 1

    async def _read(self, work: Callable[[Transaction], Any]) -> Any:
        try:
            return await self._database.read(work)
        except (DatabaseBusy, DatabaseFull) as error:
            raise Busy(str(error), key="auth.busy") from error
        except (StorageError, SQLAlchemyError, ValueError, TypeError) as error:
            raise LoginsClosed from error

    def watch_token(self, token_id: TokenId, callback: Callable[[], None]) -> Unsubscribe:
        """Have ``callback`` told once when the token ends, for whatever reason: close what is open under it."""
        return self._memory.watch(token_id, callback)

    # logging in ------------------------------------------------------------------------------------------------------

    async def log_in(self, username: str, password: str, address: str) -> User:
        """Who logs in with this name and password.

        Raises InvalidAuth (takes as long for a name that nobody has), TooManyAttempts, AddressBanned, Busy (nothing
        was tried), LoginBlocked, LoginsClosed.
        """
        name = normalise_username(username)
        if self.failed_closed:
            raise LoginsClosed
        self.gate.begin(address, name)
        try:
            user_id, right = await self._verify(name, password)
        except (Busy, LoginsClosed, asyncio.CancelledError):
            self.gate.take_back(address, name)
            raise
        user = None if user_id is None or not right else self.users.get(user_id)
        if user is None:
            await self.gate.failed(address)
            raise InvalidAuth
        self.gate.succeeded(address, name)
        self.check_may_come_in(user, address)
        return user

    async def _verify(self, name: str, password: str) -> tuple[UserId | None, bool]:
        def work(tx: Transaction) -> tuple[UserId | None, str | None]:
            user_id = store.find_username(tx, name)
            return user_id, None if user_id is None else store.read_password(tx, user_id)

        user_id, secret = await self._read(work)
        right = await self.passwords.verify(secret, password)
        if right and self.passwords.is_outdated(secret):
            await self.users.rehash(user_id, password)
        return user_id, right

    async def log_in_by_form(
        self, flow_id: str, client_id: str, data: Mapping[str, Any], address: str
    ) -> dict[str, Any]:
        """The next step of a log-in flow; see :meth:`LoginFlows.advance`."""
        return await self.flows.advance(
            flow_id, client_id, data, address, self.log_in, lambda client, user: self.codes.issue(client, user.id)
        )

    async def change_password(
        self, user_id: UserId, current: str, new: str, *, address: str, keep: TokenId | None = None
    ) -> None:
        """A user's own change: the present password is asked for, and every other log-in of theirs ends.

        Raises InvalidAuth (the present one is wrong), WeakPassword, TooManyAttempts, Busy.
        """
        user = self.users.require(user_id)
        if user.username is None or not user.has_password:
            raise InvalidAuth
        await self.log_in(user.username, current, address)
        await self.set_password(user_id, new, actor=Actor("user", user_id), keep=keep)

    async def set_password(
        self, user_id: UserId, password: str | None, *, actor: Actor, keep: TokenId | None = None
    ) -> None:
        """Another password, or none; the user's log-ins end but for ``keep`` (tokens made for programs stay)."""
        ended: list[TokenId] = []

        def end_log_ins(tx: Transaction) -> None:
            ended[:] = [t.id for t in store.read_tokens_of(tx, user_id) if t.type is TokenType.NORMAL and t.id != keep]
            store.delete_tokens(tx, ended)
            for token_id in ended:
                tx.journal("token.revoked", actor=actor, subject=token_id)

        await self.users.set_password(user_id, password, actor=actor, also=end_log_ins)
        for token_id in ended:
            self._memory.end(token_id)

    def check_may_come_in(self, user: User, address: str | None) -> None:
        """Raises LoginBlocked for an inactive user, and for one who may come in from the local network only."""
        if not user.is_active:
            raise LoginBlocked("User is not active", "auth.inactive")
        if user.local_only and not is_local(address or ""):
            raise LoginBlocked("User cannot authenticate remotely", "auth.local_only")

    # following -------------------------------------------------------------------------------------------------------

    def _user_changed(self, before: User | None, after: User | None) -> None:
        user = after or before
        assert user is not None
        self.views.user_changed(user.id)
        if after is None or not after.is_active:
            self.codes.forget_user(user.id)
            self._memory.end_user(user.id)
        else:
            self._memory.doubt_user(user.id)

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

    def _tokens_changed(self, change: Change) -> None:
        self._memory.forget_unknown()
        for token_id in self._memory.known() if change.key is None else [TokenId(change.key)]:
            if self._memory.doubt(token_id):
                self._spawn(self._confirm_token(token_id))

    async def _confirm_token(self, token_id: TokenId) -> None:
        """Somebody changed a token under which sockets are open: does it still stand? Unreadable means no."""
        try:
            token = await self._read(lambda tx: store.read_token(tx, token_id))
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
        if not self._expiry.clock_is_behind:
            self._spawn(self._forget_ended())

    async def _forget_ended(self) -> None:
        before = self._clock.timestamp() - KEPT_AFTER_END_S

        def work(tx: Transaction) -> None:
            store.delete_expired(tx, before)

        await self._database.transaction(work)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="auth")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("work of the auth room failed", exc_info=task.exception())
