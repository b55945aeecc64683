"""The server's life: it listens while its entry is set up."""

import ssl
from contextlib import suppress

from linli import (
    HUB_STARTED,
    HUB_STOP,
    Auth,
    ConfigEntry,
    LinliError,
    Message,
    PluginContext,
    Severity,
    hookimpl,
    is_loopback,
    parse_networks,
)
from linli_http.address import base_url
from linli_http.api import HttpApi
from linli_http.errors import cannot_listen
from linli_http.metrics import publish
from linli_http.server import HttpServer
from linli_http.settings import Settings
from linli_http.tls import Certificate

RENEW_EVERY_S = 3600.0
OPEN_ISSUE = "open_without_tls"


class _Api:
    def __init__(self, server: HttpServer, settings: Settings) -> None:
        self._server = server
        self._settings = settings

    async def base_url(self) -> str:
        return base_url(self._settings, self._server.port)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Listen, and serve whatever stands in the table of routes until the entry is unloaded."""
    settings = Settings.of(dict(entry.data))
    certificate = await _certificate(ctx, settings)
    rooms, auth = ctx.serving.rooms, ctx.serving.auth
    ctx.reaches("lan")
    _configure(auth, settings)
    server = HttpServer(rooms.routes, auth, ctx.clock, rooms.ledger, rooms.blocking, settings, ctx.domain)
    try:
        await server.start(None if certificate is None else certificate.context)
    except OSError as error:
        raise cannot_listen(settings, error) from error
    ctx.on_unload(server.stop)
    ctx.bus.listen(HUB_STOP, lambda _: ctx.spawn(server.close_sockets(), name="goodbye"))
    server.ready = rooms.hub_state().value == "RUNNING"
    ctx.bus.listen(HUB_STARTED, lambda _: setattr(server, "ready", True))
    ctx.on_unload(publish(rooms.metrics, server))
    ctx.provide(HttpApi, _Api(server, settings))  # type: ignore[type-abstract]  # a protocol stands for itself here
    _warn(ctx, settings)


def _configure(auth: Auth, settings: Settings) -> None:
    """Hand on what this section says about log-ins and the names of the hub."""
    auth.gate.configure(
        ban_after=settings.login_attempts_threshold if settings.ip_ban_enabled else None,
        never_banned=parse_networks(settings.trusted_proxies),
    )
    auth.first_owner.served_as = frozenset(settings.names)


async def _certificate(ctx: PluginContext, settings: Settings) -> Certificate | None:
    if settings.tls is None:
        return None
    try:
        certificate = await ctx.run_blocking(Certificate, settings.tls)
    except (OSError, ssl.SSLError) as error:
        raise LinliError(
            f"the certificate cannot be used: {error}",
            key="http.certificate_unusable",
            parameters={"reason": str(error)},
        ) from error

    async def renew() -> None:
        if await ctx.run_blocking(certificate.renew):
            ctx.log.info("the renewed certificate is in use")

    ctx.every(RENEW_EVERY_S, renew, name="renew the certificate")
    return certificate


def _warn(ctx: PluginContext, settings: Settings) -> None:
    """Who serves other machines in clear is told so for as long as it lasts."""
    if settings.insecure and settings.tls is None and not all(map(is_loopback, settings.host)):
        ctx.log.warning("the hub is reached from other machines in clear: whoever is on the way reads passwords along")
        ctx.issues.raise_issue(OPEN_ISSUE, Message(OPEN_ISSUE, domain=ctx.domain), severity=Severity.WARNING)
    else:
        with suppress(LinliError):
            ctx.issues.clear(OPEN_ISSUE)
