"""Blueprints: configurations with holes, from the deployment's ``blueprints/`` folder or saved by API."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol
import yaml

from linli import InvalidRequest, NotFound, PluginContext

DOMAINS: Final = ("automation", "script")
KIND: Final = "blueprints"
DEEPEST: Final = 60
SELECTORS: Final = frozenset(
    {
        "action", "addon", "area", "assist_pipeline", "attribute", "backup_location", "boolean", "color_rgb",
        "color_temp", "condition", "config_entry", "constant", "conversation_agent", "country", "date", "datetime",
        "device", "duration", "entity", "file", "floor", "icon", "label", "language", "location", "media", "navigation",
        "number", "object", "qr_code", "select", "state", "stt", "target", "template", "text", "theme", "time",
        "trigger", "tts", "ui_action", "ui_color",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """A hole, by the name of what fills it."""

    name: str


class _Loader(yaml.SafeLoader):
    """YAML with ``!input`` and no other tag of its own."""


def _input(loader: yaml.SafeLoader, node: yaml.Node) -> Input:
    return Input(str(node.value))


_Loader.add_constructor("!input", _input)


def _selector(value: Any) -> Any:
    if isinstance(value, str):
        value = {value: None}
    if not isinstance(value, Mapping) or len(value) != 1:
        raise vol.Invalid("expected a selector: a dictionary with one key")
    name = next(iter(value))
    if name not in SELECTORS:
        raise vol.Invalid(f"Unknown selector type {name} found")
    return {name: value[name] or {}}


_INPUT: Final = vol.Any(
    None,
    vol.Schema(
        {
            vol.Optional("name"): vol.Coerce(str),
            vol.Optional("description"): vol.Coerce(str),
            vol.Optional("default"): object,
            vol.Optional("selector"): _selector,
        }
    ),
)
_META: Final = vol.Schema(
    {
        vol.Required("name"): vol.Coerce(str),
        vol.Optional("description"): vol.Any(None, vol.Coerce(str)),
        vol.Required("domain"): vol.In(DOMAINS),
        vol.Optional("source_url"): str,
        vol.Optional("author"): vol.Coerce(str),
        vol.Optional("homeassistant"): dict,
        vol.Optional("input", default=dict): {str: object},
    }
)


class Blueprint:
    """One, checked. Raises InvalidRequest for what is none."""

    def __init__(self, text: bytes | str) -> None:
        try:
            data = yaml.load(text, Loader=_Loader)
        except yaml.YAMLError as error:
            raise InvalidRequest(f"Invalid blueprint: {error}") from error
        if not isinstance(data, dict) or not isinstance(data.get("blueprint"), dict):
            raise InvalidRequest("Invalid blueprint: required key not provided @ data['blueprint']")
        try:
            self.metadata: dict[str, Any] = _META(data["blueprint"])
            self.inputs = dict(_inputs(self.metadata["input"]))
        except vol.Invalid as error:
            raise InvalidRequest(f"Invalid blueprint: {error}") from error
        self.body = {key: value for key, value in data.items() if key != "blueprint"}
        missing = sorted(_holes(self.body) - self.inputs.keys())
        if missing:
            raise InvalidRequest(f"Invalid blueprint: Missing input definition for {', '.join(missing)}")

    @property
    def domain(self) -> str:
        """For automations or for scripts."""
        return str(self.metadata["domain"])

    def filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration with every hole filled. Raises InvalidRequest where something is missing."""
        values = dict(given)
        missing = []
        for name, said in self.inputs.items():
            if name in values:
                continue
            if "default" in said:
                values[name] = said["default"]
            elif name in _holes(self.body):
                missing.append(name)
        if missing:
            raise InvalidRequest(f"Missing input {', '.join(sorted(missing))}")
        filled: dict[str, Any] = _filled(self.body, values, 0)
        return filled


def _inputs(written: Mapping[str, Any]) -> Any:
    """Every input by name, those in sections too."""
    for name, said in written.items():
        if isinstance(said, Mapping) and "input" in said:
            yield from _inputs(said["input"] or {})
        else:
            yield name, _INPUT(said) or {}


