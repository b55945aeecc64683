"""Tokens are made, used, turned over and taken away here; what is in use stands in ``token_memory.py``.

The refresh secret that Home Assistant's clients keep for good stays valid until its token ends; what turns over every
half hour is the access token. A client that asks for it (``rotate``) gets a new refresh secret each time, and then an
old one shown again ends the token: somebody copied it. See ``docs/decisions/tokens.md``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy import delete, select

from linli.auth import store
from linli.auth.codes import Codes
from linli.auth.errors import InvalidGrant
from linli.auth.expiry import Expiry
from linli.auth.indieauth import is_client_id
from linli.auth.model import HUB_ACTOR, Grant, Token, TokenType, User
from linli.auth.secret import Kind, digest, looks_like, new_secret
from linli.auth.store import FoundSecret
from linli.auth.tables import access
from linli.auth.token_memory import TokenMemory
from linli.auth.users import Users
from linli.clock import Clock
from linli.errors import InvalidRequest, NotFound
from linli.ids import TokenId, UserId, new_id
from linli.scope import Scope
from linli.storage import Actor, Database, Transaction

DAY_S: Final = 86400.0
ACCESS_S: Final = 1800.0
UNUSED_S: Final = 90 * DAY_S
"""A normal token ends when it was not used for so long."""
RETRY_S: Final = 60.0
"""After a rotation the old secret is still taken: the answer may have been lost on its way."""
ACCESS_TOKENS_EACH: Final = 50
"""More of one token are refused their place: the oldest end."""
LONGEST_LIFESPAN_DAYS: Final = 36500


class Tokens:
    """All that turns a log-in into tokens and back into nothing. ``actor`` is who asks, for the journal."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        users: Users,
        codes: Codes,
        memory: TokenMemory,
        expiry: Expiry,
        may_come_in: Callable[[User, str | None], None],
    ) -> None:
        """``may_come_in(user, address)`` raises LoginBlocked for an inactive user, or a local one from outside."""
        self._database = database
        self._clock = clock
        self._users = users
        self._codes = codes
        self._memory = memory
        self._expiry = expiry
        self._may_come_in = may_come_in

    # OAuth's requests ------------------------------------------------------------------------------------------------

    async def exchange(self, client_id: str | None, code: str | None, address: str | None) -> Grant:
        """Tokens for an authorization code; raises InvalidGrant, LoginBlocked."""
        if client_id is None or not is_client_id(client_id):
            raise InvalidGrant("invalid_request", "Invalid client id")
        found = None if code is None else self._codes.spend(client_id, code)
        user = None if found is None else self._users.get(found.user_id)
        if found is None or user is None:
            raise InvalidGrant("invalid_request", "Invalid code")
        self._may_come_in(user, address)
        return await self.create(
            user.id, client_id=client_id, address=address, actor=Actor("user", user.id), credential=found.credential
        )

    async def refresh(
        self, client_id: str | None, secret: str | None, address: str | None, *, rotate: bool = False
    ) -> Grant:
        """Another access token for a refresh secret; raises InvalidGrant, LoginBlocked.

        ``rotate``: and another refresh secret in its place.
        """
        if client_id is not None and not is_client_id(client_id):
            raise InvalidGrant("invalid_request", "Invalid client id")
        if secret is None:
            raise InvalidGrant("invalid_request")
        if not looks_like(secret, Kind.REFRESH):
            raise InvalidGrant("invalid_grant")
        shown = digest(secret)
        found = await self._database.read(lambda tx: store.find_secret(tx, shown))
        token = await self._usable(found, client_id, address)
        return await self._use(token, shown, address, rotate)

    async def revoke_secret(self, secret: str | None) -> None:
        """End the token of a refresh secret; silent when there is none (RFC 7009, 2.2)."""
        if secret is None or not looks_like(secret, Kind.REFRESH):
            return
        found = await self._database.read(lambda tx: store.find_secret(tx, digest(secret)))
        if found is not None:
            await self.revoke(found.token.id, actor=Actor("user", found.token.user_id))

    # a user's own tokens ---------------------------------------------------------------------------------------------

    async def create(
        self, user_id: UserId, *, client_id: str, actor: Actor, address: str | None = None, scope: Scope | None = None,
        credential: bytes | None = None,
    ) -> Grant:  # fmt: skip
        """A normal token for a client in which the user has logged in.

        ``credential``: of the password that was shown; raises InvalidGrant when the user has another one by now.
        """
        now = self._clock.timestamp()
        token = Token(
            self._new_id(), user_id, TokenType.NORMAL, now, client_id, last_used_at=now, last_used_ip=address,
            expires_at=now + UNUSED_S, access_lifetime_s=ACCESS_S, scope=scope,
        )  # fmt: skip
        secret = new_secret(Kind.REFRESH)
        bearer = await self._keep_new(token, digest(secret), Kind.ACCESS, ACCESS_S, actor, credential)
        return Grant(token, bearer, int(ACCESS_S), secret)

    async def create_long_lived(
        self, user_id: UserId, *, client_name: str, lifespan_days: int, actor: Actor, client_icon: str | None = None,
        scope: Scope | None = None,
    ) -> Grant:  # fmt: skip
        """A token for a program; its access token is shown once and good for ``lifespan_days``.

        Raises InvalidRequest for a name that the user has given to another such token, and for a system's user.
        """
        if not 0 < lifespan_days <= LONGEST_LIFESPAN_DAYS:
            raise InvalidRequest(
                f"lifespan is a number of days, 1 to {LONGEST_LIFESPAN_DAYS}",
                path=("lifespan",),
                key="auth.lifespan",
                parameters={"count": LONGEST_LIFESPAN_DAYS},
            )
        if not client_name.strip():
            raise InvalidRequest("a long-lived token needs a name", path=("client_name",), key="auth.token_name")
        if self._users.require(user_id).system_generated:
            raise InvalidRequest(
                "System generated users can only have system type refresh tokens", key="auth.hub_owned"
            )
        lifetime_s = lifespan_days * DAY_S
        now = self._clock.timestamp()
        token = Token(
            self._new_id(), user_id, TokenType.LONG_LIVED, now, None, client_name.strip(), client_icon,
            expires_at=now + lifetime_s, access_lifetime_s=lifetime_s, scope=scope,
        )  # fmt: skip
        bearer = await self._keep_new(token, None, Kind.LONG_LIVED, lifetime_s, actor)
        return Grant(token, bearer, int(lifetime_s))

    async def create_system(self, user_id: UserId, *, client_name: str, actor: Actor) -> Grant:
        """A token of a user that the hub or a plugin made; without an end, its access token good for half an hour."""
        if not self._users.require(user_id).system_generated:
            raise InvalidRequest("only system generated users have system tokens")
        token = Token(
            self._new_id(), user_id, TokenType.SYSTEM, self._clock.timestamp(), None, client_name,
            access_lifetime_s=ACCESS_S,
        )  # fmt: skip
        secret = new_secret(Kind.REFRESH)
        bearer = await self._keep_new(token, digest(secret), Kind.ACCESS, ACCESS_S, actor)
        return Grant(token, bearer, int(ACCESS_S), secret)

    async def of_user(self, user_id: UserId) -> list[Token]:
        """The user's tokens that are not over, oldest first."""
        found = await self._database.read(lambda tx: store.read_tokens_of(tx, user_id))
        return [token for token in found if not self._is_over(token)]

    async def set_expiry(self, token_id: TokenId, *, enable: bool, actor: Actor) -> None:
        """Whether a normal token ends when it is not used for 90 days; raises NotFound."""
        expires_at = self._clock.timestamp() + UNUSED_S if enable else None

        def work(tx: Transaction) -> Token:
            token = store.read_token(tx, token_id)
            if token is None or token.type is not TokenType.NORMAL:
                raise NotFound("no such token", key="auth.token_not_found")
            store.write_expiry(tx, token_id, expires_at)
            tx.journal("token.expiry_set", actor=actor, subject=token_id, details={"expires": enable})
            return replace(token, expires_at=expires_at)

        self._memory.renew(await self._database.transaction(work))

    async def revoke(self, token_id: TokenId, *, actor: Actor) -> bool:
        """End a token, its sessions and sockets, now; False: there was none."""
        return bool(await self._revoke([token_id], actor))

    async def revoke_all(
        self, user_id: UserId, *, actor: Actor, type: TokenType | None = None, keep: TokenId | None = None
    ) -> int:
        """End the user's tokens (of one type), but for ``keep``; gives how many ended."""
        found = await self._database.read(lambda tx: store.read_tokens_of(tx, user_id))
        wanted = [token.id for token in found if token.id != keep and type in (None, token.type)]
        return await self._revoke(wanted, actor)

    # -----------------------------------------------------------------------------------------------------------------

    def _new_id(self) -> TokenId:
        return TokenId(new_id(self._clock.timestamp()))

    def _is_over(self, token: Token) -> bool:
        return self._expiry.is_over(self._expiry.stored(token.expires_at, token.id))

    def _remember_start(self, token: Token, bearer: str, lifetime_s: float) -> None:
        self._expiry.starting(lifetime_s, digest(bearer))
        if token.expires_at is not None:
            self._expiry.starting(token.expires_at - self._clock.timestamp(), token.id)

    async def _keep_new(
        self, token: Token, secret_hash: bytes | None, kind: Kind, lifetime_s: float, actor: Actor,
        credential: bytes | None = None,
    ) -> str:  # fmt: skip
        bearer = new_secret(kind)

        def work(tx: Transaction) -> None:
            if not store.read_users(tx, token.user_id):
                raise NotFound("User not found", key="auth.user_not_found")
            if credential is not None and digest(store.read_password(tx, token.user_id) or "") != credential:
                raise InvalidGrant("invalid_request", "Invalid code")  # the password was changed since the log-in
            if token.type is TokenType.LONG_LIVED and _has_named(tx, token):
                raise InvalidRequest(
                    f"{token.client_name} already exists",
                    path=("client_name",),
                    key="auth.token_taken",
                    parameters={"name": token.client_name},
                )
            store.insert_token(tx, token, secret_hash)
            store.insert_access(tx, digest(bearer), token.id, token.created_at + lifetime_s)
            details = {"user": token.user_id, "type": token.type.value, "narrowed": token.scope is not None}
            tx.journal("token.created", actor=actor, subject=token.id, details=details)

        await self._database.transaction(work)
        self._remember_start(token, bearer, lifetime_s)
        self._memory.forget_unknown()
        return bearer

    async def _usable(self, found: FoundSecret | None, client_id: str | None, address: str | None) -> Token:
        """The token of a refresh secret, if it may be used now by this client from this address."""
        if found is None or self._is_over(found.token):
            raise InvalidGrant("invalid_grant")
        token = found.token
        if found.is_previous and self._clock.timestamp() - (found.rotated_at or 0.0) > RETRY_S:
            await self.revoke(token.id, actor=HUB_ACTOR)
            raise InvalidGrant("invalid_grant")
        if token.client_id != client_id:
            raise InvalidGrant("invalid_request")
        user = self._users.get(token.user_id)
        if user is None:
            raise InvalidGrant("invalid_grant")
        self._may_come_in(user, address)
        return token

    async def _use(self, token: Token, shown: bytes, address: str | None, rotate: bool) -> Grant:
        now = self._clock.timestamp()
        expires_at = None if token.expires_at is None else now + UNUSED_S
        used = replace(token, last_used_at=now, last_used_ip=address, expires_at=expires_at)
        bearer = new_secret(Kind.ACCESS)
        secret = new_secret(Kind.REFRESH) if rotate else None

        def work(tx: Transaction) -> None:
            still = store.find_secret(tx, shown)
            if still is None:
                raise InvalidGrant("invalid_grant")  # it ended while its user was looked up
            store.write_use(tx, token.id, now, address)
            if expires_at is not None:
                store.extend(tx, token.id, expires_at)
            if secret is not None:
                store.rotate_secret(tx, token.id, digest(secret))
            store.insert_access(tx, digest(bearer), token.id, now + token.access_lifetime_s)
            _trim_access(tx, token.id)

        await self._database.transaction(work)
        self._remember_start(used, bearer, token.access_lifetime_s)
        self._memory.renew(used)
        return Grant(used, bearer, int(token.access_lifetime_s), secret)

    async def _revoke(self, token_ids: list[TokenId], actor: Actor) -> int:
        def work(tx: Transaction) -> list[TokenId]:
            there = [token_id for token_id in token_ids if store.read_token(tx, token_id) is not None]
            store.delete_tokens(tx, there)
            for token_id in there:
                tx.journal("token.revoked", actor=actor, subject=token_id)
            return there

        ended = await self._database.transaction(work)
        for token_id in ended:
            self._memory.end(token_id)
        return len(ended)


def _has_named(tx: Transaction, token: Token) -> bool:
    return any(
        other.type is TokenType.LONG_LIVED and other.client_name == token.client_name
        for other in store.read_tokens_of(tx, token.user_id)
    )


def _trim_access(tx: Transaction, token_id: TokenId) -> None:
    """End the oldest access tokens of a token beyond :data:`ACCESS_TOKENS_EACH`."""
    surplus = (
        select(access.c.hash)
        .where(access.c.token_id == token_id)
        .order_by(access.c.created_us.desc(), access.c.hash)
        .offset(ACCESS_TOKENS_EACH)
    )
    tx.execute(delete(access).where(access.c.hash.in_(tx.execute(surplus).scalars().all())))
