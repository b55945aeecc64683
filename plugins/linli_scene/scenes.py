"""The scenes: each is a principal of its own, and moves no more than who activates it may."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import voluptuous as vol

from linli import (
    Context,
    EntityHandle,
    InvalidRequest,
    Message,
    PluginContext,
    ServiceAccess,
    ServiceCall,
    Severity,
    View,
    is_entity_id,
    unique_slug,
)
from linli_automation.api import Author, Book, Principal, RulesApi, Shelf, Sight, Written
from linli_home.api import Scene

DOMAIN: Final = "scene"


def _entities(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise vol.Invalid("expected a dictionary")
    for entity_id, state in value.items():
        if not isinstance(entity_id, str) or not is_entity_id(entity_id.lower()):
            raise vol.Invalid(f"Entity ID {entity_id} is an invalid entity ID")
        wanted = state.get("state") if isinstance(state, Mapping) else state
        if not isinstance(wanted, str | bool):
            raise vol.Invalid(f"State for {entity_id} should be a string")
    return {entity_id.lower(): state for entity_id, state in value.items()}


SCHEMA: Final = vol.Schema(
    {
        vol.Optional("id"): vol.All(vol.Any(str, int, float), vol.Coerce(str)),
        vol.Required("name"): vol.All(vol.Any(str, int, float), vol.Coerce(str)),
        vol.Optional("icon"): str,
        vol.Required("entities"): _entities,
        vol.Optional("metadata"): dict,
    }
)


class LiveScene:
    """One that lives."""

    def __init__(self, ctx: PluginContext, written: Written, rules: RulesApi) -> None:
        self.written = written
        self._ctx = ctx
        self._rules = rules
        self._config: dict[str, Any] = SCHEMA(dict(written.config))
        self.handle: EntityHandle[datetime] = ctx.entities.add(self._description())
        if self.handle.last is None:
            self.handle.write(None)

    @property
    def words(self) -> Mapping[str, Any]:
        """What it says: a scene with a mistake does not live."""
        return self._config

    async def change(self, written: Written) -> None:
        """See :class:`linli_automation.api.Book`."""
        self.written = written
        self._config = SCHEMA(dict(written.config))
        self.handle.redescribe(self._description())
        await self.tell()

    async def remove(self) -> None:
        """See :class:`linli_automation.api.Book`."""
        entity_id = self.handle.entity_id
        await self.handle.remove()
        await self._rules.forget(entity_id, self.written.key)

    async def tell(self) -> None:
        """Say what it names."""
        await self._rules.tell(self.handle.entity_id, frozenset(self._config["entities"]))

    async def _activate(self, context: Context, transition: float | None = None) -> None:
        names = frozenset(self._config["entities"])
        principal = Principal(f"scene.{self.written.key}", self.written.author, names)
        cause = context.by_rule(principal.bound(names), self._ctx.domain)
        self.handle.write(self._ctx.clock.now(), cause)
        data: dict[str, Any] = {"entities": self._config["entities"]}
        if transition is not None:
            data["transition"] = transition
        await self._ctx.services.call(DOMAIN, "apply", data, context=cause)

    def _description(self) -> Scene:
        attributes: dict[str, Any] = {"entity_id": list(self._config["entities"])}
        if "id" in self._config:
            attributes["id"] = self._config["id"]
        return Scene(
            unique_id=self.written.key,
            name=self._config["name"],
            has_entity_name=False,
            suggested_object_id=self._config["name"],
            icon=self._config.get("icon"),
            attributes=attributes,
            knows_caller=True,
            turn_on=self._activate,
        )


class Scenes:
    """All of them."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rules = ctx.use(RulesApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
        self._book: Book[LiveScene] = Book(ctx, self._make)
        self._shelf = Shelf(ctx, DOMAIN, self._check, self._follow, self._reads)
        self._sight = Sight(ctx)
        self._items: Sequence[Any] = ()
        self._broken: set[str] = set()

    async def open(self, items: Sequence[Any]) -> None:
        """Bring all to life."""
        self._items = items
        await self._shelf.load()
        await self._follow()
        entry = self._ctx.entry
        assert entry is not None, "scenes belong to an entry"
        for row in self._ctx.registries.entities.by_entry(entry.entry_id):
            if row.unique_id not in self._book.live:
                await self._ctx.registries.entities.remove(row.id)
        self._shelf.offer()
        self._ctx.services.register(DOMAIN, "reload", self._reload, access=ServiceAccess.ADMINS)

    async def take_up(self, items: Sequence[Any]) -> None:
        """The YAML says this now."""
        self._items = items
        await self._follow()

    async def _reload(self, call: ServiceCall) -> None:
        """Take up what the YAML says now."""
        await self._ctx.renew(call.context)

    async def _follow(self) -> None:
        await self._book.take_up([*self._from_yaml(), *self._shelf.written()])

    def _from_yaml(self) -> Iterator[Written]:
        """Those of the YAML that are scenes; of the others an issue says where they stand and why they are not."""
        taken: set[str] = set()
        for index, config in enumerate(self._items):
            said = config if isinstance(config, Mapping) else {}
            key = str(said["id"]) if "id" in said else unique_slug(str(said.get("name", "")), taken.__contains__)
            taken.add(key)
            try:
                SCHEMA(config)
            except vol.Invalid as error:
                where = self._ctx.written_at(index, *(str(step) for step in error.path))
                words = {"name": key, "where": where, "why": str(error)}
                self._ctx.log.error("%(where)s: scene %(name)s cannot be taken up: %(why)s", words)
                self._ctx.issues.raise_issue(f"broken_{key}", Message("broken", words), severity=Severity.ERROR)
                self._broken.add(key)
                continue
            if key in self._broken:
                self._broken.discard(key)
                self._ctx.issues.clear(f"broken_{key}")
            yield Written(key, config, path=(index,), where=self._ctx.written_at(index))

    async def _make(self, written: Written) -> LiveScene:
        live = LiveScene(self._ctx, written, self._rules)
        await live.tell()
        return live

    def _reads(self, view: View, key: str, config: Mapping[str, Any]) -> bool:
        live = self._book.live.get(key)
        return self._sight.reads(view, f"{DOMAIN}.{key}" if live is None else live.handle.entity_id, config)

    async def _check(self, key: str, config: dict[str, Any], author: Author) -> None:
        """Raise InvalidRequest for what cannot be a scene."""
        if any(isinstance(each, Mapping) and str(each.get("id")) == key for each in self._items):
            raise InvalidRequest("the YAML has a scene of this id")
        try:
            SCHEMA(config)
        except vol.Invalid as error:
            raise InvalidRequest(str(error)) from error
