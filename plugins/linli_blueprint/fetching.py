"""Fetches one file from where the deployment allows it, and from nowhere else."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from linli import Busy, NotFound, RequestError
from linli_blueprint.places import FORUM, GIST, GITHUB, GITHUB_API, RAW, Origin, allowed, is_public, of_address, origin

LARGEST: Final = 1 << 20
WITHIN_S: Final = 15.0
MOST_HOPS: Final = 4
AT_ONCE: Final = 2
_MOVED: Final = (301, 302, 303, 307, 308)
_IMPLIED: Final = {GITHUB: (RAW,), GIST: (GITHUB_API,), FORUM: ()}
"""Where the same people keep what an allowed host shows."""


class NotFetched(RequestError):
    """It was not fetched; the message says why."""


class _OnlyPublic(AbstractResolver):
    """Names of hosts, but none that stands for an address in this house or on this machine."""

    def __init__(self) -> None:
        self._asked = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._asked.resolve(host, port, family)
        if not found or not all(is_public(each["host"]) for each in found):
            raise NotFetched(f"{host} is no host of the internet")
        return found

    async def close(self) -> None:
        await self._asked.close()


class Fetcher:
    """What the deployment allows, and the fetching."""

    def __init__(self, import_from: Iterable[str] = (), within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._allowed: tuple[Origin, ...] = ()
        self._now = 0
        self.allow(import_from)

    def allow(self, import_from: Iterable[str]) -> None:
        """Only these from now on. Raises ValueError for an entry that allows nothing."""
        found = [origin(written) for written in import_from]
        implied = [origin(host) for each in found for host in _IMPLIED.get(each.host, ())]
        self._allowed = (*found, *implied)

    def check(self, address: str) -> Origin:
        """The entry that allows an address. Raises ValueError for what is none, NotFetched for what is not allowed."""
        asked = of_address(address)
        found = allowed(asked, self._allowed)
        if found is None:
            raise NotFetched(
                f"importing from {asked.host} is not allowed; blueprint: {{import_from: [{asked.host}]}} allows it",
                key="blueprint.not_allowed",
                parameters={"host": asked.host},
            )
        return found

    async def fetch(self, address: str) -> bytes:
        """The whole of it. Raises NotFetched, NotFound, Busy."""
        if self._now >= AT_ONCE:
            raise Busy("two blueprints are being imported; try again in a moment")
        self._now += 1
        try:
            return await self._follow(address)
        except TimeoutError as error:
            raise NotFetched(f"it did not come within {self._within_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotFetched(f"it could not be fetched: {error}") from error
        finally:
            self._now -= 1

    async def _follow(self, address: str) -> bytes:
        for _ in range(MOST_HOPS):
            by = self.check(address)
            host = of_address(address).host
            if URL(address).host != host:  # two readings of one address: neither is trusted
                raise NotFetched("invalid url")
            if not by.written_out and _is_ip(host) and not is_public(host):
                raise NotFetched(f"{host} is no host of the internet")
            moved, body = await self._one(address, within_the_house=by.written_out)
            if moved is None:
                return body
            address = urljoin(address, moved)
        raise NotFetched("it was moved too often")

    async def _one(self, address: str, *, within_the_house: bool) -> tuple[str | None, bytes]:
        """Where it was moved to, or all of it."""
        resolver: Any = aiohttp.ThreadedResolver() if within_the_house else _OnlyPublic()
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
        headers = {"Accept-Encoding": "identity", "User-Agent": "linli"}
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=self._within_s), auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
            session.get(address, allow_redirects=False, headers=headers) as answer,
        ):  # fmt: skip
            if answer.status in _MOVED and "Location" in answer.headers:
                return answer.headers["Location"], b""
            if answer.status != 200:
                raise NotFound(f"{answer.url.host} answered {answer.status}")
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise NotFetched("it came compressed, which was not asked for")
            return None, await _all_of(answer)


async def _all_of(answer: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_chunked(1 << 16):
        size += len(part)
        if size > LARGEST:
            raise NotFetched(f"it is larger than {LARGEST >> 10} KB")
        parts.append(part)
    return b"".join(parts)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
