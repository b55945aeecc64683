"""The gate before every password: who failed too often waits, then is shut out for a while.

Failures count by address and by user name; each attempt counts as a failure from its beginning until it has succeeded,
so that a thousand at once do not all slip through. An address that has logged a user in lately is not made to wait for
what others do to that user's name. Nothing here ever stands in the way of a safety signal (SAFETY 7): routes that carry
one are ``exempt``.

A wrong access token is not counted: its 256 bits cannot be guessed, and banning for it would shut out one's own phone
after its token was revoked. Its look-ups are bounded by its form and by what is known to be unknown.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from linli.auth import store
from linli.auth.address import Network, is_loopback, network_key, parse_address
from linli.auth.errors import AddressBanned, TooManyAttempts
from linli.auth.expiry import Expiry, Lifetime
from linli.auth.model import HUB_ACTOR, Ban
from linli.auth.throttle import Pace, Throttle
from linli.clock import Clock
from linli.storage import Actor, Database, StorageError, Transaction

log = logging.getLogger(__name__)

KNOWN_KEPT: Final = 4096


ADDRESS_PACE: Final = Pace()
USERNAME_PACE: Final = Pace(longest_s=60.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the gate is; a deployment may say otherwise."""

    address: Pace = ADDRESS_PACE
    username: Pace = USERNAME_PACE
    """Shorter: a stranger must not be able to lock a user out for long."""
    ban_after: int | None = 30
    """Failures of one address in a row; None: no bans, as with Home Assistant's default."""
    ban_for_s: float | None = 86400.0
    """None: until somebody lifts the ban."""


LIMITS: Final = Limits()


class Gate:
    """Delays and bans. Loopback and trusted proxies are delayed but never banned: behind them stands everybody."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        expiry: Expiry,
        limits: Limits = LIMITS,
        never_banned: tuple[Network, ...] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._expiry = expiry
        self._limits = limits
        self._never_banned = tuple(never_banned)
        self._addresses = Throttle(limits.address)
        self._usernames = Throttle(limits.username)
        self._bans: dict[str, tuple[Ban, Lifetime]] = {}
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def configure(self, *, ban_after: int | None, never_banned: tuple[Network, ...]) -> None:
        """What the settings of whoever serves the network say; ``ban_after`` None: no new bans."""
        self._limits = replace(self._limits, ban_after=ban_after)
        self._never_banned = never_banned

    # an attempt ------------------------------------------------------------------------------------------------------

    def check(self, address: str, *, exempt: bool = False) -> None:
        """Raises AddressBanned; every request that is no safety signal passes here."""
        if not exempt and self.is_banned(address):
            raise AddressBanned

    def begin(self, address: str, username: str | None = None, *, exempt: bool = False) -> None:
        """Before a secret is looked at; raises AddressBanned, TooManyAttempts (nothing is tried, nothing counts)."""
        if exempt:
            return
        self.check(address)
        now = self._clock.monotonic()
        key = network_key(address)
        wait = self._addresses.wait(key, now)
        if username is not None and (key, username) not in self._known:
            wait = max(wait, self._usernames.wait(username, now))
        if wait > 0:
            raise TooManyAttempts(wait)
        self._addresses.failed(key, now)
        if username is not None:
            self._usernames.failed(username, now)

    def succeeded(self, address: str, username: str | None = None) -> None:
        """It was right: nothing counts any more."""
        key = network_key(address)
        self._addresses.forget(key)
        if username is None:
            return
        self._usernames.forget(username)
        self._known[key, username] = None
        self._known.move_to_end((key, username))
        while len(self._known) > KNOWN_KEPT:
            self._known.popitem(last=False)

    def take_back(self, address: str, username: str | None = None) -> None:
        """Nothing was tried after all (too many were waiting)."""
        self._addresses.take_back(network_key(address))
        if username is not None:
            self._usernames.take_back(username)

    async def failed(self, address: str, *, exempt: bool = False) -> None:
        """It was wrong; who has failed too often is banned."""
        if exempt or self._limits.ban_after is None:
            return
        if self._addresses.count(network_key(address)) >= self._limits.ban_after and self._may_be_banned(address):
            await self.ban(address, actor=HUB_ACTOR)

    # bans ------------------------------------------------------------------------------------------------------------

    def is_banned(self, address: str) -> bool:
        """Whether requests from there are refused (safety signals aside)."""
        if not self._bans:
            return False
        found = self._bans.get(network_key(address))
        return found is not None and not self._expiry.is_over(found[1])

    def bans(self) -> list[Ban]:
        """The bans in force, oldest first."""
        return [ban for ban, lifetime in self._bans.values() if not self._expiry.is_over(lifetime)]

    async def ban(self, address: str, *, actor: Actor) -> None:
        """Shut an address out, from now on whatever the disk does."""
        lifetime = self._expiry.starting(self._limits.ban_for_s)
        ban = Ban(network_key(address), self._clock.timestamp(), lifetime.expires_at)
        self._bans[ban.network] = (ban, lifetime)
        log.warning("an address is banned after too many failed log-ins")

        def work(tx: Transaction) -> None:
            store.write_ban(tx, ban)
            tx.journal("address.banned", actor=actor, details={"network": ban.network})

        try:
            await self._database.transaction(work)
        except StorageError:
            log.exception("a ban could not be stored; it holds until the next start")

    async def lift(self, network: str, *, actor: Actor) -> bool:
        """Let an address in again; False: it was not banned."""
        key = network if "/" in network else network_key(network)

        def work(tx: Transaction) -> bool:
            there = store.delete_ban(tx, key)
            if there:
                tx.journal("address.unbanned", actor=actor, details={"network": key})
            return there

        there = await self._database.transaction(work)
        self._let_in(key)
        return there

    async def load(self) -> None:
        """Read the bans, at the start and when another process changed them."""
        stored = await self._database.read(store.read_bans)
        for network in set(self._bans) - {ban.network for ban in stored}:
            self._let_in(network)
        for ban in stored:
            if ban.network not in self._bans or self._bans[ban.network][0] != ban:
                self._bans[ban.network] = (ban, self._expiry.stored(ban.until))

    def _let_in(self, network: str) -> None:
        self._bans.pop(network, None)
        self._addresses.forget(network)

    def _may_be_banned(self, address: str) -> bool:
        if is_loopback(address):
            return False
        try:
            parsed = parse_address(address)
        except ValueError:
            return False
        return not any(parsed.version == network.version and parsed in network for network in self._never_banned)
