"""Logging in with a password, and changing it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from linli.auth import store
from linli.auth.address import is_local
from linli.auth.admission import trusted_read
from linli.auth.codes import Codes
from linli.auth.errors import InvalidAuth, LoginBlocked, LoginsClosed
from linli.auth.gate import Gate
from linli.auth.model import TokenType, User
from linli.auth.names import normalise_username
from linli.auth.passwords import Passwords
from linli.auth.secret import digest
from linli.auth.token_memory import TokenMemory
from linli.auth.users import Users
from linli.errors import Busy
from linli.ids import TokenId, UserId
from linli.storage import Actor, Database, Transaction


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who has shown the right password, and which it was."""

    user: User
    credential: bytes
    """Digest of the hash that the password was verified with."""


class Login:
    """Checks passwords behind the gate; a change of one ends the log-ins made with the old."""

    def __init__(
        self,
        database: Database,
        users: Users,
        passwords: Passwords,
        gate: Gate,
        codes: Codes,
        memory: TokenMemory,
        is_closed: Callable[[], bool],
    ) -> None:
        self._database = database
        self._users = users
        self._passwords = passwords
        self._gate = gate
        self._codes = codes
        self._memory = memory
        self._is_closed = is_closed

    async def log_in(self, username: str, password: str, address: str) -> LoggedIn:
        """Who logs in with this name and password; see :meth:`Auth.log_in`."""
        name = normalise_username(username)
        if self._is_closed():
            raise LoginsClosed
        self._gate.begin(address, name)
        try:
            user_id, secret = await self._verify(name, password)
        except (Busy, LoginsClosed, asyncio.CancelledError):
            self._gate.take_back(address, name)
            raise
        user = None
        if user_id is not None and secret is not None:
            user = self._users.get(user_id) or await self._users.fetch(user_id)
        if user is None or secret is None:
            await self._gate.failed(address)
            raise InvalidAuth
        self._gate.succeeded(address, name)
        check_may_come_in(user, address)
        return LoggedIn(user, digest(secret))

    async def change_password(
        self, user_id: UserId, current: str, new: str, address: str, keep: TokenId | None
    ) -> None:
        """A user's own change; see :meth:`Auth.change_password`."""
        user = self._users.require(user_id)
        if user.username is None or not user.has_password:
            raise InvalidAuth
        await self.log_in(user.username, current, address)
        await self.set_password(user_id, new, Actor("user", user_id), keep)

    async def set_password(self, user_id: UserId, password: str | None, actor: Actor, keep: TokenId | None) -> None:
        """Another password, or none; see :meth:`Auth.set_password`."""
        ended: list[TokenId] = []

        def end_log_ins(tx: Transaction) -> None:
            found = store.read_tokens_of(tx, user_id)
            ended[:] = [token.id for token in found if token.type is TokenType.NORMAL and token.id != keep]
            store.delete_tokens(tx, ended)
            for token_id in ended:
                tx.journal("token.revoked", actor=actor, subject=token_id)

        await self._users.set_password(user_id, password, actor=actor, also=end_log_ins)
        self._codes.forget_user(user_id)
        for token_id in ended:
            self._memory.end(token_id)

    async def _verify(self, name: str, password: str) -> tuple[UserId | None, str | None]:
        """Who has this name, and their password's hash if it is the right one."""

        def work(tx: Transaction) -> tuple[UserId | None, str | None]:
            user_id = store.find_username(tx, name)
            return user_id, None if user_id is None else store.read_password(tx, user_id)

        while True:
            user_id, secret = await trusted_read(self._database, work)
            if not await self._passwords.verify(secret, password):
                return user_id, None
            if not self._passwords.is_outdated(secret):
                return user_id, secret
            anew = await self._users.rehash(user_id, password, secret)
            if anew is not None:
                return user_id, anew
            # the password is another one by now, or another log-in has hashed it anew: look again


def check_may_come_in(user: User, address: str | None) -> None:
    """Raises LoginBlocked for an inactive user, and for one who may come in from the local network only."""
    if not user.is_active:
        raise LoginBlocked("User is not active", "auth.inactive")
    if user.local_only and not is_local(address or ""):
        raise LoginBlocked("User cannot authenticate remotely", "auth.local_only")
