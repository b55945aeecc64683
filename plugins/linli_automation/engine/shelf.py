"""The rules that people save by API: documents with their author, and Home Assistant's addresses to edit them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Access, Context, InvalidRequest, PluginContext, Request, Response, Scope, View
from linli_automation.engine.book import Written
from linli_automation.engine.principal import Author

KIND: Final = "written"
FIRST_KEYS: Final = (
    "alias", "description", "triggers", "trigger", "conditions", "condition", "actions", "action",
)  # fmt: skip
MOST: Final = 5000
LARGEST: Final = 1 << 20


class Shelf:
    """Of one plugin. ``check`` raises for what cannot be a rule; ``changed`` is awaited after each change; ``reads``:
    whether a reader may read the rule of a key."""

    def __init__(
        self, ctx: PluginContext, domain: str, check: Callable[[str, dict[str, Any], Author], Awaitable[None]],
        changed: Callable[[], Awaitable[None]], reads: Callable[[View, str, Mapping[str, Any]], bool], *,
        key_name: str | None = "id",
    ) -> None:  # fmt: skip
        self._ctx = ctx
        self._domain = domain
        self._check = check
        self._changed = changed
        self._reads = reads
        self._key_name = key_name
        self._kept: dict[str, dict[str, Any]] = {}

    async def load(self) -> None:
        """Take up what is on the disk."""
        self._kept = {key: dict(each.value) for key, each in (await self._ctx.documents.load(KIND)).items()}

    def written(self) -> list[Written]:
        """All of them."""
        return [Written(key, each["config"], _author(each["author"])) for key, each in self._kept.items()]

    def offer(self) -> None:
        """Answer the addresses."""
        path = f"/api/config/{self._domain}/config/{{key}}"
        add = self._ctx.routes.add
        add("GET", path, self._get, access=Access.ADMIN, summary=f"One {self._domain} as it was saved")
        add("POST", path, self._post, access=Access.ADMIN, max_body=LARGEST, body_schema=vol.Schema(dict),
            summary=f"Save a {self._domain}; its author is whoever asks")  # fmt: skip
        add("DELETE", path, self._delete, access=Access.ADMIN, summary=f"Remove a {self._domain} that was saved")

    async def save(self, key: str, config: Mapping[str, Any], context: Context) -> None:
        """Check and keep it; has committed after. Raises InvalidRequest."""
        author = Author(context.user_id, context.scope)
        value = self._in_order(key, config)
        await self._check(key, value, author)
        if key not in self._kept and len(self._kept) >= MOST:
            raise InvalidRequest(f"more than {MOST} are saved")
        kept = {"config": value, "author": _plain(author)}
        await self._ctx.documents.put(KIND, key, kept)
        self._kept[key] = kept
        details = {"author": author.user_id, "hash": Written(key, value, author).hash}
        await self._ctx.journal.record(f"{self._ctx.domain}.saved", subject=key, details=details, context=context)
        await self._changed()

    async def remove(self, key: str, context: Context) -> bool:
        """Away with it; False: there is none."""
        if key not in self._kept:
            return False
        await self._ctx.documents.delete(KIND, key)
        del self._kept[key]
        await self._ctx.journal.record(f"{self._ctx.domain}.removed", subject=key, context=context)
        await self._changed()
        return True

    def _in_order(self, key: str, config: Mapping[str, Any]) -> dict[str, Any]:
        named = {} if self._key_name is None else {self._key_name: key}
        first = {name: config[name] for name in FIRST_KEYS if name in config}
        rest = {name: value for name, value in config.items() if name not in FIRST_KEYS and name != self._key_name}
        return {**named, **first, **rest}

    # addresses -------------------------------------------------------------------------------------------------------

    def _get(self, request: Request) -> Response:
        key = request.params["key"]
        found = self._kept.get(key)
        if found is None or self._is_hidden(request, key):
            return Response.message("Resource not found", 404)
        return Response.json(found["config"])

    async def _post(self, request: Request) -> Response:
        try:
            body = await request.json()
        except InvalidRequest:
            return Response.message("Invalid JSON specified", 400)
        if not isinstance(body, Mapping):
            return Response.message("Message malformed: expected a dictionary", 400)
        if self._is_hidden(request, request.params["key"]):
            return Response.message("Resource not found", 400)
        try:
            await self.save(request.params["key"], body, request.context)
        except InvalidRequest as error:
            return Response.message(f"Message malformed: {error}", 400)
        return Response.json({"result": "ok"})

    async def _delete(self, request: Request) -> Response:
        if self._is_hidden(request, request.params["key"]) or not await self.remove(
            request.params["key"], request.context
        ):
            return Response.message("Resource not found", 400)
        return Response.json({"result": "ok"})

    def _is_hidden(self, request: Request, key: str) -> bool:
        """Whether there is such a rule and it is none that the reader may read: it is neither replaced nor removed."""
        found = self._kept.get(key)
        return found is not None and not self._reads(request.view, key, found["config"])


def _plain(author: Author) -> dict[str, Any]:
    return {"user_id": author.user_id, "scope": None if author.scope is None else author.scope.as_dict()}


def _author(kept: Mapping[str, Any]) -> Author:
    return Author(kept["user_id"], None if kept["scope"] is None else Scope.of(kept["scope"]))