def _holes(value: Any) -> set[str]:
    if isinstance(value, Input):
        return {value.name}
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return set().union(*map(_holes, parts)) if parts else set()


def _filled(value: Any, values: Mapping[str, Any], depth: int) -> Any:
    if depth > DEEPEST:
        raise InvalidRequest("Invalid blueprint: nested too deep")
    if isinstance(value, Input):
        return values[value.name]
    if isinstance(value, Mapping):
        return {key: _filled(each, values, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values, depth + 1) for each in value]
    return value


class Blueprints:
    """All of them: the deployment's files, and beside them what was saved."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._found: dict[str, dict[str, Blueprint | str]] | None = None
        self._lock = asyncio.Lock()

    def forget(self) -> None:
        """Read the files again when somebody asks."""
        self._found = None

    async def all(self, domain: str) -> dict[str, "Blueprint | str"]:
        """By path; for one that is broken the sentence that says why."""
        async with self._lock:
            if self._found is None:
                self._found = {each: await self._read(each) for each in DOMAINS}
            return self._found.get(domain, {})

    async def _read(self, domain: str) -> dict[str, "Blueprint | str"]:
        texts: dict[str, bytes | str] = dict(await self._ctx.deployment_files(f"blueprints/{domain}"))
        for key, document in (await self._ctx.documents.load(KIND)).items():
            if document.value["domain"] == domain:
                texts.setdefault(key.partition("/")[2], document.value["text"])
        found: dict[str, Blueprint | str] = {}
        for path, text in texts.items():
            try:
                found[path] = await self._ctx.run_blocking(Blueprint, text)
            except InvalidRequest as error:
                found[path] = str(error)
        return found

    async def get(self, domain: str, path: str) -> "Blueprint":
        """One; raises NotFound or InvalidRequest."""
        found = (await self.all(domain)).get(path)
        if found is None:
            raise NotFound(f"Unable to find blueprint {path}")
        if isinstance(found, str):
            raise InvalidRequest(f"{path}: {found}")
        if found.domain != domain:
            raise InvalidRequest(f"{path}: this is a blueprint for {found.domain}")
        return found

    async def substituted(self, domain: str, written: Mapping[str, Any]) -> dict[str, Any]:
        """What ``use_blueprint`` stands for; what stands beside it in the rule counts before the blueprint's."""
        use = written["use_blueprint"]
        if not isinstance(use, Mapping) or not isinstance(use.get("path"), str):
            raise InvalidRequest("required key not provided @ data['use_blueprint']['path']")
        given = use.get("input") or {}
        if not isinstance(given, Mapping):
            raise InvalidRequest("expected a dictionary @ data['use_blueprint']['input']")
        try:
            blueprint = await self.get(domain, use["path"])
        except NotFound as error:
            raise InvalidRequest(str(error)) from error
        beside = {key: value for key, value in written.items() if key != "use_blueprint"}
        return {**blueprint.filled(given), **beside}

    async def save(self, domain: str, path: str, text: str, source_url: str | None, *, replace: bool) -> bool:
        """Keep one; whether one of that path was replaced. Raises InvalidRequest."""
        blueprint = await self._ctx.run_blocking(Blueprint, text)
        if blueprint.domain != domain:
            raise InvalidRequest(f"this is a blueprint for {blueprint.domain}")
        path = path if path.endswith(".yaml") else f"{path}.yaml"
        present = path in await self.all(domain)
        if present and not replace:
            raise InvalidRequest("File already exists")
        value = {"domain": domain, "text": text, "source_url": source_url}
        await self._ctx.documents.put(KIND, f"{domain}/{path}", value)
        self.forget()
        return present

    async def delete(self, domain: str, path: str) -> None:
        """Away with one that was saved; raises NotFound for any other."""
        if f"{domain}/{path}" not in await self._ctx.documents.load(KIND):
            raise NotFound("Blueprint was not saved by API; remove its file from the deployment")
        await self._ctx.documents.delete(KIND, f"{domain}/{path}")
        self.forget()
