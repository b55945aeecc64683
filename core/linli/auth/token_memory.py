"""The tokens that are in use just now, by the hash of what their bearer shows.

A bearer is verified once, against the store, and then costs one SHA-256 and a dict hit until its token ends; whatever
ends a token clears this memory first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from linli.auth.expiry import Expiry, Lifetime
from linli.auth.model import Token, TokenType
from linli.auth.session import Session
from linli.bus import Unsubscribe
from linli.clock import Clock, Timer
from linli.ids import TokenId, UserId

UNKNOWN_KEPT: Final = 1024
UNKNOWN_FOR_S: Final = 10.0
LONGEST_TIMER_S: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Use:
    """When a long-lived token was last shown."""

    token: Token
    at: float
    address: str | None


class LiveToken:
    """A token in use, its sessions by hash, and who wants to know when it ends."""

    __slots__ = ("hashes", "lifetime", "timer", "token", "watchers")

    def __init__(self, token: Token, lifetime: Lifetime) -> None:
        self.token = token
        self.lifetime = lifetime
        self.hashes: set[bytes] = set()
        self.watchers: list[Callable[[], None]] = []
        self.timer: Timer | None = None


class TokenMemory:
    """What of the store may be believed without asking it again."""

    def __init__(self, clock: Clock, expiry: Expiry) -> None:
        self._clock = clock
        self._expiry = expiry
        self._sessions: dict[bytes, Session] = {}
        self._live: dict[TokenId, LiveToken] = {}
        self._unknown: OrderedDict[bytes, float] = OrderedDict()
        self.ended: Callable[[], None] = lambda: None
        """Called after a token has ended and all who watched it were told."""
        self.epoch = 0
        """Rises whenever a token ended or may have: what was read from the store before then is not to be kept."""

    def session(self, hash: bytes) -> Session | None:
        """The session of an access token, while neither it nor its token is over."""
        session = self._sessions.get(hash)
        if session is None or self._expiry.is_over(session.lifetime):
            return None
        return session

    def live(self, token_id: str) -> LiveToken | None:
        """The token, if it is in use and not over."""
        live = self._live.get(TokenId(token_id))
        return None if live is None or self._expiry.is_over(live.lifetime) else live

    def keep(self, token: Token, hash: bytes | None, session: Session) -> None:
        """Remember a session that the store has confirmed."""
        live = self._live.get(token.id)
        if live is None:
            live = self._live[token.id] = LiveToken(token, self._expiry.stored(token.expires_at, token.id))
        if hash is not None:
            live.hashes.add(hash)
            self._sessions[hash] = session
            self._unknown.pop(hash, None)

    def renew(self, token: Token) -> None:
        """The token's end or use changed."""
        live = self._live.get(token.id)
        if live is not None:
            live.token = token
            live.lifetime = self._expiry.stored(token.expires_at, token.id)
            self._arm(live)

    # what is not there -----------------------------------------------------------------------------------------------

    def is_unknown(self, hash: bytes) -> bool:
        """Whether the store was asked lately and does not know it."""
        until = self._unknown.get(hash)
        return until is not None and until > self._clock.monotonic()

    def keep_unknown(self, hash: bytes) -> None:
        """Do not ask the store again for a few seconds; a new token clears this."""
        self._unknown[hash] = self._clock.monotonic() + UNKNOWN_FOR_S
        self._unknown.move_to_end(hash)
        while len(self._unknown) > UNKNOWN_KEPT:
            self._unknown.popitem(last=False)

    def forget_unknown(self) -> None:
        """There is a new token somewhere."""
        self._unknown.clear()

    # ending ----------------------------------------------------------------------------------------------------------

    def watch(self, token_id: TokenId, callback: Callable[[], None]) -> Unsubscribe:
        """Have ``callback`` told once when the token ends; at the next turn of the loop if it has ended already."""
        live = self.live(token_id)
        if live is None:
            handle = asyncio.get_running_loop().call_soon(callback)
            return handle.cancel
        entry = partial(callback)  # an object of its own, so that one callback may watch twice
        live.watchers.append(entry)
        self._arm(live)

        def unwatch() -> None:
            if entry in live.watchers:
                live.watchers.remove(entry)
            if not live.watchers and live.timer is not None:
                live.timer.cancel()
                live.timer = None

        return unwatch

    def end(self, token_id: TokenId) -> None:
        """The token is no more: forget its sessions, tell those who watch."""
        self.epoch += 1
        live = self._live.pop(token_id, None)
        if live is not None:
            self._drop_sessions(live)
            if live.timer is not None:
                live.timer.cancel()
            watchers, live.watchers = live.watchers, []
            for watcher in watchers:
                watcher()
        self.ended()

    def doubt(self, token_id: TokenId) -> bool:
        """Somebody changed the token: its sessions ask the store again. True: sockets are open, so ask now."""
        self.epoch += 1
        live = self._live.get(token_id)
        if live is None:
            return False
        self._drop_sessions(live)
        return bool(live.watchers)

    def doubt_user(self, user_id: UserId) -> None:
        """The user changed: sessions are made anew from the store at their next request."""
        self.epoch += 1
        for live in self._live.values():
            if live.token.user_id == user_id:
                self._drop_sessions(live)

    def end_user(self, user_id: UserId) -> None:
        """The user may not come in any more."""
        for token_id in [live.token.id for live in self._live.values() if live.token.user_id == user_id]:
            self.end(token_id)

    def known(self) -> list[TokenId]:
        """The tokens in use."""
        return list(self._live)

    def take_uses(self) -> list[Use]:
        """Which long-lived tokens were used since this was last asked (the others write it down when they refresh)."""
        uses: list[Use] = []
        for session in self._sessions.values():
            if session.used_at is not None and session.token.type is TokenType.LONG_LIVED:
                uses.append(Use(session.token, session.used_at, session.used_from))
                session.used_at = None
        return uses

    def tidy(self) -> None:
        """Let go of sessions that are over and of tokens that nobody uses."""
        for hash in [h for h, session in self._sessions.items() if self._expiry.is_over(session.lifetime)]:
            live = self._live.get(self._sessions.pop(hash).token_id)
            if live is not None:
                live.hashes.discard(hash)
        for token_id in [i for i, live in self._live.items() if not live.hashes and not live.watchers]:
            del self._live[token_id]

    def close(self) -> None:
        """Stop the timers."""
        for live in self._live.values():
            if live.timer is not None:
                live.timer.cancel()
                live.timer = None

    def __len__(self) -> int:
        return len(self._sessions)

    def _drop_sessions(self, live: LiveToken) -> None:
        for hash in live.hashes:
            self._sessions.pop(hash, None)
        live.hashes.clear()

    def _arm(self, live: LiveToken) -> None:
        """Look again when the token should end: it may have been used meanwhile, or a clock may have jumped."""
        if live.timer is not None:
            live.timer.cancel()
            live.timer = None
        remaining = self._expiry.remaining(live.lifetime)
        if remaining is not None and live.watchers:
            live.timer = self._clock.call_later(min(remaining, LONGEST_TIMER_S), lambda: self._look(live))

    def _look(self, live: LiveToken) -> None:
        if self._expiry.is_over(live.lifetime):
            self.end(live.token.id)
        else:
            self._arm(live)
