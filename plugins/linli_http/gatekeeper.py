"""Who is calling, and may they: address behind proxies, bans, limits, token."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from linli import SIGNATURE_PARAMETER as SIGNATURE
from linli import Access, Auth, Clock, Network, Route, Session, client_address, parse_address, parse_networks
from linli_http.connections import Connection, Counters
from linli_http.limits import RateLimit
from linli_http.settings import Settings

_BEARER: Final = "Bearer "


@dataclass(slots=True)
class Refused(Exception):
    """Not let through; ``status`` says how."""

    status: int
    wait_s: float = 0.0


class Gatekeeper:
    """Asked once per request, before its handler."""

    def __init__(self, auth: Auth, wire: Clock, settings: Settings, counters: Counters) -> None:
        self._auth = auth
        self._wire = wire
        self._counters = counters
        self._believes_proxies = settings.use_x_forwarded_for
        self._proxies: tuple[Network, ...] = parse_networks(settings.trusted_proxies)
        self._proxies_only = bool(self._proxies) and settings.tls is None and not settings.insecure
        limits = settings.limits
        self._known = RateLimit(limits.requests_per_second, limits.requests_at_once)
        self._anonymous = RateLimit(limits.anonymous_per_second, limits.anonymous_at_once)

    def is_proxy(self, address: str) -> bool:
        """Whether the deployment trusts this address to say who calls."""
        try:
            parsed = parse_address(address)
        except ValueError:
            return False
        return any(parsed.version == network.version and parsed in network for network in self._proxies)

    def address(self, raw: web.BaseRequest, connection: Connection) -> str:
        """The caller's address; raises ForwardedRefused, and Refused (403) for who comes in clear past the proxy.

        The header is refused where no proxy is named: one stands in front that the deployment does not know of, and
        all its callers would be one.
        """
        forwarded = raw.headers.getall("X-Forwarded-For", ())
        if forwarded:
            return client_address(connection.peer, forwarded, self._proxies if self._believes_proxies else ())
        if self._proxies_only and not connection.is_local and not self.is_proxy(connection.peer):
            raise Refused(403)
        return connection.peer

    def check_ban(self, address: str, *, exempt: bool) -> None:
        """Raises AddressBanned; a safety signal passes."""
        self._auth.gate.check(address, exempt=exempt)

    def check_rate(self, address: str, session: Session | None) -> None:
        """Raises Refused (429) for who asks too much."""
        limit = self._anonymous if session is None else self._known
        wait = limit.wait(address, self._wire.monotonic())
        if wait > 0:
            self._counters.throttled += 1
            raise Refused(429, wait)

    async def session(self, raw: web.BaseRequest, path: str, address: str) -> Session | None:
        """Whose token (or signed path) came with the request; None: none that is good. Raises LoginsClosed, Busy."""
        header = raw.headers.get("Authorization")
        if header is not None:
            if not header.startswith(_BEARER):
                return None
            bearer = header[len(_BEARER) :]
            session = self._auth.authenticate(bearer, address)
            return session or await self._auth.authenticate_or_load(bearer, address)
        if SIGNATURE in raw.raw_path and raw.method in ("GET", "HEAD"):
            return await self._auth.authenticate_path(path, raw.query.items(), address)
        return None

    def may(self, route: Route, session: Session | None) -> bool:
        """Whether the route is open to who came."""
        if route.access is Access.PUBLIC:
            return True
        if session is None:
            return False
        return route.access is Access.USER or route.access.admits(session.user, session.view)
