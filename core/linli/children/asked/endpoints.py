"""HTTP addresses and message commands."""

from typing import Any

from linli.children.answering import command_answer, request_answer
from linli.children.session import At
from linli.endpoints import Access
from linli.errors import ContractError, NotFound
from linli.plugin.plate import rebuilt


def add_route(
    at: At, number: int, method: str, path: str, access: str, schema: Any, body_type: str, body_is_optional: bool,
    summary: str, max_body: int, exempt: bool,
) -> None:  # fmt: skip
    trusted = at.session.entry.trusted
    prefixes = (f"/api/linli/{at.ctx.domain}", f"/linli/{at.ctx.domain}")
    if not trusted and not any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes):
        raise ContractError(f"{at.ctx.domain} is not trusted; its addresses begin with {prefixes[0]} or {prefixes[1]}")
    at.ctx.routes.add(
        method, path, request_answer(at, at.handler(number)), access=Access(access),
        body_schema=None if schema is None else rebuilt(schema), body_type=body_type,
        body_is_optional=body_is_optional, summary=summary, max_body=min(int(max_body), 4 << 20),
        exempt=exempt and trusted,
    )  # fmt: skip


def add_command(at: At, number: int, kind: str, schema: Any, access: str) -> None:
    prefixes = (f"{at.ctx.domain}/", f"linli/{at.ctx.domain}/")
    if not at.session.entry.trusted and not kind.startswith(prefixes):
        raise ContractError(f"{at.ctx.domain} is not trusted; its commands begin with {prefixes[0]} or {prefixes[1]}")
    at.ctx.commands.add(kind, command_answer(at, at.handler(number)), rebuilt(schema), access=Access(access))


def send_event(at: At, number: int, payload: Any, about: Any) -> None:
    call = at.session.subscribers.get(number)
    if isinstance(payload, bytes):
        raise ContractError("the payload of an event is a plain value")
    if call is not None:
        call.event(payload, about)


def subscribe(at: At, call_number: int, number: int) -> None:
    session = at.session
    call = session.subscribers.get(call_number)
    if call is None:
        raise NotFound("the command has been answered")

    def gone() -> None:
        session.subscribers.pop(call_number, None)
        session.tell("handler", number, ())

    call.on_unsubscribe(gone)
    call.subscribed = True
