"""A request as a handler meets it: a thin cover over aiohttp's, where everything not asked for costs nothing."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from linli import Clock, Context, Delay, InvalidRequest, Route, Session, TokenId, User, View, form_parts, loads_sent
from linli_http.errors import PayloadTooLarge, TooSlow

MOST_FORM_FIELDS: Final = 100


class HttpRequest:
    """Implements :class:`linli.endpoints.Request`."""

    __slots__ = (
        "_body", "_body_within", "_context", "_nobody", "_query", "_wire", "params", "path", "raw", "remote", "route",
        "session",
    )  # fmt: skip

    def __init__(
        self, raw: web.BaseRequest, route: Route, path: str, params: Mapping[str, str], remote: str,
        session: Session | None, nobody: View, wire: Clock, body_within: Delay,
    ) -> None:  # fmt: skip
        self.raw = raw
        self.route = route
        self.path = path
        self.params = params
        self.remote = remote
        self.session = session
        self._wire = wire
        self._body_within = body_within
        self._nobody = nobody
        self._context: Context | None = None
        self._query: Mapping[str, str] | None = None
        self._body: bytes | None = None

    @property
    def method(self) -> str:
        return self.raw.method

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters behind the question mark; of one that comes twice, the first counts."""
        if self._query is None:
            self._query = self.raw.query
        return self._query

    @property
    def headers(self) -> Mapping[str, str]:
        return self.raw.headers

    @property
    def user(self) -> User | None:
        return None if self.session is None else self.session.user

    @property
    def token_id(self) -> TokenId | None:
        return None if self.session is None else self.session.token_id

    @property
    def view(self) -> View:
        return self._nobody if self.session is None else self.session.view

    @property
    def context(self) -> Context:
        if self._context is None:
            self._context = Context() if self.session is None else self.session.context()
        return self._context

    # the body --------------------------------------------------------------------------------------------------------

    async def body(self) -> bytes:
        if self._body is None:
            stream = self.raw.content
            # The body of most requests came in the same packet: then it is all here, and nothing is waited for.
            if stream.is_eof():
                body = stream.read_nowait()
                if len(body) > self.route.max_body:
                    raise PayloadTooLarge(self.route.max_body)
                self._body = body
            else:
                self._body = await self._slow_body()
        return self._body

    async def _slow_body(self) -> bytes:
        limit = self.route.max_body
        if (self.raw.content_length or 0) > limit:
            raise PayloadTooLarge(limit)
        body = bytearray()
        try:
            async with self._wire.timeout(self._body_within):
                while chunk := await self.raw.content.readany():
                    body += chunk
                    if len(body) > limit:
                        raise PayloadTooLarge(limit)
        except TimeoutError:
            raise TooSlow from None
        except web.RequestPayloadError as error:
            raise InvalidRequest("the request body is broken off or badly encoded") from error
        return bytes(body)

    async def json(self) -> Any:
        body = await self.body()
        if not body:
            return None
        try:
            return loads_sent(body)
        except ValueError as error:
            raise InvalidRequest("the body is no JSON in UTF-8") from error

    async def form(self) -> Mapping[str, str]:
        """Fields of a form, also of one sent as multipart (what browsers make of FormData); of one that comes twice,
        the first counts."""
        body = await self.body()
        kind = self.raw.headers.get("Content-Type", "")
        try:
            pairs = _multipart(kind, body) if kind.startswith("multipart/form-data") else _urlencoded(body)
        except ValueError as error:
            raise InvalidRequest("the body is no form in UTF-8") from error
        form: dict[str, str] = {}
        for name, value in pairs:
            form.setdefault(name, value)
        return form


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(
        body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MOST_FORM_FIELDS,
        errors="strict",
    )  # fmt: skip


def _multipart(kind: str, body: bytes) -> list[tuple[str, str]]:
    return [(name, content.decode()) for _, name, content in form_parts(kind, body, MOST_FORM_FIELDS)]
