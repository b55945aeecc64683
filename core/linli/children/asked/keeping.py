"""Documents, the journal, templates, files."""

from dataclasses import asdict
from typing import Any

from linli.children.session import At
from linli.context import Context
from linli.errors import ContractError


async def load_documents(at: At, kind: str) -> Any:
    found = await at.ctx.documents.load(kind)
    return {key: (document.revision, document.value) for key, document in found.items()}


async def put_document(at: At, kind: str, key: str, value: Any, expected: int | None) -> Any:
    document = await at.ctx.documents.put(kind, key, value, expected=expected)
    return document.revision, document.value


async def delete_document(at: At, kind: str, key: str) -> None:
    await at.ctx.documents.delete(kind, key)


async def record(at: At, action: str, subject: str | None, details: Any, context: Context | None) -> None:
    await at.ctx.journal.record(action, subject=subject, details=details, context=context)


def _of_a_user(at: At, context: Context | None) -> Context | None:
    """Without a user a template sees everything, and is rendered on the hub's loop."""
    if not at.session.entry.trusted and (context is None or context.user_id is None):
        raise ContractError(f"{at.ctx.domain} is not trusted; a template is rendered for the user of a context")
    return context


async def render(at: At, text: str, variables: Any, context: Context | None) -> Any:
    return await at.ctx.templates.render(text, variables, context=_of_a_user(at, context))


async def read_template(at: At, text: str, variables: Any, context: Context | None) -> Any:
    info = await at.ctx.templates.read(text, variables, context=_of_a_user(at, context))
    told = {name: value for name, value in asdict(info).items() if name != "error"}
    return {**told, "error": None if info.error is None else str(info.error)}


async def check_template(at: At, text: str, context: Context | None) -> None:
    await at.ctx.templates.check(text, context=_of_a_user(at, context))


async def keep_file(at: At, name: str, content: bytes) -> None:
    await at.ctx.keep_file(name, content)


async def renew(at: At, context: Context) -> None:
    await at.ctx.renew(context)


def on_settings(at: At, number: int) -> None:
    at.ctx.on_settings(at.handler(number))
