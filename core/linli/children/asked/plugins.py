"""Hooks, and what other plugins provide."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli.children.limits import LONGEST_S
from linli.children.session import At
from linli.errors import ContractError
from linli.ids import PluginDomain


async def gather(at: At, name: str, within: float, arguments: Mapping[str, Any]) -> Any:
    return await at.ctx.hooks.gather(at.rooms.hook_table.spec(name), within=min(within, LONGEST_S), **arguments)


async def first(at: At, name: str, within: float, of: str | None, arguments: Mapping[str, Any]) -> Any:
    spec = at.rooms.hook_table.spec(name)
    return await at.ctx.hooks.first(spec, within=min(within, LONGEST_S), of=of, **arguments)


async def call_api(at: At, api: str, name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    owner = at.rooms.apis.provider_of(api)
    manifest = at.ctx.manifest
    if owner is not None and owner not in (*manifest.requires, *manifest.after, at.ctx.domain):
        raise ContractError(f"{at.ctx.domain} uses {api} of {owner} but its manifest does not require {owner}")
    return await at.rooms.apis.bound_by(api, name)(*arguments, **named)


def api_provider(at: At, api: str) -> PluginDomain | None:
    return at.rooms.apis.provider_of(api)


def provide_api(at: At, number: int, api: str, numbers: Mapping[str, int]) -> None:
    package = at.session.entry.package_name
    if api.partition(":")[0].partition(".")[0] != package:
        raise ContractError(f"{at.ctx.domain} cannot provide {api}, which is not of {package}")
    methods = {name: at.handler(handler) for name, handler in numbers.items()}
    at.ctx.nursery.own(at.rooms.apis.provide_as(api, at.ctx.domain, methods))
