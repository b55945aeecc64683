"""What plugins offer each other: typed protocols of coroutines, found by their class, used through a proxy."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from linli.errors import ContractError, NotFound
from linli.ids import PluginDomain

A = TypeVar("A")


class ApiTable:
    """Which plugin provides which protocol now."""

    def __init__(self, cross: Callable[[Any], Any] | None = None) -> None:
        self._providers: dict[str, tuple[PluginDomain, Mapping[str, Callable[..., Any]]]] = {}
        self._cross = cross
        """Where set (the test kit): what every argument and answer passes through, as on the way to a child process."""

    def provide(self, api: type[A], owner: PluginDomain, implementation: A) -> Callable[[], None]:
        """Offer ``implementation``; every public method must be a coroutine function. Returns how to withdraw it."""
        for name in commands_of(api):
            if not inspect.iscoroutinefunction(getattr(implementation, name, None)):
                raise ContractError(f"{owner}: {api.__name__}.{name} must be a coroutine function")
        return self.provide_as(name_of(api), owner, {name: getattr(implementation, name) for name in commands_of(api)})

    def provide_as(
        self, api: str, owner: PluginDomain, commands: Mapping[str, Callable[..., Any]]
    ) -> Callable[[], None]:
        """Offer the commands of the protocol of that name (:func:`name_of`). Returns how to withdraw them."""
        if api in self._providers:
            raise ContractError(f"{_short(api)} is provided by {self._providers[api][0]} already")
        self._providers[api] = (owner, commands)

        def withdraw() -> None:
            if self._providers.get(api, (None, None))[1] is commands:
                del self._providers[api]

        return withdraw

    def provider(self, api: type[Any]) -> PluginDomain | None:
        """Who provides ``api``; None: nobody now."""
        return self.provider_of(name_of(api))

    def provider_of(self, api: str) -> PluginDomain | None:
        """The same for the protocol of that name."""
        found = self._providers.get(api)
        return None if found is None else found[0]

    def proxy(self, api: type[A]) -> A:
        """Something with the methods of ``api``; each call finds the provider that is there at that moment."""
        return cast("A", _Proxy(self, api))

    def bound(self, api: type[Any], name: str) -> Callable[..., Any]:
        """The provider's method; raises NotFound while there is none."""
        return self.bound_by(name_of(api), name)

    def bound_by(self, api: str, name: str) -> Callable[..., Any]:
        """The same for the protocol of that name; raises NotFound for a command that it does not have, too."""
        found = self._providers.get(api)
        if found is None:
            raise NotFound(f"no plugin provides {_short(api)} now")
        method = found[1].get(name)
        if method is None:
            raise NotFound(f"{_short(api)} has no command {name}")
        return method if self._cross is None else _crossing(method, self._cross)


def name_of(api: type[Any]) -> str:
    """A protocol by its module and name, as a process of a plugin's own knows it too."""
    return f"{api.__module__}:{api.__qualname__}"


def _short(api: str) -> str:
    return api.rpartition(":")[2]


def commands_of(api: type[Any]) -> list[str]:
    """The public methods that a protocol asks for."""
    return [name for name, member in vars(api).items() if inspect.isfunction(member) and not name.startswith("_")]


class _Proxy:
    def __init__(self, table: ApiTable, api: type[Any]) -> None:
        self._table = table
        self._api = api
        self._names = frozenset(commands_of(api))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._names:
            raise AttributeError(f"{self._api.__name__} has no command {name}")
        return self._table.bound(self._api, name)


def _crossing(method: Callable[..., Any], cross: Callable[[Any], Any]) -> Callable[..., Any]:
    async def call(*arguments: Any, **named: Any) -> Any:
        answer = await method(*(cross(value) for value in arguments), **{k: cross(v) for k, v in named.items()})
        return cross(answer)

    return call
