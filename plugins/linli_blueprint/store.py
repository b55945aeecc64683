"""The blueprints that there are: files of the deployment, and beside them what was saved by API."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Mapping
from typing import Any, Final

import voluptuous as vol
from voluptuous.humanize import humanize_error

from linli import (
    Busy,
    Context,
    InvalidRequest,
    NotFound,
    NotSupported,
    PluginContext,
    RequestError,
    Scope,
    TemplateError,
)
from linli_blueprint.api import BLUEPRINT_CHANGED, Filled
from linli_blueprint.model import DOMAINS, Blueprint, in_plural

KIND: Final = "blueprints"
MOST: Final = 1000
_PATH: Final = re.compile(r"(?!.*(?:^|/)\.)[^/\\\x00-\x1f:]+(?:/[^/\\\x00-\x1f:]+)*")


class AlreadyExists(RequestError):
    """There is a blueprint of that path."""

    code = "already_exists"


def path_of(written: Any) -> str:
    """A path below the folder of blueprints; a validator."""
    if not isinstance(written, str):
        raise vol.Invalid("Expected a string")
    if len(written) > 200 or not _PATH.fullmatch(written):
        raise vol.Invalid("Invalid path")
    return written


def path_of_file(written: Any) -> str:
    """The same, of a file."""
    path = path_of(written)
    if not path.endswith(".yaml"):
        raise vol.Invalid("Path needs to end in .yaml")
    return path


_USE: Final = vol.Schema({vol.Required("path"): path_of_file, vol.Optional("input", default=dict): {str: object}})
_RULE: Final = vol.Schema({vol.Required("use_blueprint"): _USE}, extra=vol.ALLOW_EXTRA)


class Blueprints:
    """All of them. Implements :class:`linli_blueprint.api.BlueprintsApi`."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._found: dict[str, dict[str, Blueprint | str]] | None = None
        self._saved: dict[str, Mapping[str, Any]] = {}
        """By path with its domain before it: what was saved, where no file of the deployment takes its place."""
        self._was_busy = False
        """One could not be read just now: all are read again when somebody asks next."""
        self._used: dict[str, frozenset[str]] = {}
        self._lock = asyncio.Lock()

    async def used(self, domain: str, rules: Mapping[str, str]) -> None:
        self._used[domain] = frozenset(rules.values())

    async def forget(self) -> None:
        self._found = None

    async def all(self, domain: str) -> dict[str, "Blueprint | str"]:
        """By path; for one that is broken the sentence that says why."""
        async with self._lock:
            if self._found is None or self._was_busy:
                self._was_busy = False
                self._saved = {}
                self._found = {each: await self._read(each) for each in DOMAINS}
            return self._found.get(domain, {})

    async def _read(self, domain: str) -> dict[str, "Blueprint | str"]:
        found: dict[str, Blueprint | str] = {}
        for path, text in (await self._ctx.deployment_files(f"blueprints/{domain}")).items():
            found[path] = await self._or_fault(self._ctx.run_blocking(Blueprint.of_file, text, domain))
        for key, document in (await self._ctx.documents.load(KIND)).items():
            value, path = document.value, key.partition("/")[2]
            if value["domain"] == domain and path not in found:
                self._saved[key] = value
                read = Blueprint.of_user(self._ctx, value["text"], domain, value["source_url"])
                found[path] = await self._or_fault(read)
        return found

    async def _or_fault(self, reading: Awaitable[Blueprint]) -> "Blueprint | str":
        try:
            return await reading
        except (InvalidRequest, TemplateError) as error:
            self._was_busy |= isinstance(error, Busy)
            return str(error)

    async def fill(self, domain: str, written: Mapping[str, Any]) -> Filled:
        try:
            use = _RULE(dict(written))["use_blueprint"]
        except vol.Invalid as error:
            raise InvalidRequest(f"Invalid blueprint inputs: {humanize_error(dict(written), error)}") from error
        found = (await self.all(domain)).get(use["path"])
        if found is None:
            raise InvalidRequest(f"Failed to load blueprint: Unable to find {use['path']}")
        if isinstance(found, str):
            raise InvalidRequest(found)
        beside = in_plural(domain, {key: value for key, value in written.items() if key != "use_blueprint"})
        config = {**found.filled(use["input"]), **beside}
        saved = self._saved.get(f"{domain}/{use['path']}")
        if saved is None:
            return Filled(config)
        scope = saved["author"]["scope"]
        return Filled(config, True, saved["author"]["user_id"], None if scope is None else Scope.of(scope))

    # keeping ---------------------------------------------------------------------------------------------------------

    async def save(
        self, domain: str, path: str, text: str, source_url: str | None, context: Context, *, replace: bool
    ) -> bool:
        """Keep one; whether one of that path was replaced. Raises InvalidRequest, AlreadyExists, NotSupported."""
        await Blueprint.of_user(self._ctx, text, domain, source_url, context)
        path = path if path.endswith(".yaml") else f"{path}.yaml"
        present = path in await self.all(domain)
        key = f"{domain}/{path}"
        if present and not replace:
            raise AlreadyExists("File already exists")
        if present and key not in self._saved:
            raise NotSupported(f"{path} lies in the deployment's folder blueprints/{domain}; change it there")
        if not present and len(self._saved) >= MOST:
            raise InvalidRequest(f"more than {MOST} blueprints are saved")
        scope = None if context.scope is None else context.scope.as_dict()
        author = {"user_id": context.user_id, "scope": scope}
        value = {"domain": domain, "text": text, "source_url": source_url, "author": author}
        await self._ctx.documents.put(KIND, key, value)
        details = {"hash": hashlib.sha256(text.encode()).hexdigest(), "source_url": source_url}
        await self._ctx.journal.record("blueprint.saved", subject=key, details=details, context=context)
        await self.forget()
        if present:
            self._ctx.bus.fire(BLUEPRINT_CHANGED, {"domain": domain, "path": path}, context)
        return present

    async def delete(self, domain: str, path: str, context: Context) -> None:
        """Away with one that was saved and that no rule fills. Raises NotFound, NotSupported, RequestError."""
        key = f"{domain}/{path}"
        if path not in await self.all(domain):
            raise NotFound(f"Unable to find blueprint {path}")
        if path in self._used.get(domain, ()):
            raise RequestError("Blueprint in use")
        if key not in self._saved:
            raise NotSupported(f"{path} lies in the deployment's folder blueprints/{domain}; remove it there")
        await self._ctx.documents.delete(KIND, key)
        await self._ctx.journal.record("blueprint.deleted", subject=key, context=context)
        await self.forget()
