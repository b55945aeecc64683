"""HTTP addresses and WebSocket commands, from the two tables that the hub serves."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, Final

from linli.cli.reference.fields import NOT_GIVEN, Field, fields_of
from linli.cli.reference.markdown import code, literal, page, prose, table
from linli.cli.reference.world import World
from linli.endpoints import Access, MessageCommand, Route

_WHO: Final = {
    Access.PUBLIC: "anybody", Access.USER: "users", Access.ADMIN: "administrators", Access.OWNER: "owners",
}  # fmt: skip
_EVERY_COMMAND: Final = frozenset({"id", "type"})


def addresses_page(world: World) -> str:
    """Every HTTP address, by plugin."""
    routes = sorted(world.rooms.routes.all(), key=lambda route: (route.owner, route.path, route.method))
    parts = []
    for owner in dict.fromkeys(route.owner for route in routes):
        parts.append(f"## {owner}")
        parts.append(
            table(
                ("address", "for", "what it answers", "body"),
                (_address(route) for route in routes if route.owner == owner),
            )
        )
    return page("HTTP addresses", _ADDRESSES, *parts)


_ADDRESSES: Final = (
    "Every address of a hub with all plugins that ship. *For users* means: with a token, and the answer shows what its "
    "user may see. The same for programs: `GET /api/linli/openapi.json`."
)


def _address(route: Route) -> tuple[str, str, str, str]:
    body = _keys(fields_of(route.body_schema)) if route.body_schema is not None else ""
    method = "WebSocket" if route.socket else route.method
    return code(f"{method} {route.path}"), _WHO[route.access], route.summary or _first_line(route.handler), body


def commands_page(world: World) -> str:
    """Every message command, by type."""
    commands = world.rooms.commands.all()
    rows = ((code(command.type), _WHO[command.access], _first_line(command.handler)) for command in commands)
    details = [part for command in commands for part in _command(command)]
    return page("WebSocket commands", _COMMANDS, table(("type", "for", "what it does"), rows), *details)


_COMMANDS: Final = (
    "What a client may send to `/api/websocket` when it has logged in: `id` (a number that grows), `type`, and the "
    "keys below. Every command answers within the rights of whoever sends it: what they may not see does not exist."
)


def _command(command: MessageCommand) -> tuple[str, ...]:
    fields = list(fields_of(command.schema, without=_EVERY_COMMAND))
    if not fields:
        return ()
    rows = ((code(field.path), field.takes, field.required, _default(field)) for field in fields)
    return f"## {command.type}", table(("key", "takes", "required", "default"), rows)


def _default(field: Field) -> str:
    return "" if field.default is NOT_GIVEN else literal(field.default)


def _keys(fields: Iterable[Field]) -> str:
    return "; ".join(f"{code(field.path)}: {field.takes}" for field in fields)


def _first_line(handler: Callable[..., Any]) -> str:
    if isinstance(handler, functools.partial):
        handler = handler.func
    doc = inspect.getdoc(handler) or ""
    return prose(doc.partition("\n\n")[0])
