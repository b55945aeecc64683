"""The web server: what plugins answer at HTTP addresses and sockets, behind log-in, limits and TLS."""

from typing import Any

import voluptuous as vol

from linli import Capabilities, Manifest, Privilege, is_loopback
from linli import schema as sv

MANIFEST = Manifest(
    domain="http",
    layer="network",
    capabilities=Capabilities(
        listens=("homeassistant_started", "homeassistant_stop"),
        network=("lan",),
        personal_data=("name",),
        privileges=frozenset({Privilege.SERVE}),
    ),
)

TLS = {
    vol.Required("certificate", description="PEM file with the certificate and those that vouch for it"): sv.file(
        outside=True, example="/etc/ssl/hub.pem"
    ),
    vol.Required("key", description="PEM file with its private key"): sv.file(outside=True, example="/etc/ssl/hub.key"),
}

LIMITS = {
    vol.Optional("connections", default=2048, description="Connections at once; an idle one makes room"): sv.integer(
        min=16
    ),
    vol.Optional(
        "keep_alive", default="75s", description="An idle connection is kept so long; a first request must come by then"
    ): sv.duration,
    vol.Optional("connections_per_address", default=256, description="The same, of one address"): sv.integer(min=8),
    vol.Optional(
        "requests_per_second", default=200, description="Of one address with a good token, in the long run"
    ): sv.positive_number,
    vol.Optional("requests_at_once", default=1000, description="The same, in a burst"): sv.integer(min=1),
    vol.Optional(
        "anonymous_per_second", default=20, description="Of one address without a token, in the long run"
    ): sv.positive_number,
    vol.Optional("anonymous_at_once", default=200, description="The same, in a burst"): sv.integer(min=1),
    vol.Optional("body_within", default="30s", description="What is sent must have arrived after so long"): sv.duration,
    vol.Optional("message_size", default=4 << 20, description="Bytes of one message that a socket takes"): sv.integer(
        min=1024
    ),
    vol.Optional(
        "socket_messages", default=4096, description="Messages kept for one reader before it is sent away"
    ): sv.integer(min=16),
    vol.Optional("socket_bytes", default=16 << 20, description="The same, in bytes"): sv.integer(min=1 << 16),
    vol.Optional(
        "socket_stalled", default="30s", description="A reader to whom nothing leaves for so long is sent away"
    ): sv.duration,
}

KEYS = {
    vol.Optional(
        "host",
        default="127.0.0.1",
        description="Address to listen at, or several; 0.0.0.0: all, which wants tls",
    ): sv.any_of(sv.host, sv.list_of(sv.host, min=1)),
    vol.Optional("port", default=8123, description="TCP port; 0 takes any free one"): sv.integer(min=0, max=65535),
    vol.Optional("tls", description="Without it only this machine can reach the hub"): sv.section(TLS),
    vol.Optional(
        "insecure", default=False, description="Serve other machines in clear: whoever is on the way reads along"
    ): sv.boolean,
    vol.Optional(
        "use_x_forwarded_for", default=False, description="Believe trusted proxies who the caller is"
    ): sv.boolean,
    vol.Optional("trusted_proxies", default=[], description="Addresses or networks of reverse proxies"): sv.ensure_list(
        sv.ip_network
    ),
    vol.Optional(
        "cors_allowed_origins", default=[], description="Pages of other origins that may call the API; none"
    ): sv.ensure_list(sv.url),
    vol.Optional(
        "names", default=[], description="Host names of this hub, beside localhost and local addresses"
    ): sv.ensure_list(sv.host),
    vol.Optional(
        "ip_ban_enabled", default=True, description="Shut out addresses that failed to log in too often"
    ): sv.boolean,
    vol.Optional(
        "login_attempts_threshold", default=30, description="Failures in a row until an address is shut out"
    ): sv.integer(min=1),
    vol.Optional("limits", default={}, description="Bounds on what callers may ask for"): sv.section(LIMITS),
}


def open_with_tls_only(section: dict[str, Any]) -> dict[str, Any]:
    """Beyond this machine: TLS (SAFETY 21).

    Three ways are open: a certificate; a reverse proxy that has one (then nobody else is answered in clear); or
    ``insecure: true``, said on purpose and shown as an issue for as long as it stands.
    """
    hosts = [section["host"]] if isinstance(section["host"], str) else section["host"]
    beyond = [host for host in hosts if host != "localhost" and not is_loopback(host)]
    behind_proxy = section["use_x_forwarded_for"] and section["trusted_proxies"]
    if beyond and "tls" not in section and not section["insecure"] and not behind_proxy:
        raise sv.Refusal(
            "http.open_without_tls",
            ["host"],
            hosts=tuple(beyond),
            message=f"other machines can reach {', '.join(beyond)}, and without tls passwords would travel in clear; "
            "give this section tls: {certificate: FILE, key: FILE}, or put a reverse proxy in front of the hub "
            "(use_x_forwarded_for and trusted_proxies), or, in clear on purpose, say insecure: true",
        )
    return section


CONFIG = vol.Schema(vol.All(KEYS, open_with_tls_only))
