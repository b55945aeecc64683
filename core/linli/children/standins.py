"""What stands in the hub for a plugin whose code is elsewhere: its hooks, and entities of classes of its own."""

import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from types import ModuleType
from typing import Any, Final, TypeVar

from linli.entity import Command, EntityDescription, Rendered
from linli.errors import ContractError
from linli.plugin.hooks import hookimpl, hookspec
from linli.plugin.packages import manifest_above

NAME: Final = "linli_plugin_in_a_process_of_its_own"
F = TypeVar("F", bound=Callable[..., Any])
Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


def standing_for(hooks: list[tuple[str, list[tuple[str, bool]]]], ask: Ask) -> ModuleType:
    """A module with the implementations that the plugin has; each asks its process."""
    module = ModuleType(NAME)
    for name, parameters in hooks:
        setattr(module, name, hookimpl(_asking(name, parameters, ask)))
    return module


def _asking(name: str, parameters: list[tuple[str, bool]], ask: Ask) -> Callable[..., Awaitable[Any]]:
    async def answer(**arguments: Any) -> Any:
        return await ask(name, arguments)

    return _shaped(answer, name, parameters)


def _shaped(function: F, name: str, parameters: list[tuple[str, bool]]) -> F:
    """Under the name and with the arguments of the function over there; pluggy and the hooks look at no more."""
    _check_names(name, *(parameter for parameter, _ in parameters))
    function.__name__ = function.__qualname__ = name
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect reads first
        [
            inspect.Parameter(parameter, inspect.Parameter.KEYWORD_ONLY, default=None)
            if has_default
            else inspect.Parameter(parameter, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for parameter, has_default in sorted(parameters, key=lambda each: each[1])
        ]
    )
    return function


def _check_names(*names: Any) -> None:
    for name in names:
        if not (isinstance(name, str) and name.isidentifier() and not name.startswith("__")):
            raise ContractError(f"{name!r} is no name for a hook or its argument")


def declaring(specs: list[tuple[str, list[str], str, bool, bool]]) -> ModuleType | None:
    """A module with the specifications that the plugin declares; None: it declares none."""
    if not specs:
        return None
    module = ModuleType(NAME)
    for name, parameters, doc, one_answer, guarded in specs:

        def specification(**arguments: Any) -> None: ...

        specification.__doc__ = str(doc)[:4000]
        shaped = _shaped(specification, name, [(each, False) for each in parameters])
        setattr(module, name, hookspec(firstresult=one_answer is True, guarded=guarded is True)(shaped))
    return module


# entities ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class Elsewhere(EntityDescription[Rendered]):
    """An entity of a class of the plugin's own: its readings come rendered, its commands are run over there."""

    said_capabilities: Mapping[str, Any] = field(default_factory=dict)
    said_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    said_commands: tuple[str, ...] = ()
    run: Callable[[str, Mapping[str, Any]], Awaitable[Any]] | None = None

    def render(self, reading: Rendered) -> Rendered:
        text, attributes = reading
        if not isinstance(text, str) or not isinstance(attributes, Mapping):
            raise ContractError("a reading that comes rendered is a state and its attributes")
        return text, attributes

    def capabilities(self) -> dict[str, Any]:
        return dict(self.said_capabilities)

    def initial_options(self) -> Mapping[str, Mapping[str, Any]]:
        return self.said_options

    def commands(self) -> Mapping[str, Command]:
        return {name: self._command(name) for name in self.said_commands}

    def _command(self, name: str) -> Command:
        assert self.run is not None
        run = self.run

        async def told(**data: Any) -> Any:
            return await run(name, data)

        return told


Call = Callable[..., Awaitable[Any]]


def description_of(
    told: Mapping[str, Any],
    handler: Callable[[int], Call],
    remember: Callable[[], Mapping[str, Any]] | None,
    allowed: set[str],
) -> EntityDescription[Any]:
    """The description again, with callables that ask the child. Raises ContractError, and what the class raises.

    ``allowed``: the plugins beside the core whose classes it may be of.
    """
    kind = _class_of(str(told["class"]), allowed)
    handlers = {name: handler(number) for name, number in told["handlers"].items()}
    run = handlers.pop("command", None)
    values = {**told["values"], **handlers, "remember": remember}
    known = {part.name for part in fields(kind) if part.init}
    if unknown := values.keys() - known:
        raise ContractError(f"{kind.__qualname__} has no {', '.join(sorted(unknown))}")
    if kind is not EntityDescription:
        return kind(**values)
    said = told["said"]
    _check_names(said["domain"])
    made = type(
        "ElsewhereOf",
        (Elsewhere,),
        {
            "domain": said["domain"],
            "restores": said["restores"] is True,
            "named_by_device_class": said["named_by_device_class"] is True,
        },
    )
    description: EntityDescription[Any] = made(
        **values,
        said_capabilities=said["capabilities"],
        said_options=said["initial_options"],
        said_commands=tuple(map(str, said["commands"])),
        run=run,
    )
    return description


def _class_of(name: str, allowed: set[str]) -> type[EntityDescription[Any]]:
    module_name, _, qualname = name.partition(":")
    manifest = manifest_above(module_name)
    ours = module_name.partition(".")[0] == "linli" or (manifest is not None and manifest.domain in allowed)
    found = vars(sys.modules[module_name]).get(qualname) if ours and module_name in sys.modules else None
    if not (isinstance(found, type) and issubclass(found, EntityDescription)):
        raise ContractError(f"{name} is no class of entities that is known here")
    return found
