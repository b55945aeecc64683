"""Where blueprints lie on the internet: which addresses may be fetched, and what is fetched for the one given."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote, urlsplit

FORUM: Final = "community.home-assistant.io"
GITHUB: Final = "github.com"
RAW: Final = "raw.githubusercontent.com"
GIST: Final = "gist.github.com"
GITHUB_API: Final = "api.github.com"
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_TOPIC: Final = re.compile(r"/t/(?:[^/]+/)?(\d+)(?:/\d+)?/?")
_BLOB: Final = re.compile(r"/([^/]+)/([^/]+)/blob/([^/]+)/(.+\.ya?ml)")
_RAW_FILE: Final = re.compile(r"/([^/]+)/([^/]+)/(.+\.ya?ml)")
_GIST_ID: Final = re.compile(r"/([^/]+)/([0-9a-fA-F]+)/?")
_FILE: Final = re.compile(r"/(?:.*/)?([^/]+)")


class Kind(StrEnum):
    """In what a blueprint is wrapped."""

    FILE = "file"
    TOPIC = "topic"
    GIST = "gist"


@dataclass(frozen=True, slots=True)
class Place:
    """What is fetched for an address that a person has."""

    address: str
    kind: Kind
    name: str = ""
    """What the blueprint may be called here (without ``.yaml``); empty where only what is fetched tells it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One that the deployment allows: a public host by https, or, written out, a whole origin."""

    scheme: str
    host: str
    port: int
    written_out: bool
    """It was written with its scheme, and so also may lie in the house's own network."""


def origin(written: str) -> Origin:
    """What an entry of ``import_from`` allows; raises ValueError for one that is no host and no origin."""
    if "://" not in written:
        host = written.strip().lower()
        if not _HOST.fullmatch(host):
            raise ValueError(f"{written!r} is no host name")
        return Origin("https", host, 443, written_out=False)
    found = of_address(written.strip())
    if urlsplit(written.strip()).path not in ("", "/"):
        raise ValueError(f"{written!r} names more than an origin (http://HOST:PORT)")
    return found


def of_address(address: str) -> Origin:
    """The origin of an address; raises ValueError for one that is none, or holds a password."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise ValueError("invalid url") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", address):
        raise ValueError("invalid url")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a name or password in it is not fetched")
    return Origin(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), written_out=True)


def allowed(address: Origin, by: Iterable[Origin]) -> Origin | None:
    """The entry that allows the address; None: none does."""
    wanted = address.scheme, address.host, address.port
    return next((each for each in by if (each.scheme, each.host, each.port) == wanted), None)


def is_public(ip: str) -> bool:
    """Whether an IP address is one of the whole internet, and not of this house or this machine."""
    found = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        if found in _TRANSLATED:
            return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF).is_global
    return found.is_global and not found.is_multicast


_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")


def place_of(address: str) -> Place:
    """What to fetch for an address of the forum, of GitHub, of a gist, or of a file; raises ValueError for others."""
    host, path = of_address(address).host, urlsplit(address).path
    if host == FORUM and (found := _TOPIC.fullmatch(path)):
        return Place(f"https://{FORUM}/t/{found[1]}.json", Kind.TOPIC)
    if host == GITHUB and (found := _BLOB.fullmatch(path)):
        owner, repository, version, file = found.groups()
        return Place(f"https://{RAW}/{owner}/{repository}/{version}/{file}", Kind.FILE, _named(owner, file))
    if host == RAW and (found := _RAW_FILE.fullmatch(path)):
        return Place(address, Kind.FILE, _named(found[1], found[3]))
    if host == GIST and (found := _GIST_ID.fullmatch(path)):
        return Place(f"https://{GITHUB_API}/gists/{found[2]}", Kind.GIST)
    if host not in (FORUM, GITHUB, GIST) and (found := _FILE.fullmatch(path)):
        return Place(address, Kind.FILE, _named(host, found[1]))
    raise ValueError("Unsupported URL: expected a topic of the forum, a file on GitHub, a gist, or the file itself")


def _named(owner: str, file: str) -> str:
    return name_of(owner, re.sub(r"\.[A-Za-z]+$", "", unquote(file).rpartition("/")[2]))


def name_of(owner: str, file: str) -> str:
    """``owner/file`` as a path below the folder of blueprints."""
    return "/".join(re.sub(r"[^\w.-]+", "_", part).strip(".") or "_" for part in (owner, file))
