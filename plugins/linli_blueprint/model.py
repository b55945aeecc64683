"""A blueprint: its words about itself, its holes, and what it becomes when they are filled."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import voluptuous as vol
from voluptuous.humanize import humanize_error

from linli import Context, InvalidRequest, PluginContext
from linli_blueprint.places import of_address
from linli_blueprint.reading import Input, Unreadable, in_plain_values, read, with_inputs
from linli_blueprint.selectors import selector

DOMAINS: Final = ("automation", "script")
UNDERSTOOD: Final = (2025, 4, 4)
"""The release of Home Assistant whose rules linli runs; one that needs a later one is told so when it is imported."""
PLURALS: Final[Mapping[str, Mapping[str, str]]] = {
    "automation": {"trigger": "triggers", "condition": "conditions", "action": "actions"},
    "script": {},
}
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")


def _url(value: Any) -> str:
    try:
        of_address(str(value))
    except ValueError as error:
        raise vol.Invalid("invalid url") from error
    return str(value)


def _version(value: Any) -> str:
    if not isinstance(value, str) or not _VERSION.fullmatch(value):
        raise vol.Invalid("Version needs to be formatted as {major}.{minor}.{patch}")
    return value


def _no_holes(value: Any) -> Any:
    if holes_in(value):
        raise vol.Invalid("a default has no !input in it")
    return value


_INPUT: Final = vol.Schema(
    {
        vol.Optional("name"): str,
        vol.Optional("description"): str,
        vol.Optional("default"): _no_holes,
        vol.Optional("selector"): selector,
    }
)
_SECTION: Final = vol.Schema(
    {
        vol.Optional("name"): str,
        vol.Optional("icon"): str,
        vol.Optional("description"): str,
        vol.Optional("collapsed"): bool,
        vol.Required("input"): {str: vol.Any(None, _INPUT)},
    }
)


def _input_or_section(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise vol.Invalid("not a valid value")
    return (_SECTION if "input" in value else _INPUT)(value)


def _each_once(value: dict[str, Any]) -> dict[str, Any]:
    seen: set[str] = set()
    for name, _ in inputs_of(value):
        if name in seen:
            raise vol.Invalid(f"Duplicate use of input key {name} in blueprint.")
        seen.add(name)
    return value


_METADATA: Final = vol.Schema(
    {
        vol.Required("name"): str,
        vol.Optional("description"): str,
        vol.Required("domain"): str,
        vol.Optional("source_url"): _url,
        vol.Optional("author"): str,
        vol.Optional("homeassistant"): {vol.Optional("min_version"): _version},
        vol.Optional("input", default=dict): vol.All({str: _input_or_section}, _each_once),
    }
)
_WHOLE: Final = vol.Schema({vol.Required("blueprint"): _METADATA}, extra=vol.ALLOW_EXTRA)


class Blueprint:
    """One, checked. ``domain``: what it has to be for. Raises InvalidRequest for what is none."""

    def __init__(self, data: Any, domain: str | None = None, source_url: str | None = None) -> None:
        """``data``: what its YAML says."""
        try:
            whole = _WHOLE(data)
        except vol.Invalid as error:
            raise InvalidRequest(f"Invalid blueprint: {humanize_error(data, error)}") from error
        self.metadata: dict[str, Any] = whole.pop("blueprint")
        self.body: dict[str, Any] = whole
        found = self.metadata["domain"]
        if found not in DOMAINS or domain not in (None, found):
            raise InvalidRequest(
                f"Invalid blueprint: Found incorrect blueprint type {found}, expected {domain or ' or '.join(DOMAINS)}"
            )
        self.inputs = dict(inputs_of(self.metadata["input"]))
        missing = sorted(holes_in(self.body) - self.inputs.keys())
        if missing:
            raise InvalidRequest(f"Invalid blueprint: Missing input definition for {', '.join(missing)}")
        if source_url is not None:
            self.metadata["source_url"] = source_url

    @classmethod
    def of_file(cls, text: bytes | str, domain: str | None = None) -> "Blueprint":
        """One of the deployment's own."""
        try:
            return cls(read(text), domain)
        except Unreadable as error:
            raise InvalidRequest(str(error)) from error

    @classmethod
    async def of_user(
        cls, ctx: PluginContext, text: str, domain: str | None, source_url: str | None, context: Context | None = None
    ) -> "Blueprint":
        """One that somebody supplied: its text is read where that can be killed. Raises also Busy, TemplateError."""
        said = await ctx.run_killable(in_plain_values, text, context=context)
        return await ctx.run_blocking(lambda: cls(with_inputs(said), domain, source_url))

    @property
    def domain(self) -> str:
        """For automations or for scripts."""
        return str(self.metadata["domain"])

    def doubts(self) -> list[str] | None:
        """Why it may not work here, as sentences; None: nothing is known."""
        wanted = self.metadata.get("homeassistant", {}).get("min_version")
        if wanted is None or tuple(map(int, wanted.split("."))) <= UNDERSTOOD:
            return None
        return [f"Requires at least Home Assistant {wanted}"]

    def filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration with every hole filled. Raises InvalidRequest where something is missing."""
        defaults = {name: said["default"] for name, said in self.inputs.items() if "default" in said}
        values = {**defaults, **given}
        missing = sorted(self.inputs.keys() - values.keys())
        if missing:
            raise InvalidRequest(f"Missing input {', '.join(missing)}")
        filled: dict[str, Any] = _filled(self.body, values)
        return in_plural(self.domain, filled)


def in_plural(domain: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """``triggers`` for ``trigger`` and so on: what stands beside a blueprint takes its place in any spelling."""
    plurals = PLURALS[domain]
    return {key if plurals.get(key, key) in config else plurals.get(key, key): value for key, value in config.items()}


def inputs_of(written: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every input by name, those in sections too."""
    for name, said in written.items():
        if said is not None and "input" in said:
            yield from inputs_of(said["input"])
        else:
            yield name, said or {}


def holes_in(value: Any) -> set[str]:
    """The names of the inputs that a value waits for."""
    if isinstance(value, Input):
        return {value.name}
    parts = (*value.keys(), *value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return set().union(*map(holes_in, parts)) if parts else set()


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Input):
        return values[value.name]
    if isinstance(value, Mapping):
        return {_filled(key, values): _filled(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    return value
