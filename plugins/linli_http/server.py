"""Serves the table of routes: finds the route, lets the caller through or not, answers whatever becomes of the handler.

One function per request and no chain of middlewares, on aiohttp's low-level server: measured at 60–70 % of the CPU that
a bare aiohttp application takes for the same answer (``docs/performance.md``).
"""

import inspect
import ssl
from typing import Final, cast

from aiohttp import web

from linli import (
    Auth,
    BlockingPool,
    Clock,
    Handler,
    Ledger,
    LinliError,
    PluginDomain,
    RealClock,
    Response,
    Route,
    RouteTable,
    StreamedResponse,
    called_by,
)
from linli_http.answer import COMPRESS_ELSEWHERE_FROM, Answer, Dates, compress, head_of, header_lines, may_compress
from linli_http.connections import Connection, Connections, Counters
from linli_http.cors import Cors
from linli_http.gatekeeper import Gatekeeper, Refused
from linli_http.listeners import Listeners
from linli_http.matching import Found, Matcher, WrongMethod
from linli_http.refusals import answer_to, failure, plain, too_many, unauthorized
from linli_http.request import HttpRequest
from linli_http.settings import Settings

STOP_WITHIN_S: Final = 5.0
BACKLOG: Final = 256


class HttpServer:
    """One listening server; :meth:`start`, then :meth:`stop`."""

    def __init__(
        self, routes: RouteTable, auth: Auth, clock: Clock, ledger: Ledger, blocking: BlockingPool, settings: Settings,
        owner: PluginDomain,
    ) -> None:  # fmt: skip
        self._routes = routes
        self._auth = auth
        self._ledger = ledger
        self._blocking = blocking
        self._settings = settings
        self._owner = owner
        self._wire = RealClock()
        """Waits on real sockets are real, also where the hub's clock is simulated."""
        self.counters = Counters()
        self.ready = False
        """False: what is not found may still come, so the answer is 503 and not 404."""
        self._dates = Dates(clock)
        self._matcher: Matcher | None = None
        self._gatekeeper = Gatekeeper(auth, self._wire, settings, self.counters)
        self._cors = Cors(settings.cors_allowed_origins)
        limits = settings.limits
        self._body_within = limits.body_within
        self.listeners = Listeners(auth, ledger, limits, self._wire, owner, self.counters)
        self._connections = Connections(
            self._serve,
            limits.connections,
            limits.connections_per_address,
            limits.keep_alive.total_seconds(),
            self.counters,
            self._gatekeeper.is_proxy,
            self._wire,
            limits.body_within,
        )
        self._runner = web.ServerRunner(self._connections, shutdown_timeout=STOP_WITHIN_S)
        self.port = settings.port
        """The port that is listened at; another than asked for when that was 0."""

    # life ------------------------------------------------------------------------------------------------------------

    async def start(self, tls: ssl.SSLContext | None) -> None:
        """Listen; raises OSError (in use, not permitted, no such address)."""
        self._routes.changed.append(self._routes_changed)
        await self._runner.setup()
        try:
            for host in self._settings.host:
                site = web.TCPSite(self._runner, host, self.port, ssl_context=tls, backlog=BACKLOG)
                await site.start()
                self.port = site.port
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Accept nobody, tell open sockets goodbye (1001), let what is in work end, close."""
        if self._routes_changed in self._routes.changed:
            self._routes.changed.remove(self._routes_changed)
        for site in self._runner.sites:
            await site.stop()
        await self.close_sockets()
        await self._runner.cleanup()

    async def close_sockets(self, code: int = 1001, reason: str = "the hub stops") -> None:
        """Say goodbye to every socket and stream, and wait until they have gone."""
        await self.listeners.close_all(code, reason)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._connections.count

    def _routes_changed(self) -> None:
        self._matcher = None
        self.listeners.keep_to(self._routes.all())

    # one request -----------------------------------------------------------------------------------------------------

    async def _serve(self, raw: web.BaseRequest) -> web.StreamResponse:
        self.counters.requests += 1
        connection = self._connections.of(raw.protocol)
        connection.busy += 1
        try:
            answer = await self._answer(raw, connection)
            if isinstance(answer, web.StreamResponse):
                return answer
            return await self._outgoing(raw, answer)
        finally:
            connection.busy -= 1

    async def _answer(self, raw: web.BaseRequest, connection: Connection) -> Response | web.StreamResponse:
        path = raw.raw_path.partition("?")[0]
        if "%" in path or not path.startswith("/"):
            path = raw.path
        if self._cors and (preflight := self._cors.preflight(raw)) is not None:
            return preflight
        matcher = self._matcher
        if matcher is None:
            matcher = self._matcher = Matcher(self._routes.all())
        found = matcher.find(raw.method, path)
        try:
            address = self._gatekeeper.address(raw, connection)
            exempt = isinstance(found, Found) and found.route.exempt
            self._gatekeeper.check_ban(address, exempt=exempt)
            session = await self._gatekeeper.session(raw, path, address)
            if not exempt and not (connection.is_local and address == connection.peer):
                self._gatekeeper.check_rate(address, session)
        except Refused as refused:
            self.counters.refused += 1
            return too_many(refused.wait_s) if refused.status == 429 else plain(403, "Forbidden")
        except LinliError as error:
            self.counters.refused += 1
            return answer_to(error)
        if not isinstance(found, Found):
            return self._not_found(found)
        if not self._gatekeeper.may(found.route, session):
            self.counters.refused += 1
            return unauthorized()
        called_by(None if session is None else session.user_id)
        request = HttpRequest(
            raw,
            found.route,
            path,
            found.params,
            address,
            session,
            self._auth.views.nobody,
            self._wire,
            self._body_within,
        )
        if found.route.socket:
            return await self.listeners.serve_socket(request)
        response = await self._handle(found.route, request)
        if isinstance(response, StreamedResponse) and raw.method != "HEAD":
            return await self._stream(request, response, connection)
        return response

    def _not_found(self, found: WrongMethod | None) -> Response:
        if not self.ready:
            response = Response.message("The hub is starting; try again in a moment", 503, "starting")
            response.headers = {"Retry-After": "1"}
            return response
        if found is None:
            return plain(404, "Not Found")
        response = plain(405, "Method Not Allowed")
        response.headers = {"Allow": ",".join(sorted(found.allowed))}
        return response

    async def _handle(self, route: Route, request: HttpRequest) -> Response:
        """Run the handler; whatever a plugin raises ends here (the guard)."""
        try:
            self._ledger.admit(route.owner)
            outcome = cast("Handler", route.handler)(request)
            return await outcome if inspect.isawaitable(outcome) else outcome
        except LinliError as error:
            answer = answer_to(error)
            if answer.status == 500:
                self._ledger.error(route.owner, f"{route.method} {route.path}", error)
            return answer
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here and is charged
            self._ledger.error(route.owner, f"{route.method} {route.path}", error)
            return failure()

    async def _outgoing(self, raw: web.BaseRequest, response: Response) -> Answer:
        extra = b""
        body = response.body
        if may_compress(response, raw.headers.get("Accept-Encoding", "")):
            large = len(body) >= COMPRESS_ELSEWHERE_FROM
            body = await self._blocking.run(compress, body) if large else compress(body)
            extra = b"Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
        keep_alive = raw.keep_alive
        try:
            head = self._head(raw, response, len(body), keep_alive, extra)
        except LinliError as error:
            response = self._broken_head(raw, error)
            body = response.body
            head = head_of(response, len(body), self._dates.line(), keep_alive=keep_alive)
        return Answer(head, b"" if raw.method == "HEAD" or response.status in (204, 205, 304) else body, keep_alive)

    async def _stream(
        self, request: HttpRequest, response: StreamedResponse, connection: Connection
    ) -> Response | web.StreamResponse:
        raw = request.raw
        try:
            return await self.listeners.serve_stream(
                request, response, connection, lambda extra, keep: self._head(raw, response, None, keep, extra)
            )
        except LinliError as error:
            return self._broken_head(raw, error)

    def _head(
        self, raw: web.BaseRequest, response: Response, length: int | None, keep_alive: bool, extra: bytes
    ) -> bytes:
        if self._cors:
            extra += header_lines(self._cors.headers(raw))
        return head_of(response, length, self._dates.line(), keep_alive=keep_alive, extra=extra)

    def _broken_head(self, raw: web.BaseRequest, error: LinliError) -> Response:
        self._ledger.error(self._owner, f"answer to {raw.method}", error)
        return failure()
