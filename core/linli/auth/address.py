"""Where a caller really is: through proxies that the deployment trusts, and through no others. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from linli.errors import InvalidRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOCAL: Final = tuple(
    ip_network(text)
    for text in (
        "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8", "169.254.0.0/16",
        "fe80::/10",
    )
)  # fmt: skip
"""Loopback, private and link-local networks: Home Assistant's "local"."""


class ForwardedRefused(InvalidRequest):
    """Forwarding headers that came from where none may come, or are malformed; HTTP 400."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called, as the outermost trusted proxy saw it."""

    address: str
    scheme: str | None = None
    """None: not told; that of the connection holds."""
    host: str | None = None


def parse_address(text: str) -> Address:
    """An address; IPv4 written as IPv6 (``::ffff:1.2.3.4``) becomes IPv4, a zone is dropped. Raises ValueError."""
    address = ip_address(text.strip().partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_local(text: str) -> bool:
    """Whether an address is on the hub's own networks; what is no address is not."""
    try:
        address = parse_address(text)
    except ValueError:
        return False
    return _is_in(address, LOCAL)


def is_loopback(text: str) -> bool:
    """Whether it is this machine."""
    try:
        return parse_address(text).is_loopback
    except ValueError:
        return False


def network_key(text: str) -> str:
    """Under which failures are counted and bans are kept: the IPv4 address, or the IPv6 /64 that one customer has.

    What is no address (a Unix socket) is a key of its own.
    """
    try:
        address = parse_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Trusted proxies as the deployment writes them; raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The caller's address; see :func:`caller`."""
    return caller(peer, forwarded_for, trusted).address


def caller(
    peer: str,
    forwarded_for: Sequence[str],
    trusted: Sequence[Network],
    proto: Sequence[str] = (),
    host: Sequence[str] = (),
) -> Caller:
    """Who called, from the connection's own address and the ``X-Forwarded-*`` headers.

    Raises ForwardedRefused for a header that came twice, is malformed, or came from a peer that is no trusted proxy: a
    proxy was put in front and not written into the deployment, or somebody lies (the original answers 400 too).

    The list is read from its right end, where the nearest proxy wrote: entries of trusted proxies are passed over, and
    the first other one is the caller. What stands left of it was sent by the caller and proves nothing. When all are
    trusted, the leftmost is the caller.
    """
    if not forwarded_for:
        return Caller(peer)
    if not _is_trusted(peer, trusted):
        raise ForwardedRefused("X-Forwarded-For came from an address that is no trusted proxy")
    chain = [part.strip() for part in _single(forwarded_for, "X-Forwarded-For").split(",")]
    try:
        addresses = [parse_address(part) for part in chain]
    except ValueError as error:
        raise ForwardedRefused("X-Forwarded-For holds what is no address") from error
    position = len(addresses) - 1
    while position > 0 and _is_in(addresses[position], trusted):
        position -= 1
    return Caller(str(addresses[position]), _scheme(proto, position, len(chain)), _host(host))


def _scheme(proto: Sequence[str], position: int, length: int) -> str | None:
    if not proto:
        return None
    schemes = [part.strip().lower() for part in _single(proto, "X-Forwarded-Proto").split(",")]
    if len(schemes) not in (1, length) or not set(schemes) <= {"http", "https", "ws", "wss"}:
        raise ForwardedRefused("X-Forwarded-Proto does not fit X-Forwarded-For")
    return schemes[position] if len(schemes) == length else schemes[0]


def _host(host: Sequence[str]) -> str | None:
    if not host:
        return None
    name = _single(host, "X-Forwarded-Host").strip()
    if not name or "," in name:
        raise ForwardedRefused("X-Forwarded-Host names one host")
    return name


def _single(values: Sequence[str], header: str) -> str:
    if len(values) != 1:
        raise ForwardedRefused(f"{header} came more than once")
    return values[0]


def _is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    try:
        return _is_in(parse_address(peer), trusted)
    except ValueError:
        return False


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
