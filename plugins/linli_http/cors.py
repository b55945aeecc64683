"""Pages of other origins that may call the API. Off unless the deployment names them."""

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web

from linli import Response

METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
HEADERS: Final = "accept, authorization, content-type, origin, x-requested-with"
"""What Home Assistant allows too."""
_NONE: Final[Mapping[str, str]] = {}


class Cors:
    """False while no origin is allowed, and then nothing is done."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    def __bool__(self) -> bool:
        return bool(self._origins)

    def headers(self, raw: web.BaseRequest) -> Mapping[str, str]:
        """What is added to an answer to a page of an allowed origin. Credentials (cookies) are never allowed: there
        are none, a token is sent on purpose."""
        origin = raw.headers.get("Origin", "")
        if origin.lower() not in self._origins:
            return _NONE
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def preflight(self, raw: web.BaseRequest) -> Response | None:
        """The answer to a browser that asks first; None: this is no such question, or from an origin not allowed."""
        if raw.method != "OPTIONS" or "Access-Control-Request-Method" not in raw.headers or not self.headers(raw):
            return None
        headers = {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": HEADERS,
            "Access-Control-Max-Age": "600",
        }
        return Response(status=204, headers=headers)
