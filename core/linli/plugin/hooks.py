"""Hooks: pluggy's markers, registration and signature checks. Calling is our own, because it awaits (``dispatch.py``).

One :class:`pluggy.PluginManager` holds the specifications of one declaring plugin and is thrown away with it (pluggy
cannot take a specification back). pluggy's relay is never called: there a coroutine counts as an answer, a wrapper
sees coroutines instead of results, and one exception stops all later plugins.
"""

import difflib
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

import pluggy

from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.plugin.guarded import PROJECT, Answerer, has_one_answer, hookspec, is_guarded
from linli.plugin.signature import readable_signature

__all__ = ["Answer", "HookInfo", "HookTable", "Implementation", "blocking", "hookimpl", "hookspec"]

log = logging.getLogger(__name__)

hookimpl = pluggy.HookimplMarker(PROJECT)

DOOR: Final = "ctx"
"""The argument of a specification by which whoever answers gets its own door."""

T = TypeVar("T")
P = ParamSpec("P")
Answer: TypeAlias = Awaitable[T | None] | T | None
"""What an implementation may return: a value, a coroutine of one, or None for "no opinion"."""


def blocking(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a synchronous implementation that waits for disk or CPU: it runs in the bounded pool, off the loop."""
    function.__linli_blocking__ = True  # type: ignore[attr-defined]  # a mark that the dispatcher reads
    return function


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's answer to one specification."""

    owner: PluginDomain
    call: Callable[[Mapping[str, Any]], Any]
    name: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class HookInfo:
    """A specification as ``linli hooks`` and the docs show it."""

    name: str
    declared_by: PluginDomain
    signature: str
    doc: str
    implementers: tuple[PluginDomain, ...]
    guarded: bool = False
    """Only trusted plugins whose manifest names it are asked."""


class HookTable:
    """All specifications of all loaded plugins, and who implements them.

    Implementations are checked when both sides are there; a mismatch is charged to the implementer and its
    implementation is left out, the rest of that plugin stays. A plugin that is not set up is known and checked, but
    not asked: what it answers with has not been made.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._managers: dict[PluginDomain, pluggy.PluginManager] = {}
        self._specs: dict[str, tuple[PluginDomain, Callable[..., Any]]] = {}
        self._implementers: dict[PluginDomain, object] = {}
        self._answerers: dict[PluginDomain, Answerer] = {}
        """What each may answer of what is guarded."""
        self._refused: set[tuple[PluginDomain, str]] = set()
        """Answers that were refused, and charged."""
        self._waiting: set[PluginDomain] = set()
        """Implementers that are not asked (yet, or any more)."""
        self._order: dict[PluginDomain, int] = {}
        self._found: dict[str, tuple[Implementation, ...]] = {}
        self._offered: dict[Callable[..., Any], Mapping[str, inspect.Parameter]] = {}

    def declare(self, owner: PluginDomain, module: ModuleType, *, prefix: str = "") -> None:
        """Take up the specifications of ``owner``'s ``hooks.py``; raises ContractError, and then takes up none.

        All their names begin with ``prefix``.
        """
        specs = {
            name: function
            for name, function in vars(module).items()
            if inspect.isfunction(function) and getattr(function, f"{PROJECT}_spec", None) is not None
        }
        if not specs:
            raise ContractError(f"{owner}: {module.__name__} declares no hook")
        for name in specs:
            if name in self._specs:
                raise ContractError(f"{owner} declares the hook {name}, which {self._specs[name][0]} declares already")
            if not name.startswith(prefix):
                raise ContractError(f"{owner} declares the hook {name}; the names of its hooks begin with {prefix}")
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(module)
        self._managers[owner] = manager
        self._specs |= {name: (owner, function) for name, function in specs.items()}
        for implementer, plugin in self._implementers.items():
            self._join(manager, implementer, plugin)
            self._charge_refused(implementer, plugin)
        self._found.clear()

    def implement(
        self, owner: PluginDomain, plugin: object, *, waits: bool = False, answerer: Answerer | None = None
    ) -> None:
        """Take up the implementations that ``plugin`` (its ``plugin.py``, or an object) carries.

        With ``waits`` they are asked only after :meth:`admit`. ``answerer``: what it may answer; None: everything.
        """
        if answerer is not None:
            self._answerers[owner] = answerer
        plugin = self._without_odd(owner, plugin)
        self._implementers[owner] = plugin
        self._order.setdefault(owner, len(self._order))
        for manager in self._managers.values():
            self._join(manager, owner, plugin)
        self._charge_misspelt(owner, plugin)
        self._charge_refused(owner, plugin)
        if waits:
            self._waiting.add(owner)
        self._found.clear()

    def admit(self, owner: PluginDomain) -> None:
        """``owner`` is set up: ask it from now on."""
        self._waiting.discard(owner)
        self._found.clear()

    def suspend(self, owner: PluginDomain) -> None:
        """``owner`` goes: ask it no more, but for its own life."""
        self._waiting.add(owner)
        self._found.clear()

    def _without_odd(self, owner: PluginDomain, plugin: object) -> object:
        """``plugin`` without the implementations whose answer would be no answer."""
        found = _implementations(plugin)
        good = self._sound(owner, found)
        return plugin if len(good) == len(found) else _holder(good)

    def sound(self, owner: PluginDomain, plugin: object) -> dict[str, Callable[..., Any]]:
        """The implementations of ``plugin`` but those whose answer would be no answer, each charged with its line."""
        return self._sound(owner, _implementations(plugin))

    def _sound(self, owner: PluginDomain, found: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
        good: dict[str, Any] = {}
        for name, function in found.items():
            why = _odd(function)
            if why is None:
                good[name] = function
            else:
                self._ledger.error(owner, "hook form", ContractError(f"{_line_of(function)}: {name} {why}"))
        return good

    def _charge_misspelt(self, owner: PluginDomain, plugin: object) -> None:
        """An implementation that no hook asks for but that is called nearly like one would wait for ever, silently."""
        for name, function in _implementations(plugin).items():
            meant = [] if name in self._specs else difflib.get_close_matches(name, self._specs, n=1, cutoff=0.85)
            if meant:
                text = f"{_line_of(function)}: no hook is called {name} (did you mean {meant[0]}?)"
                self._ledger.error(owner, "hook name", ContractError(text))

    def _refusal(self, owner: PluginDomain, name: str) -> ContractError | None:
        """Why ``owner`` is not asked by this hook although it has an answer."""
        declared_by, spec = self._specs[name]
        answerer = self._answerers.get(owner)
        if answerer is None or owner == declared_by or not is_guarded(spec):
            return None
        return answerer.refusal(name)

    def _charge_refused(self, owner: PluginDomain, plugin: object) -> None:
        for name, function in _implementations(plugin).items():
            error = self._refusal(owner, name) if name in self._specs else None
            if error is not None and (owner, name) not in self._refused:
                self._refused.add((owner, name))
                self._ledger.error(owner, "hook guard", ContractError(f"{_line_of(function)}: {error}"))

    def check_arguments(self, spec: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Raise ContractError where ``arguments`` are not those of ``spec``: that is the caller's mistake.

        ``ctx`` may be left out: whoever answers gets its own door by it.
        """
        offered = self._offered.get(spec)
        if offered is None:
            offered = self._offered[spec] = inspect.signature(spec).parameters
        if arguments.keys() != offered.keys() and arguments.keys() | {DOOR} != offered.keys():
            raise ContractError(f"{spec.__name__} takes {_listed(offered)}; it was asked with {_listed(arguments)}")

    def withdraw(self, owner: PluginDomain) -> None:
        """Forget what ``owner`` declares and implements."""
        self._managers.pop(owner, None)
        self._specs = {name: spec for name, spec in self._specs.items() if spec[0] != owner}
        self._waiting.discard(owner)
        self._answerers.pop(owner, None)
        self._refused = {each for each in self._refused if each[0] != owner}
        if self._implementers.pop(owner, None) is not None:
            for manager in self._managers.values():
                if manager.get_plugin(owner) is not None:
                    manager.unregister(name=owner)
        self._found.clear()
        self._offered.clear()

    def _join(self, manager: pluggy.PluginManager, owner: PluginDomain, plugin: object) -> None:
        if manager.get_plugin(owner) is not None:
            return
        try:
            manager.register(plugin, name=owner)
        except pluggy.PluginValidationError as error:
            with suppress(AssertionError, ValueError):
                manager.unregister(name=owner)
            self._register_what_fits(manager, owner, plugin, error)

    def _register_what_fits(
        self, manager: pluggy.PluginManager, owner: PluginDomain, plugin: object, error: pluggy.PluginValidationError
    ) -> None:
        """One wrong signature must not cost the plugin its other implementations."""
        self._ledger.error(owner, "hook signature", ContractError(_mismatch(error, self._specs)))
        good: dict[str, Any] = {}
        for name, function in _implementations(plugin).items():
            trial = pluggy.PluginManager(PROJECT)
            spec = self._specs.get(name)
            if spec is None:
                continue
            trial.add_hookspecs(_holder({name: spec[1]}))
            with suppress(pluggy.PluginValidationError):
                trial.register(_holder({name: function}))
                good[name] = function
        manager.register(_holder(good), name=owner)

    def implementations(self, spec: Callable[..., Any]) -> tuple[Implementation, ...]:
        """Who answers ``spec`` now, in the order in which they were taken up; nobody if its declarer is absent."""
        name = spec.__name__
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = tuple(each for each in self._find(name) if each.owner not in self._waiting)
        return found

    def spec(self, name: str) -> Callable[..., Any]:
        """The specification of that name, as a plugin in a process of its own asks by it; raises ContractError."""
        found = self._specs.get(name)
        if found is None:
            raise ContractError(f"no plugin declares the hook {name}")
        return found[1]

    def declarer(self, name: str) -> PluginDomain | None:
        """Whose hook that is; None: nobody's, now."""
        found = self._specs.get(name)
        return None if found is None else found[0]

    def answerers(self, spec: Callable[..., Any]) -> tuple[PluginDomain, ...]:
        """Who has an answer, also of those that are not set up (yet)."""
        return tuple(each.owner for each in self._find(spec.__name__))

    def implementation_of(self, owner: PluginDomain, spec: Callable[..., Any]) -> Implementation | None:
        """What ``owner`` answers, also while it is not set up: the calls that set it up come here."""
        return next((each for each in self._find(spec.__name__) if each.owner == owner), None)

    def _find(self, name: str) -> tuple[Implementation, ...]:
        owner_and_spec = self._specs.get(name)
        if owner_and_spec is None:
            return ()
        caller = getattr(self._managers[owner_and_spec[0]].hook, name)
        found = [
            Implementation(
                PluginDomain(impl.plugin_name),
                _call_with(impl.function, inspect.signature(owner_and_spec[1]).parameters),
                name,
                getattr(impl.function, "__linli_blocking__", False),
            )
            for impl in caller.get_hookimpls()
            if self._refusal(PluginDomain(impl.plugin_name), name) is None
        ]
        if len(found) > 1 and is_guarded(owner_and_spec[1]) and has_one_answer(owner_and_spec[1]):
            self._charge_rivals(name, [each.owner for each in found])
            return ()
        return tuple(sorted(found, key=lambda implementation: self._order.get(implementation.owner, 0)))

    def _charge_rivals(self, name: str, owners: Iterable[PluginDomain]) -> None:
        """Nobody knows which of them is right."""
        for owner in owners:
            if (owner, f"{name} alone") not in self._refused:
                self._refused.add((owner, f"{name} alone"))
                text = f"{name} has one answer, and {_listed(owners)} give one each: none of them is asked"
                self._ledger.error(owner, "hook guard", ContractError(text))

    def list(self) -> list[HookInfo]:
        """Every specification, by name."""
        return [
            HookInfo(
                name,
                owner,
                readable_signature(function),
                inspect.getdoc(function) or "",
                tuple(found.owner for found in self.implementations(function)),
                is_guarded(function),
            )
            for name, (owner, function) in sorted(self._specs.items())
        ]


def _implementations(plugin: object) -> dict[str, Callable[..., Any]]:
    return {
        name: function
        for name in dir(plugin)
        if getattr(function := getattr(plugin, name), f"{PROJECT}_impl", None) is not None
    }


def _odd(function: Callable[..., Any]) -> str | None:
    """Why what ``function`` gives back is no answer, or why it cannot be matched; None: it is as it should be."""
    options = getattr(function, f"{PROJECT}_impl")
    if options["wrapper"] or options["hookwrapper"]:
        return "is a wrapper; wrappers are the core's, ask the plugin that declares the hook for another one"
    if options["specname"]:
        return f"says specname={options['specname']!r}; call the function as the hook is called"
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return "yields; an answer is returned"
    if inspect.iscoroutinefunction(function) and getattr(function, "__linli_blocking__", False):
        return "is async and @blocking; a blocking implementation is a plain function"
    return None


def _holder(functions: Mapping[str, Any]) -> ModuleType:
    holder = ModuleType("linli_hooks_of_one_plugin")
    vars(holder).update(functions)
    return holder


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _line_of(function: Callable[..., Any]) -> str:
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def _call_with(function: Callable[..., Any], offered: Iterable[str]) -> Callable[[Mapping[str, Any]], Any]:
    """Pass what the implementation names, also by keyword only or with a default (pluggy passes neither)."""
    named = inspect.signature(function).parameters
    wanted = tuple(name for name in offered if name in named)
    return lambda arguments: function(**{name: arguments[name] for name in wanted})


def _mismatch(error: pluggy.PluginValidationError, specs: Mapping[str, tuple[PluginDomain, Callable[..., Any]]]) -> str:
    """pluggy's complaint as file, line, what is wrong, what is offered."""
    for name, function in _implementations(error.plugin).items():
        if name not in specs:
            continue
        offered = list(inspect.signature(specs[name][1]).parameters)
        wrong = [
            argument.name
            for argument in inspect.signature(function).parameters.values()
            if argument.name not in offered and argument.default is argument.empty
        ]
        if wrong:
            return (
                f"{_line_of(function)}: {name} takes {', '.join(map(repr, wrong))}, "
                f"which the hook does not offer; it offers {_listed(offered)}"
            )
    return str(error)
