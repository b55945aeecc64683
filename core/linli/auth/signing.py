"""Signed paths: an address that works by itself for a short while (a camera picture in an ``<img>``).

A signature binds the path, its parameters, the signer's token and an end in monotonic time. Its key is made anew at
each start and kept nowhere, so a signature ends at the latest with the process, and a wall clock that jumps back
revives none. It also ends with its token: who verifies looks the token up.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from linli.clock import Clock
from linli.errors import InvalidRequest
from linli.ids import TokenId
from linli.jsonbytes import dumps

PARAMETER: Final = "authSig"
"""Home Assistant's name for it."""
FREE_PARAMETERS: Final = frozenset({"width", "height"})
"""May be added by whoever uses the path: they ask for another size of the same picture."""
LONGEST_S: Final = 10 * 365 * 86400.0

_SIGNATURE: Final = re.compile(r"(\d{1,12})\.([0-9A-Za-z_-]{1,64})\.([0-9A-Za-z_-]{43})", re.ASCII)


class SignedPaths:
    """Signs and verifies; whoever verifies asks further whether the token still stands."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def sign(self, path: str, token_id: TokenId, expires_s: float) -> str:
        """``path`` (with its query, if any) and the signature as its last parameter; raises InvalidRequest."""
        parts = urlsplit(path)
        if parts.scheme or parts.netloc or not parts.path.startswith("/"):
            raise InvalidRequest("a path begins with / and names no host", path=("path",))
        if not 0 < expires_s <= LONGEST_S:
            raise InvalidRequest("expires is a number of seconds above 0", path=("expires",))
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in FREE_PARAMETERS]
        if any(name == PARAMETER for name, _ in query):
            raise InvalidRequest("this path is signed already", path=("path",))
        end = int(self._clock.monotonic() + expires_s)
        signature = f"{end}.{token_id}.{self._mac(unquote(parts.path), query, token_id, end)}"
        return f"{parts.path}?{urlencode([*query, (PARAMETER, signature)])}"

    def verify(self, path: str, query: Iterable[tuple[str, str]]) -> TokenId | None:
        """Who signed this path with these parameters (all decoded, in their order); None: nobody, or too long ago."""
        bound: list[tuple[str, str]] = []
        signatures: list[str] = []
        for name, value in query:
            if name == PARAMETER:
                signatures.append(value)
            elif name not in FREE_PARAMETERS:
                bound.append((name, value))
        match = _SIGNATURE.fullmatch(signatures[0]) if len(signatures) == 1 else None
        if match is None:
            return None
        end, token_id = int(match[1]), TokenId(match[2])
        if not hmac.compare_digest(self._mac(path, bound, token_id, end), match[3]):
            return None
        return token_id if self._clock.monotonic() < end else None

    def _mac(self, path: str, query: list[tuple[str, str]], token_id: TokenId, end: int) -> str:
        message = dumps([path, query, token_id, end])
        return urlsafe_b64encode(hmac.new(self._key, message, hashlib.sha256).digest()).rstrip(b"=").decode()
