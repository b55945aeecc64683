"""Home Assistant's message commands about blueprints."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Access, CommandCall, InvalidRequest, PluginContext
from linli_blueprint.fetching import Fetcher, NotFetched
from linli_blueprint.model import DOMAINS, Blueprint
from linli_blueprint.places import of_address, place_of
from linli_blueprint.store import Blueprints, path_of
from linli_blueprint.wrappings import unwrapped_as

ADMIN: Final = "admin"


def _url(value: Any) -> str:
    try:
        of_address(str(value))
    except ValueError as error:
        raise vol.Invalid(str(error)) from error
    return str(value)


def _domain(call: CommandCall) -> str:
    domain = str(call.message["domain"])
    if domain not in DOMAINS:
        raise InvalidRequest("Unsupported domain")
    return domain


_FILE: Final = {vol.Required("domain"): str, vol.Required("path"): path_of}


class Commands:
    """The handlers."""

    def __init__(self, ctx: PluginContext, blueprints: Blueprints, fetcher: Fetcher) -> None:
        self._ctx = ctx
        self._blueprints = blueprints
        self._fetcher = fetcher

    def offer(self) -> None:
        """Answer them."""
        add = self._ctx.commands.add
        add("blueprint/list", self.list_blueprints, {vol.Required("domain"): str})
        add("blueprint/import", self.import_blueprint, {vol.Required("url"): _url}, access=Access.ADMIN)
        add("blueprint/substitute", self.substitute, {vol.Required("input"): dict, **_FILE}, access=Access.ADMIN)
        saved: dict[Any, Any] = {
            vol.Required("yaml"): str, vol.Optional("source_url"): _url, vol.Optional("allow_override"): bool, **_FILE,
        }  # fmt: skip
        add("blueprint/save", self.save, saved, access=Access.ADMIN)
        add("blueprint/delete", self.delete, _FILE, access=Access.ADMIN)

    async def list_blueprints(self, call: CommandCall) -> dict[str, Any]:
        """Those of a domain, by path, with their inputs; a broken one with its fault."""
        found = await self._blueprints.all(call.message["domain"])
        whole = call.view.may(ADMIN)
        return {
            path: {"metadata": each.metadata if whole else _without_defaults(each.metadata)}
            if isinstance(each, Blueprint)
            else {"error": each if whole else "Invalid blueprint"}
            for path, each in found.items()
        }

    async def import_blueprint(self, call: CommandCall) -> dict[str, Any]:
        """Fetch one from where the deployment allows it, and show it; nothing is kept yet."""
        url = call.message["url"]
        self._fetcher.check(url)
        try:
            place = place_of(url)
            fetched = await self._fetcher.fetch(place.address)
            given = (str(place.kind), place.name, fetched)
            name, text = await self._ctx.run_killable(unwrapped_as, *given, context=call.context)
            found = await Blueprint.of_user(self._ctx, text, None, url, call.context)
        except (ValueError, InvalidRequest) as error:
            raise NotFetched(str(error)) from error
        there = await self._blueprints.all(found.domain)
        return {
            "suggested_filename": name,
            "raw_data": text,
            "blueprint": {"metadata": found.metadata},
            "validation_errors": found.doubts(),
            "exists": f"{name}.yaml" in there,
        }

    async def substitute(self, call: CommandCall) -> dict[str, Any]:
        """What a blueprint becomes with these inputs."""
        words = call.message
        use = {"use_blueprint": {"path": words["path"], "input": words["input"]}}
        return {"substituted_config": (await self._blueprints.fill(_domain(call), use)).config}

    async def save(self, call: CommandCall) -> dict[str, Any]:
        """Keep one; whoever saves it stands behind the rules that fill it, beside their authors."""
        words = call.message
        replaced = await self._blueprints.save(
            _domain(call), words["path"], words["yaml"], words.get("source_url"), call.context,
            replace=words.get("allow_override", False),
        )  # fmt: skip
        return {"overrides_existing": replaced}

    async def delete(self, call: CommandCall) -> None:
        """Away with one that was saved and that no rule fills."""
        await self._blueprints.delete(_domain(call), call.message["path"], call.context)


def _without_defaults(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """For those who write no rules: a default may name what they do not see."""
    return {key: value for key, value in metadata.items() if key != "input"} | {"input": _bare(metadata["input"])}


def _bare(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None
        if said is None
        else {
            key: _bare(value) if key == "input" else value
            for key, value in said.items()
            if key not in ("default", "selector")
        }
        for name, said in inputs.items()
    }
