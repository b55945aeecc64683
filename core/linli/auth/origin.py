"""Whether a page that calls the hub is the hub's own: Host and Origin against an allow-list. Pure.

Without the Host check a stranger's web page could bind its own name to the hub's address (DNS rebinding) and speak to
it as if it were its own origin; an address in place of a name cannot be rebound.
"""

import socket
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from linli.auth.address import is_local

ALWAYS: Final = frozenset({"localhost"})
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def is_own_host(host: str | None, allowed: Collection[str]) -> bool:
    """Whether the Host header names the hub: localhost, an address of a local network, or a name of the allow-list."""
    name = _host_of(f"//{host}") if host else None
    return name is not None and (name in ALWAYS or is_local(name) or name in {each.lower() for each in allowed})


def is_own_origin(origin: str | None, host: str) -> bool:
    """Whether the Origin header is that of a page under this very Host. Programs that are no browsers send none."""
    if origin is None:
        return True
    try:
        page, own = urlsplit(origin), urlsplit(f"//{host}")
        default = DEFAULT_PORTS.get(page.scheme)
        if default is None or page.path or page.query or page.fragment or "@" in page.netloc:
            return False
        return (page.hostname, page.port or default) == (own.hostname, own.port or default)
    except ValueError:
        return False


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is none
        name = parts.hostname
    except ValueError:
        return None
    if name is None or parts.path or "@" in parts.netloc or any(ord(c) <= 0x20 for c in url):
        return None
    return name.rstrip(".")


def own_names(*addresses: str | None) -> frozenset[str]:
    """Names under which this hub is opened: the hosts of its own addresses, and the machine's name.

    A name without a dot counts with ``.local`` too, as mDNS serves it.
    """
    hosts = (_host_of(f"//{urlsplit(address).netloc}") for address in addresses if address)
    names = {socket.gethostname().lower(), *(host for host in hosts if host is not None)}
    return frozenset(names | {f"{name}.local" for name in names if "." not in name})
