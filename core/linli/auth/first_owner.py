"""The first owner (SAFETY 21): who holds the link that the hub prints at its start becomes the owner, once.

There is no default password and no open door. The link's secret has 128 bits, stands after the ``#`` (which browsers
send to nobody), is kept as a hash, ends after 15 minutes, and every start without an owner voids it and makes a new
one. Once there has been an owner, only the hub's own command line opens the set-up again; an owner who vanishes from
the store is damage, never an invitation.
"""

import hmac
import secrets
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from linli.auth import store
from linli.auth.errors import SetupRefused
from linli.auth.expiry import Expiry, Lifetime
from linli.auth.gate import Gate
from linli.auth.model import User
from linli.auth.names import check_name, check_password, check_username
from linli.auth.origin import is_own_host, is_own_origin
from linli.auth.secret import digest
from linli.auth.store import Setup
from linli.auth.users import Users
from linli.clock import Clock
from linli.errors import InvalidRequest
from linli.ids import ROOT_PLACE, UserId, new_id
from linli.storage import Actor, Database, Transaction

SECRET_BYTES: Final = 16
GOOD_FOR_S: Final = 900.0
OWNER_ROLE: Final = "admin"


class FirstOwner:
    """Opens the set-up, guards each of its calls, makes the owner."""

    def __init__(
        self, database: Database, clock: Clock, expiry: Expiry, users: Users, gate: Gate,
        allowed_hosts: Callable[[], Collection[str]], is_damaged: Callable[[], bool],
    ) -> None:  # fmt: skip
        """``allowed_hosts()``: names (without port) under which the hub is reached, beside localhost and addresses.
        ``is_damaged()``: what was read of the store cannot be trusted, least of all that there is no owner.
        """
        self._database = database
        self._clock = clock
        self._expiry = expiry
        self._users = users
        self._gate = gate
        self._allowed_hosts = allowed_hosts
        self._is_damaged = is_damaged
        self.served_as: frozenset[str] = frozenset()
        """Further such names, from whoever serves the pages (``http.names``)."""
        self._setup = Setup()
        self._lifetime = Lifetime(None, None)

    async def load(self) -> None:
        """Read the state, at the start and when the command line changed it."""
        self._take_up(await self._database.read(store.read_setup))

    @property
    def is_needed(self) -> bool:
        """There has never been an owner: log-in is not possible yet (Home Assistant's ``onboarding_required``)."""
        return self._setup.owned_at is None and not self._users.has_owner and not self._is_damaged()

    @property
    def is_missing(self) -> bool:
        """There was an owner and there is none: the store is damaged."""
        return self._setup.owned_at is not None and not self._users.has_owner

    @property
    def is_open(self) -> bool:
        """A secret is in force."""
        return self._setup.secret_hash is not None and not self._expiry.is_over(self._lifetime)

    # opening ---------------------------------------------------------------------------------------------------------

    async def begin(self) -> str | None:
        """At each start of the hub: a new secret while there has never been an owner, which voids an older one.

        None: there is an owner; a secret that the command line made stays in force until it ends.
        """
        if not self.is_needed:
            return None
        return await self._open(Actor("system"))

    async def reopen(self, *, actor: Actor) -> str:
        """A secret although there is an owner: for the command line only, by which the machine is held already."""
        return await self._open(actor)

    async def _open(self, actor: Actor) -> str:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        lifetime = self._expiry.starting(GOOD_FOR_S)

        def work(tx: Transaction) -> Setup:
            setup = replace(store.read_setup(tx), secret_hash=digest(secret), expires_at=lifetime.expires_at)
            store.write_setup(tx, setup)
            tx.journal("setup.opened", actor=actor)
            return setup

        self._setup = await self._database.transaction(work)
        self._lifetime = lifetime
        return secret

    # guarding --------------------------------------------------------------------------------------------------------

    async def check(self, secret: str | None, *, host: str | None, origin: str | None, address: str) -> None:
        """Every call of the set-up passes here; raises SetupRefused, TooManyAttempts, AddressBanned."""
        if not is_own_host(host, {*self._allowed_hosts(), *self.served_as}):
            raise SetupRefused("host")
        if not is_own_origin(origin, host or ""):
            raise SetupRefused("origin")
        if not self.is_open:
            raise SetupRefused("secret" if self.is_needed else "closed")
        self._gate.begin(address)
        if not self._is_right(secret):
            await self._gate.failed(address)
            raise SetupRefused("secret")
        self._gate.succeeded(address)

    def _is_right(self, secret: str | None) -> bool:
        expected = self._setup.secret_hash
        return secret is not None and expected is not None and hmac.compare_digest(digest(secret), expected)

    # owning ----------------------------------------------------------------------------------------------------------

    async def claim(
        self, secret: str | None, *, host: str | None, origin: str | None, address: str, name: str, username: str,
        password: str, language: str | None = None,
    ) -> User:  # fmt: skip
        """The owner, committed; the secret is spent. Raises what :meth:`check` does, InvalidRequest, WeakPassword."""
        await self.check(secret, host=host, origin=origin, address=address)
        if not password:
            raise InvalidRequest("an owner needs a password", path=("password",))
        user = User(
            UserId(new_id(self._clock.timestamp())), check_name(name), OWNER_ROLE, check_username(username),
            is_owner=True, places=(ROOT_PLACE,), language=language,
        )  # fmt: skip
        check_password(password, user.username)
        shown = digest(secret or "")
        owned = Setup(owned_at=self._setup.owned_at or self._clock.timestamp())

        def spend(tx: Transaction) -> None:
            if store.read_setup(tx).secret_hash != shown:
                raise SetupRefused("secret")  # somebody else was quicker, or the command line made a new one
            store.write_setup(tx, owned)

        made = await self._users.insert(user, password, actor=Actor("system"), also=spend)
        self._take_up(owned)
        return made

    def _take_up(self, setup: Setup) -> None:
        if setup != self._setup:
            self._setup = setup
            self._lifetime = self._expiry.stored(setup.expires_at)
