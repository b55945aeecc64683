"""Common ground of the tests with other people's clients: one way to call a sync and an async client alike."""

import contextlib
import inspect
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import aiohttp

from compat.conftest import leave_out
from compat.harness.original import commands
from compat.harness.player import Target

Test = TypeVar("Test", bound=Callable[..., Any])
#: Which public methods of a client class have a case; filled by ``covers`` while a test module is imported.
COVERED: dict[str, set[str]] = {}
HELPERS = ("helpers", "input_boolean")
"""Whose helpers are: linli has one plugin for all, the original an integration for each kind."""


def covers(class_name: str, *methods: str) -> Callable[[Test], Test]:
    """Says which methods a test is the case of; the class of the async client is meant by the same name."""

    def mark(test: Test) -> Test:
        COVERED.setdefault(class_name, set()).update(methods)
        return test

    return mark


def public_methods(cls: type) -> set[str]:
    """What a user of the class may call, without what its base library brings."""
    return {
        name
        for name, member in inspect.getmembers(cls)
        if not name.startswith("_") and callable(member) and _is_its_own(cls, name)
    }


def _is_its_own(cls: type, name: str) -> bool:
    owner = next(base for base in cls.__mro__ if name in vars(base))
    return owner.__module__.startswith(cls.__module__.partition(".")[0])


async def settled(value: Any) -> Any:
    """The value of a sync call, an awaited coroutine, or all items of a generator of either kind."""
    if inspect.isawaitable(value):
        value = await value
    if inspect.isasyncgen(value):
        return [item async for item in value]
    return list(value) if inspect.isgenerator(value) else value


async def next_of(items: Any) -> Any:
    """The next item of a generator of either kind."""
    return await anext(items) if hasattr(items, "__anext__") else next(items)


@contextlib.asynccontextmanager
async def entered(context: Any) -> AsyncIterator[Any]:
    """Inside a context of either kind."""
    if hasattr(context, "__aenter__"):
        async with context as value:
            yield value
    else:
        with context as value:
            yield value


@contextlib.asynccontextmanager
async def administrator(hub: Target) -> AsyncIterator[Callable[..., Any]]:
    """Commands of an administrator over a socket of our own, to arrange what a test needs."""
    async with aiohttp.ClientSession() as session, commands(session, hub.url, hub.values["admin"]) as call:
        yield call


async def needs_command(hub: Target, type: str) -> None:
    """Leave the test out where the hub does not have the command (yet); a made-up id is refused by those who have."""
    async with administrator(hub) as call:
        try:
            await call(type, compat=True)
        except RuntimeError as error:
            if "unknown_command" in str(error):
                leave_out(f"this hub has no {type}")


async def switch(hub: Target, name: str) -> str:
    """A new input_boolean; its entity id."""
    async with administrator(hub) as call:
        made = await call("input_boolean/create", name=f"compat {name} {secrets.token_hex(4)}")
    return f"input_boolean.{made['id']}"


async def a_removable_entry(hub: Target) -> str:
    """A config entry that can be disabled and enabled again without harm to the other tests."""
    async with administrator(hub) as call:
        entries = await call("config_entries/get")
    harmless = [e for e in entries if e["domain"] in ("sun", "demo", "helpers") and e["supports_unload"]]
    assert harmless, f"no harmless entry among {[e['domain'] for e in entries]}"
    return str(harmless[0]["entry_id"])


async def an_answering_service(hub: Target) -> tuple[str, str, dict[str, Any]]:
    """A service that has a response, and data to call it with: domain, name, data."""
    async with administrator(hub) as call:
        services = await call("get_services")
        states = await call("get_states")
    if "compat_answer" in services.get("script", {}):
        return "script", "compat_answer", {}
    lists = [state["entity_id"] for state in states if state["entity_id"].startswith("todo.")]
    if not lists:
        leave_out("no service of this hub has a response: there is neither a script nor a to-do list")
    return "todo", "get_items", {"entity_id": lists[0]}
