"""From what a caller shows (an access token, a signed path) to a session, or to nothing."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from linli.auth import store
from linli.auth.address import is_local
from linli.auth.errors import LoginsClosed
from linli.auth.expiry import Expiry, Lifetime
from linli.auth.model import Token
from linli.auth.secret import Kind, digest, looks_like
from linli.auth.session import Session
from linli.auth.signing import SignedPaths
from linli.auth.token_memory import TokenMemory
from linli.auth.users import Users
from linli.auth.views import Views
from linli.clock import Clock
from linli.errors import Busy, LinliError
from linli.storage import Database, DatabaseBusy, DatabaseFull, Transaction

LOOKUPS: Final = 64
"""Looked up in the store at once; more who come with what nobody has seen yet are refused."""


class Admission:
    """What was seen before is answered from memory; the rest asks the store, a bounded number at once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        memory: TokenMemory,
        expiry: Expiry,
        users: Users,
        views: Views,
        paths: SignedPaths,
        is_closed: Callable[[], bool],
    ) -> None:
        """``is_closed()``: the store cannot be trusted, nobody new is let in."""
        self._database = database
        self._now = clock.timestamp
        self._memory = memory
        self._expiry = expiry
        self._users = users
        self._views = views
        self._paths = paths
        self._is_closed = is_closed
        self._lookups = 0

    def remembered(self, bearer: str, address: str | None) -> Session | None:
        """The session of an access token that was seen before."""
        session = self._memory.session(digest(bearer))
        if session is None or (session.local_only and not is_local(address or "")):
            return None
        session.used_at = self._now()
        session.used_from = address
        return session

    async def of_bearer(self, bearer: str, address: str | None) -> Session | None:
        """The session of an access token; None: it is not good. Raises LoginsClosed, Busy."""
        session = self.remembered(bearer, address)
        if session is not None:
            return session
        if not looks_like(bearer, Kind.ACCESS, Kind.LONG_LIVED):
            return None
        hash = digest(bearer)
        if self._memory.is_unknown(hash):
            return None
        while True:
            found, epoch = await self._look_up(lambda tx: store.read_access(tx, hash))
            if found is None:
                self._memory.keep_unknown(hash)
                return None
            token, expires_at = found
            session = await self._admit(token, self._expiry.stored(expires_at, hash), address)
            if epoch == self._memory.epoch:
                break  # nothing ended while the user was looked up either
        if session is not None:
            session.used_at = self._now()
            session.used_from = address
            self._memory.keep(token, hash, session)
        return session

    async def of_path(self, path: str, query: Iterable[tuple[str, str]], address: str | None) -> Session | None:
        """The session of whoever signed a path; None: the signature, or its token, is not good."""
        token_id = self._paths.verify(path, query)
        if token_id is None:
            return None
        while True:
            live = self._memory.live(token_id)
            epoch = self._memory.epoch
            if live is None:
                token, epoch = await self._look_up(lambda tx: store.read_token(tx, token_id))
            else:
                token = live.token
            if token is None:
                return None
            session = await self._admit(token, self._expiry.stored(token.expires_at, token.id), address)
            if epoch == self._memory.epoch:
                return session

    async def _admit(self, token: Token, lifetime: Lifetime, address: str | None) -> Session | None:
        """A session, if token and user are still good."""
        user = self._users.get(token.user_id) or await self._users.fetch(token.user_id)
        if user is None or not user.is_active or (user.local_only and not is_local(address or "")):
            return None
        whole = self._expiry.stored(token.expires_at, token.id)
        if self._expiry.is_over(lifetime) or self._expiry.is_over(whole):
            return None
        reader = self._views.reader(user.id, scope=token.scope)
        return Session(token, lifetime, reader, user.local_only, self._users.get)

    async def _look_up(self, work: Callable[[Transaction], Any]) -> tuple[Any, int]:
        """What the store says now: asked again when a token ended meanwhile, so that no ended one slips through.

        With the memory's epoch, by which whoever waits once more asks the same before it believes the answer.
        """
        if self._is_closed():
            raise LoginsClosed
        if self._lookups >= LOOKUPS:
            raise Busy("too many unknown tokens at once; try again in a moment", key="auth.busy")
        self._lookups += 1
        try:
            while True:
                epoch = self._memory.epoch
                found = await trusted_read(self._database, work)
                if epoch == self._memory.epoch:
                    return found, epoch
        finally:
            self._lookups -= 1


async def trusted_read(database: Database, work: Callable[[Transaction], Any]) -> Any:
    """What the store says; raises LoginsClosed when it cannot be believed, Busy when it cannot answer just now."""
    try:
        return await database.read(work)
    except (DatabaseBusy, DatabaseFull) as error:
        raise Busy(str(error), key="auth.busy") from error
    except (LinliError, SQLAlchemyError, ValueError, TypeError) as error:
        raise LoginsClosed from error
