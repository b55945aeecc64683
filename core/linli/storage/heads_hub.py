"""Another hub as the second place: it takes each seal, tells what it has, and refuses what does not follow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from linli.clock import Clock
from linli.jsonbytes import loads
from linli.storage.errors import StorageRefused
from linli.storage.heads_place import WITHIN_S
from linli.storage.seals import Seal

if TYPE_CHECKING:
    import aiohttp

CONFLICT: Final = 409
NOT_FOUND: Final = 404
MOST_BYTES: Final = 32 << 20
"""More than a day's lines is no answer of a hub."""


class HeadsRefused(StorageRefused):
    """The other hub keeps other heads than those that this one sends; ``what`` names the kind."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(
            f"{place} refuses the heads of this journal ({what}): they do not follow from what it keeps",
            key="storage.heads_refused",
            parameters={"place": place, "what": what},
        )
        self.what = what


class HubPlace:
    """``address`` is that of the receiving hub's heads (``https://…/api/linli/heads``)."""

    def __init__(self, address: str, token: str, clock: Clock) -> None:
        self.name = address.rstrip("/")
        self._token = token
        self._clock = clock

    async def take_over(self, instance: str, epoch: int, run: str) -> Seal | None:
        """What the other hub has; raises StorageRefused when it has heads of a later epoch: this hub is the old one."""
        async with self._clock.timeout(WITHIN_S):
            said = await self._ask("GET", f"{self.name}/{instance}")
        if said is None or said.get("newest") is None:
            return None
        try:
            newest = Seal.of_line(str(said["newest"]).encode())
        except ValueError as error:
            raise ConnectionError(f"{self.name} answered what is no head") from error
        if newest.instance != instance or not newest.is_signed:
            raise ConnectionError(f"{self.name} answered another hub's head, or one that nobody signed")
        if newest.epoch > epoch:
            raise StorageRefused(
                f"a backup of this hub was restored elsewhere and has run since, as {self.name} knows: this hub is "
                "the old one and must not run any more",
                key="storage.superseded",
                parameters={"folder": self.name},
            )
        return newest

    async def add(self, seal: Seal) -> None:
        """Raises HeadsRefused where the other hub says that it does not follow."""
        async with self._clock.timeout(WITHIN_S):
            await self._ask("POST", self.name, seal.line())

    async def close(self) -> None:
        """Nothing is kept open."""

    async def lines(self, instance: str) -> list[bytes]:
        """Every line that the other hub has of this one, oldest first."""
        async with self._clock.timeout(WITHIN_S):
            said = await self._ask("GET", f"{self.name}/{instance}")
        found: list[bytes] = []
        for day in () if said is None else said.get("days", ()):
            async with self._clock.timeout(WITHIN_S), self._answer("GET", f"{self.name}/{instance}/{day}") as answer:
                found += (await self._body(answer)).splitlines()
        return [line for line in found if line.strip()]

    async def _ask(self, method: str, address: str, body: bytes | None = None) -> Mapping[str, Any] | None:
        """What was answered; None: no such thing there. Raises OSError for what is no answer of a hub."""
        async with self._answer(method, address, body) as answer:
            content = await self._body(answer)
            if answer.status == NOT_FOUND and method == "GET":
                return None
            try:
                said: Mapping[str, Any] = loads(content)
                if not isinstance(said, dict):
                    raise TypeError
                if answer.status == CONFLICT:
                    raise HeadsRefused(self.name, str(said["code"]))
            except (ValueError, KeyError, TypeError) as error:
                raise ConnectionError(f"{self.name} answered {answer.status}, and not as a hub does") from error
            if answer.status != 200:
                raise ConnectionError(f"{self.name} answered {answer.status}")
            return said

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        content = await answer.content.read(MOST_BYTES + 1)
        whole = [content]
        while content and sum(map(len, whole)) <= MOST_BYTES:
            content = await answer.content.read(MOST_BYTES)
            whole.append(content)
        if sum(map(len, whole)) > MOST_BYTES:
            raise ConnectionError(f"{self.name} answered too much")
        return b"".join(whole)

    @asynccontextmanager
    async def _answer(
        self, method: str, address: str, body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Redirects are not followed: the token is for this address alone."""
        import aiohttp

        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, address, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                yield answer
        except aiohttp.ClientError as error:
            raise ConnectionError(f"{self.name}: {str(error) or type(error).__name__}") from error
