"""Which client may log in, and where to its browser may be sent back (IndieAuth, as Home Assistant's clients use it).

One step is left out on purpose: Home Assistant fetches the client's page to look for other redirect addresses. A hub
that fetches any address that a stranger names can be made to call inwards, so here only the client's own host counts.
"""

from typing import Final
from urllib.parse import SplitResult, urlsplit

from linli.auth.address import is_local

APPS: Final = {
    "https://home-assistant.io/iOS": frozenset({"homeassistant://auth-callback"}),
    "https://home-assistant.io/android": frozenset(
        {
            "homeassistant://auth-callback",
            "https://wear.googleapis.com/3p_auth/io.homeassistant.companion.android",
            "https://wear.googleapis-cn.com/3p_auth/io.homeassistant.companion.android",
        }
    ),
}
"""The companion apps come back by an address of their own."""


def is_client_id(client_id: str) -> bool:
    """Whether it is an http(s) address that may stand for a client: no fragment, user or dot segments, and a host that
    is a name or an address of a local network (IndieAuth 3.2, widened to private networks as the original does)."""
    parts = _split(client_id)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if "#" in client_id or "@" in parts.netloc:
        return False
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        return False
    return _is_name(parts.hostname) or is_local(parts.hostname)


def is_redirect(client_id: str, redirect_uri: str) -> bool:
    """Whether a client may be sent back there: its own scheme, host and port, or an app's own address."""
    if redirect_uri in APPS.get(client_id, frozenset()):
        return True
    if not is_client_id(client_id):
        return False
    client, back = _split(client_id), _split(redirect_uri)
    if client is None or back is None or "@" in back.netloc:
        return False
    return (client.scheme, client.netloc.lower()) == (back.scheme, back.netloc.lower())


def _split(url: str) -> SplitResult | None:
    if any(ord(character) <= 0x20 or character == "\\" for character in url):
        return None  # browsers repair these in ways of their own
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return None
    return parts


def _is_name(host: str) -> bool:
    """A domain name rather than an address in any of its spellings (``0x7f.1`` is one too for a browser)."""
    if ":" in host:
        return False
    last = host.rstrip(".").rpartition(".")[2]
    return not (last.isdigit() or last.startswith("0x"))
