"""The door of a plugin in its own process: the same members; what only the hub's process can give is refused."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from linli.children.inside.line import refused
from linli.children.inside.process import Process
from linli.children.inside.rooms import ChildRooms
from linli.context import Context
from linli.errors import ContractError
from linli.plugin.context import PluginContext
from linli.plugin.facets import JournalFacet, StatesFacet, TemplatesFacet

if TYPE_CHECKING:
    from linli.entries import ConfigEntry
    from linli.ids import EntityId


class ChildContext(PluginContext):
    """Made at the first call that names its number."""

    def __init__(self, process: Process, number: int, entry: "ConfigEntry | None") -> None:
        rooms: Any = ChildRooms(process, number)
        super().__init__(rooms, process.manifest, process.granted, entry)
        self.way = process.door(number)
        self._handlers = process.handlers
        self.states = _States(self)
        self.journal = _Journal(self)
        self.templates = _Templates(self)

    @property
    def registries(self) -> Any:
        """Rows that this plugin may read."""
        return self._rooms.registries

    @property
    def entries(self) -> Any:
        """The config entries of this plugin."""
        return self._rooms.entries

    @property
    def plugins(self) -> NoReturn:
        raise refused("ctx.plugins", "how other plugins fare is for plugins in the hub's process")

    @property
    def db(self) -> NoReturn:
        raise refused("ctx.db", "it has no data folder; keep documents (ctx.documents)")

    @property
    def safety_db(self) -> NoReturn:
        raise refused("ctx.safety_db", "it has no data folder; record what was done with ctx.journal")

    async def open_database(self, tables: Any, **said: Any) -> NoReturn:
        """Not here."""
        raise refused("ctx.open_database", "it has no data folder; keep documents (ctx.documents)")

    @property
    def serving(self) -> NoReturn:
        raise refused("ctx.serving", "what serves the network holds the hub's own rooms")

    async def run_killable(self, function: Any, *given: Any, context: Context | None = None) -> NoReturn:
        """Not here."""
        raise refused("ctx.run_killable", "this process is one that can be killed already; read the text here")

    def view_of(self, context: Context) -> NoReturn:
        raise refused("ctx.view_of", "a view is a live object; call services with the user's context")

    async def renew(self, context: Context) -> None:
        """Take up this plugin's sections of the YAML as it is now."""
        await self.way.ask("renew", context)

    async def keep_file(self, name: str, content: bytes) -> None:
        """Have the hub write a file where the deployment allows it."""
        await self.way.ask("keep_file", name, content)

    def on_settings(self, change: "Callable[[ConfigEntry], Awaitable[bool]]") -> None:
        """Have ``change`` take up other settings while it runs."""
        super().on_settings(change)
        self.way.post("on_settings", self._handlers.add(change))


class _States(StatesFacet):
    """Who owns an entity, and whether it may be overridden, the hub knows."""

    def set(
        self, entity_id: "EntityId", state: str, attributes: Mapping[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:  # fmt: skip
        """Write an id; sent in order, and refused there."""
        self._rooms.states.set(entity_id, state, attributes or {}, context)


class _Journal(JournalFacet):
    async def record(
        self, action: str, *, subject: str | None = None, details: Mapping[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:  # fmt: skip
        """Write one row; has committed after."""
        await _way(self._ctx).ask("journal.record", action, subject, dict(details or {}), context)


class _Templates(TemplatesFacet):
    """Rendered in the hub, or in the hub's process for users' templates."""

    async def render(
        self, text: str, variables: Mapping[str, Any] | None = None, *, context: Context | None = None
    ) -> Any:
        return await _way(self._ctx).ask("templates.render", text, dict(variables or {}), context)

    async def read(
        self, text: str, variables: Mapping[str, Any] | None = None, *, context: Context | None = None
    ) -> Any:
        from linli.template.errors import TemplateError
        from linli.template.info import RenderInfo

        told = await _way(self._ctx).ask("templates.read", text, dict(variables or {}), context)
        error = told.pop("error")
        return RenderInfo(**told, error=None if error is None else TemplateError(error))

    async def check(self, text: str, *, context: Context | None = None) -> None:
        await _way(self._ctx).ask("templates.check", text, context)


def _way(ctx: PluginContext) -> Any:
    if not isinstance(ctx, ChildContext):
        raise ContractError("a door of a child belongs to a child")
    return ctx.way
