"""Who a rule is: its author, what it names one by one, and so the bound of whatever it does (SAFETY 17)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from linli import Bound, Context, PluginContext, PluginDomain, Scope, UserId, is_entity_id
from linli_automation.engine.language import Step
from linli_triggers.api import is_template

MOST_CLOSURES: Final = 10_000
RULE_DOMAINS: Final = ("automation", "script", "scene")
_ID: Final = re.compile(r"\b[a-z][a-z0-9_]*\.[a-z0-9][a-z0-9_]*\b")
_QUOTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a rule; without a user the deployment, which has every right."""

    user_id: str | None = None
    scope: Scope | None = None
    beside: "Author | None" = None
    """Who saved the blueprint that the rule fills: it does no more than they may either."""

    def reader(self, ctx: PluginContext) -> Context | None:
        """In whose view its templates, triggers and conditions look; None: the hub's own."""
        if self.user_id is None:
            return None
        reader = ctx.acting_for(UserId(self.user_id), self.scope)
        if self.beside is not None:
            reader.bounds = (self.beside.bound(),)
        return reader

    def bound(self) -> Bound:
        """The link that they themselves are in a chain."""
        return Bound.shared(self.user_id, self.scope)

    def with_blueprint_of(self, other: "Author") -> "Author":
        """Who stands behind a rule that fills what somebody else saved."""
        if other in (DEPLOYMENT, self):
            return self
        return other if self == DEPLOYMENT else replace(self, beside=other)


DEPLOYMENT: Final = Author()


@dataclass(frozen=True, slots=True)
class Principal:
    """A rule as somebody who acts."""

    rule: str
    author: Author
    names: frozenset[str]
    """Entities that it names one by one, and the services that it names."""

    def bound(self, names: frozenset[str], *, admin: bool = True) -> Bound:
        """The link that it is in a chain; ``names`` with what the rules name that it names."""
        return Bound.shared(self.author.user_id, self.author.scope, self.rule, names, admin)

    def context(self, cause: Context, names: frozenset[str], plugin: PluginDomain, *, admin: bool = True) -> Context:
        """Behind whatever it does after ``cause``; its own bound is the last one."""
        context = cause.by_rule(self.bound(names, admin=admin), plugin)
        if self.author.beside is not None:
            *before, own = context.bounds
            context.bounds = (*before, self.author.beside.bound(), own)
        return context


def names_in(steps: Iterable[Step], *others: Any) -> frozenset[str]:
    """What a sequence and other literal values (variables, ``may:``) name: entities aimed at, and services called."""
    found: set[str] = set()
    for step in steps:
        for inner in step.walk():
            found.update(_of_step(inner))
    for value in others:
        found.update(_literal(value))
    return frozenset(found)


def _of_step(step: Step) -> Iterator[str]:
    config = step.config
    if step.kind == "service":
        if not is_template(config["action"]):
            yield config["action"]
        yield from _aimed_at(config["target"])
        for part in config["data"]:
            yield from _aimed_at(part)
            if isinstance(part, Mapping) and isinstance(part.get("entities"), Mapping):
                yield from (key for key in part["entities"] if isinstance(key, str))
    elif step.kind == "variables":
        yield from _literal(config["variables"])
    elif step.kind == "repeat" and isinstance(config.get("for_each"), list):
        yield from _literal(config["for_each"])


def _aimed_at(target: Any) -> Iterator[str]:
    """The ids under ``entity_id``, also those that stand in quotes in a template there."""
    if not isinstance(target, Mapping):
        return
    written = target.get("entity_id")
    for text in written if isinstance(written, list) else [written]:
        if not isinstance(text, str):
            continue
        if is_template(text):
            for one, other in _QUOTED.findall(text):
                yield from _ID.findall(one or other)
        else:
            yield from (part.strip().lower() for part in text.split(","))


def _literal(value: Any) -> Iterator[str]:
    """Texts that are entity ids as a whole, however deep."""
    if isinstance(value, str):
        if is_entity_id(value):
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _literal(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _literal(each)


class Known:
    """What every rule names, so that one that names another by name is taken to name what that names."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str]] = {}
        self._closures: dict[frozenset[str], frozenset[str]] = {}
        """What was found since a rule came, went or was changed last: every run asks for that of its rule."""

    def tell(self, entity_id: str, names: frozenset[str]) -> None:
        """A rule names this from now on."""
        self._names[entity_id] = names
        self._closures.clear()

    def forget(self, entity_id: str) -> None:
        """A rule is gone."""
        self._names.pop(entity_id, None)
        self._closures.clear()

    def closure(self, names: frozenset[str]) -> frozenset[str]:
        """``names`` with what the rules among them name, and so on."""
        found = self._closures.get(names)
        if found is None:
            if len(self._closures) >= MOST_CLOSURES:
                self._closures.clear()
            found = self._closures[names] = self._closed(names)
        return found

    def _closed(self, names: frozenset[str]) -> frozenset[str]:
        found: set[str] = set()
        left = list(names)
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left.extend(self._names.get(name, ()))
        return frozenset(found)
