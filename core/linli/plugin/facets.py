"""The members of the door, one small class per room behind it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import voluptuous as vol

from linli.bus import Event, EventType
from linli.context import Context
from linli.endpoints import Access, CommandHandler, Handler, MessageCommand, Route, SocketHandler
from linli.entity_services import EntityCommand
from linli.errors import Busy, ContractError, NotFound
from linli.ids import EntityId, EntryId, PluginDomain, is_entity_id, is_slug
from linli.plugin.dispatch import DEFAULT_DEADLINE_S
from linli.plugin.hooks import Answer
from linli.plugin.manifest import Privilege
from linli.services import DEFAULT_DEADLINE_S as SERVICE_DEADLINE_S
from linli.services import Handler as ServiceHandler
from linli.services import Response, Service, ServiceAccess, ServiceCall, SupportsResponse
from linli.states import STATE_CHANGED, STATE_REPORTED, State, StateChange
from linli.storage.actor import Actor

if TYPE_CHECKING:
    from linli.entity import DeviceInfo, EntityDescription, EntityHandle, Picture
    from linli.issues import Severity
    from linli.messages import Message, Words
    from linli.metrics import Counter, Histogram, Series
    from linli.notifications import Audience
    from linli.plugin.capabilities import Kind
    from linli.plugin.context import PluginContext
    from linli.registry import DeviceEntry
    from linli.storage import Document
    from linli.template.info import RenderInfo

T = TypeVar("T")
R = TypeVar("R")
Unsubscribe = Callable[[], None]


class _Facet:
    """One room seen through the door of one plugin."""

    def __init__(self, ctx: "PluginContext") -> None:
        self._ctx = ctx
        self._rooms = ctx._rooms

    def _cause(self, context: Context | None) -> Context:
        """``context``, or the plugin itself. A user whom the hub did not hand it needs ``act_for_user``."""
        if context is None:
            return Context(plugin=self._ctx.domain)
        if context.user_id is not None and not context.vouched:
            self._ctx.require(Privilege.ACT_FOR_USER)
            context.vouch()
        return context

    def _refuse(self, kind: "Kind", name: str) -> NoReturn:
        """What the manifest does not name: charged, counted, journaled, raised."""
        self._rooms.walls.refuse(self._ctx.domain, kind, name)


class BusFacet(_Facet):
    """Events: firing is a post, listening a handler."""

    def fire(self, event_type: EventType[T] | str, data: T | None = None, context: Context | None = None) -> None:
        """Tell everybody who listens. What states do is told by writing them: firing it raises ContractError.

        More than 200 a second (2 000 at once) are dropped, counted and charged, except what is for safety.
        """
        if event_type in (STATE_CHANGED, STATE_REPORTED):
            raise ContractError(f"{self._ctx.domain} fires {event_type}; ctx.states.set does, when a state changes")
        if not self._ctx.allowed.fires(event_type):
            self._refuse("fires", event_type)
        meter = self._ctx.allowance.events
        meter.left -= 1
        if meter.left < 0 and not self._rooms.walls.for_safety(event_type) and meter.spent():
            return
        self._rooms.bus.fire(event_type, self._rooms.cross(data), self._cause(context))

    def listen(self, event_type: EventType[T] | str, callback: Callable[[Event[T]], object]) -> Unsubscribe:
        """Call ``callback`` (synchronous, quick; start longer work with ``ctx.spawn``) for each event of this type."""
        if not self._ctx.allowed.listens(event_type):
            self._refuse("listens", event_type)
        return self._ctx.nursery.own(self._rooms.bus.listen(event_type, callback, self._ctx.domain))


class StatesFacet(_Facet):
    """States: reads are mirrors, following is a handler, writing an unowned id a post."""

    def get(self, entity_id: str) -> State | None:
        """The published state, or None."""
        return self._rooms.states.get(entity_id)

    def all(self) -> Iterator[State]:
        """Every published state."""
        return self._rooms.states.all()

    def track(self, entity_ids: Iterable[EntityId], callback: Callable[[StateChange], object]) -> Unsubscribe:
        """Call ``callback`` (synchronous, quick) for each change of these entities, also of ones still to come."""
        followed = tuple(entity_ids)
        for domain in {entity_id.partition(".")[0] for entity_id in followed}:
            if not self._ctx.allowed.follows(domain):
                self._refuse("listens", domain)
        return self._ctx.nursery.own(self._rooms.states.track(followed, callback, self._ctx.domain))

    def set(
        self, entity_id: EntityId, state: str, attributes: Mapping[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:  # fmt: skip
        """Write an id that no plugin owns; another plugin's needs the privilege ``override`` and is journaled.

        Of a series of overrides the first is journaled, until the entity has another state than this plugin's. The
        state's context names this plugin. Raises ContractError for what is no entity id, and for a state of more than
        255 characters InvalidRequest.
        """
        if not is_entity_id(entity_id):
            raise ContractError(f"{entity_id!r} is no entity id: domain.object_id in small letters, digits and _")
        owner = self._rooms.states.owner(entity_id)
        if owner is None and not self._ctx.allowed.entities(entity_id.partition(".")[0]):
            self._refuse("entities", entity_id.partition(".")[0])
        cause = self._cause(context)
        attributes = self._rooms.cross(attributes or {})
        if owner is None or owner == self._ctx.domain:
            meter = self._rooms.walls.meter_of(self._ctx.domain, entity_id)
            meter.left -= 1
            if meter.left < 0 and meter.holds(entity_id, partial(self.set, entity_id, state, attributes, cause)):
                return
            self._rooms.states.set(entity_id, state, attributes, cause)
            return
        self._ctx.require(Privilege.OVERRIDE)
        meter = self._rooms.walls.meter_of(self._ctx.domain, entity_id)
        meter.left -= 1
        if meter.left < 0 and meter.holds(entity_id, partial(self.set, entity_id, state, attributes, cause)):
            return
        before = self._rooms.states.get(entity_id)
        cause = cause if cause.plugin == self._ctx.domain else cause.child(self._ctx.domain)
        self._rooms.states.set(entity_id, state, attributes, cause)
        if before is None or before.context.plugin != self._ctx.domain:
            self._journal_override(entity_id, owner, cause)

    def _journal_override(self, entity_id: EntityId, owner: PluginDomain, cause: Context) -> None:
        """A post cannot wait for the row: where it cannot be written, that is charged."""
        journal, actor = self._rooms.storage.journal, replace(Actor.of(cause), plugin=self._ctx.domain)
        row = journal.append("state.overridden", actor=actor, subject=entity_id, details={"owner": owner})
        self._ctx.spawn(row, name="journal an override")

    def doubt(self, entity_id: EntityId, reason: str, *, no_connection: bool = False) -> None:
        """Stop believing an entity until a fresh reading comes; one's own always, another's with ``doubt``."""
        if self._rooms.states.owner(entity_id) != self._ctx.domain:
            self._ctx.require(Privilege.DOUBT)
        self._rooms.states.doubt(entity_id, self._ctx.domain, reason, no_connection=no_connection)


class ServicesFacet(_Facet):
    """Services: calling is a command, registering a handler."""

    def register(
        self, domain: str, name: str, handler: ServiceHandler, *, schema: Mapping[Any, Any] | None = None,
        response: SupportsResponse = SupportsResponse.NONE, access: ServiceAccess = ServiceAccess.CALLERS,
        target: Mapping[str, Any] | None = None, within: float | None = SERVICE_DEADLINE_S,
    ) -> Unsubscribe:  # fmt: skip
        """Offer ``domain.name``. ``schema`` is a voluptuous mapping; None takes no data. ``within`` seconds at most.

        The returned function withdraws it.
        """
        self._check_name(domain, name)
        service = Service(
            domain, name, self._ctx.domain, handler, vol.Schema(dict(schema or {})), response, access, target, within
        )
        return self._ctx.nursery.own(self._rooms.services.register(service))

    def register_entity(
        self, domain: str, name: str, fields: Mapping[Any, Any] | None = None, *, command: str | None = None,
        features: Iterable[int] = (), response: SupportsResponse = SupportsResponse.NONE,
        domains: Iterable[str] | None = None, prepare: Callable[[ServiceCall], Mapping[str, Any]] | None = None,
        check: Callable[[Any], Any] | None = None,
    ) -> None:  # fmt: skip
        """Offer ``domain.name`` on entities: it runs their command of that name on each entity the call means.

        ``features``: bit masks, one of which an entity must have; ``check``: a validator of the whole data (keys that
        exclude each other); ``prepare``: turns the call into the command's arguments.
        """
        self._check_name(domain, name)
        over = frozenset(domains or (domain,))
        schema = vol.Schema(dict(fields or {}))
        service = Service(
            domain,
            name,
            self._ctx.domain,
            self._rooms.entity_services.handler(EntityCommand(over, command or name, tuple(features)), prepare),
            schema if check is None else vol.Schema(vol.All(schema, check)),
            response,
            ServiceAccess.ANYONE,
            {"entity": [{"domain": sorted(over)}]},
            SERVICE_DEADLINE_S,
        )
        self._ctx.nursery.own(self._rooms.services.register(service))

    def _check_name(self, domain: str, name: str) -> None:
        """Callers' names are made small, so one with capitals would be called by nobody."""
        if not (is_slug(domain) and is_slug(name)):
            raise ContractError(
                f"{self._ctx.domain} offers a service {domain}.{name}: small letters, digits and _ make its name"
            )
        if not self._ctx.allowed.serves(domain):
            self._refuse("serves", domain)

    async def call(
        self, domain: str, name: str, data: Mapping[str, Any] | None = None, *,
        target: Mapping[str, Any] | None = None, context: Context | None = None, return_response: bool = False,
    ) -> Response:  # fmt: skip
        """Run a service to its end. With a user's context it has that user's rights, otherwise the plugin's (all)."""
        if not self._ctx.allowed.calls(domain.lower(), name.lower()):
            self._refuse("calls", f"{domain}.{name}".lower())
        meter = self._ctx.allowance.calls
        meter.left -= 1
        if meter.left < 0 and not self._is_for_safety(domain.lower(), name.lower()) and meter.spent():
            raise Busy(f"{self._ctx.domain} calls too many services at once; this one was not called")
        cross = self._rooms.cross
        return cross(  # type: ignore[no-any-return]  # a response crosses as what it is
            await self._rooms.services.call(
                domain, name, cross(data), target=cross(target), context=self._cause(context),
                return_response=return_response,
            )
        )  # fmt: skip

    def _is_for_safety(self, domain: str, name: str) -> bool:
        return self._rooms.walls.for_safety(domain) or self._rooms.walls.for_safety(f"{domain}.{name}")

    def has(self, domain: str, name: str) -> bool:
        """Whether the service is registered now."""
        return self._rooms.services.get(domain, name) is not None


class EntitiesFacet(_Facet):
    """Entities and devices of this entry: adding gives a handle, whose ``write`` is the hot path."""

    def add(self, description: "EntityDescription[R]") -> "EntityHandle[R]":
        """Register the entity and let it live until the entry is unloaded."""
        if not self._ctx.allowed.entities(description.domain):
            self._refuse("entities", description.domain)
        if description.subject is not None and not self._ctx.allowed.personal_data(None):
            self._refuse("personal_data", "activity")
        return self._rooms.platforms.add(self._ctx, description)

    def poll_soon(self, entity_id: str) -> None:
        """Have any polled entity read anew now, also one that cannot be reached; others are left alone. A post."""
        life = self._rooms.platforms.live(entity_id)
        if life is not None:
            life.poll_soon()

    async def picture(self, entity_id: str, width: int | None = None, height: int | None = None) -> "Picture":
        """The still image of any entity that has one, and its content type. A command.

        Whether whoever asked may see it is the plugin's to ask. Raises NotFound, NotSupported (none now),
        HandlerFailed.
        """
        if not self._ctx.allowed.personal_data("image"):
            self._refuse("personal_data", "image")
        life = self._rooms.platforms.live(entity_id)
        if life is None:
            raise NotFound("Entity not found")
        return await life.picture(width, height)

    def device(self, info: "DeviceInfo") -> "DeviceEntry":
        """Register a device without an entity (a bridge)."""
        return self._rooms.platforms.add_device(self._ctx, info)


class RoutesFacet(_Facet):
    """HTTP addresses: handlers."""

    def add(
        self, method: str, path: str, handler: Handler, *, access: Access = Access.USER,
        body_schema: vol.Schema | Mapping[Any, Any] | None = None, body_type: str = "application/json",
        body_is_optional: bool = False, summary: str = "", max_body: int = 1 << 20, exempt: bool = False,
    ) -> None:  # fmt: skip
        """Answer ``method path``; see :class:`linli.endpoints.Route`. Only what is for safety is ``exempt``."""
        schema = vol.Schema(dict(body_schema)) if isinstance(body_schema, Mapping) else body_schema
        exempt = exempt and self._rooms.walls.for_safety(self._ctx.domain)
        route = Route(
            method, path, handler, self._ctx.domain, access, body_schema=schema, body_type=body_type,
            body_is_optional=body_is_optional, summary=summary, max_body=max_body, exempt=exempt,
        )  # fmt: skip
        self._ctx.nursery.own(self._rooms.routes.add(route))

    def socket(self, path: str, handler: SocketHandler, *, access: Access = Access.USER, summary: str = "") -> None:
        """Answer WebSocket connections at ``path``; ``handler`` runs as long as the socket."""
        route = Route("GET", path, handler, self._ctx.domain, access, socket=True, summary=summary)
        self._ctx.nursery.own(self._rooms.routes.add(route))


class CommandsFacet(_Facet):
    """Message commands (Home Assistant's WebSocket protocol and our own): handlers."""

    def add(
        self, type: str, handler: CommandHandler, schema: Mapping[Any, Any] | None = None, *,
        access: Access = Access.USER,
    ) -> None:  # fmt: skip
        """Answer messages of ``type``; ``schema`` names its keys beside ``id`` and ``type``."""
        keys = vol.Schema({vol.Required("id"): int, vol.Required("type"): str, **(schema or {})})
        self._ctx.nursery.own(self._rooms.commands.add(MessageCommand(type, handler, self._ctx.domain, keys, access)))


class HooksFacet(_Facet):
    """Asking other plugins: commands. The hooks are its own, or those of plugins that its manifest names."""

    def _may_ask(self, spec: Callable[..., Any]) -> None:
        """By the name of the hook, by which its implementations are found."""
        domain, name = self._ctx.domain, spec.__name__
        owner = self._rooms.hooks.declarer(name)
        if owner is None or owner in (domain, *self._ctx.manifest.requires, *self._ctx.manifest.after):
            return
        sentence = f"{domain} asks {name}, a hook of {owner}, which its manifest does not name (requires, after)"
        self._rooms.walls.note_refusal(domain, "hooks", name, sentence)
        raise ContractError(sentence)

    async def gather(
        self, spec: Callable[..., Answer[T]], *, within: float = DEFAULT_DEADLINE_S, **arguments: Any
    ) -> "dict[str, T]":
        """Ask all at once; the answers by plugin, without those who had none or failed."""
        self._may_ask(spec)
        cross = self._rooms.cross
        crossed = {name: cross(value) for name, value in arguments.items()}
        return {
            owner: cross(a) for owner, a in (await self._rooms.hooks.gather(spec, within=within, **crossed)).items()
        }

    async def first(
        self, spec: Callable[..., Answer[T]], *, within: float = DEFAULT_DEADLINE_S, **arguments: Any
    ) -> T | None:
        """Ask one after the other until somebody answers."""
        self._may_ask(spec)
        cross = self._rooms.cross
        crossed = {name: cross(value) for name, value in arguments.items()}
        return cross(await self._rooms.hooks.first(spec, within=within, **crossed))  # type: ignore[no-any-return]

    def implementers(self, spec: Callable[..., Answer[Any]]) -> tuple[PluginDomain, ...]:
        """Who is asked now: whoever is missing in what :meth:`gather` gives had no opinion, failed or was too late."""
        return tuple(one.owner for one in self._rooms.hook_table.implementations(spec))


class DocumentsFacet(_Facet):
    """Documents of this plugin (rows with key, revision and compare-and-swap): commands."""

    def _kind(self, kind: str) -> str:
        return f"{self._ctx.domain}.{kind}"

    async def load(self, kind: str) -> "dict[str, Document]":
        """Every document of a kind, by key."""
        return await self._rooms.storage.documents.load(self._kind(kind))

    async def put(self, kind: str, key: str, value: Any, *, expected: int | None = None) -> "Document":
        """Write one; has committed after. ``expected`` is the revision it replaces: another raises Conflict."""
        return await self._rooms.storage.documents.put(
            self._kind(kind), key, self._rooms.cross(value), expected=expected
        )

    async def delete(self, kind: str, key: str) -> None:
        """Remove one; absent is fine."""
        await self._rooms.storage.documents.delete(self._kind(kind), key)


class JournalFacet(_Facet):
    """What was done, by whom: a command. With a row of ``safety_db`` use ``tx.journal`` in its transaction."""

    async def record(
        self, action: str, *, subject: str | None = None, details: Mapping[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:  # fmt: skip
        """Write one row; has committed after. Its action begins with the plugin's domain, its actor names the plugin.

        So what the core records (``token.revoked``) only the core can have recorded.
        """
        domain = self._ctx.domain
        if not action.startswith(f"{domain}."):
            raise ContractError(f"{domain} records {action}; its actions begin with {domain}.")
        actor = replace(Actor.of(self._cause(context)), plugin=domain)
        await self._rooms.storage.journal.append(action, actor=actor, subject=subject, details=dict(details or {}))


class NotificationsFacet(_Facet):
    """Persistent notifications: posts."""

    def create(
        self, message: "Words", *, title: "Words | None" = None, notification_id: str | None = None,
        audience: "Audience" = "admins", critical: bool = False,
    ) -> str:  # fmt: skip
        """Show it to ``audience`` until dismissed; the same id replaces. Returns the id.

        Of a plugin's many, the oldest goes when room runs out; a critical one never does.
        """
        if notification_id is not None:
            self._check_own(notification_id)
        return self._rooms.notifications.create(
            self._ctx.domain, message, title=title, notification_id=notification_id, audience=audience,
            critical=critical,
        )  # fmt: skip

    def dismiss(self, notification_id: str) -> None:
        """Take it away; absent is fine. One that it did not make needs the privilege ``override``."""
        self._check_own(notification_id)
        self._rooms.notifications.dismiss(notification_id)

    def _check_own(self, notification_id: str) -> None:
        standing = self._rooms.notifications.get(notification_id)
        if standing is not None and standing.owner != self._ctx.domain:
            self._ctx.require(Privilege.OVERRIDE)


class IssuesFacet(_Facet):
    """Repair issues: posts."""

    def raise_issue(
        self, issue_id: str, message: "Message", *, severity: "Severity", fixable: bool = False,
        learn_more: str | None = None, persistent: bool = False,
    ) -> None:  # fmt: skip
        """Show something that a person should mend; the same id replaces."""
        self._rooms.issues.raise_issue(
            self._ctx.domain, issue_id, severity=severity, message=message, fixable=fixable, learn_more=learn_more,
            persistent=persistent,
        )  # fmt: skip

    def clear(self, issue_id: str) -> None:
        """It is mended; absent is fine."""
        self._rooms.issues.clear(self._ctx.domain, issue_id)


class MetricsFacet(_Facet):
    """What this plugin counts and measures, for Prometheus: posts and handlers. Names begin with ``linli_DOMAIN_``."""

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> "Counter":
        """A counter, named ``…_total``; the same one again for the same name. It stays over a reload."""
        return self._rooms.metrics.counter(self._own(name), help, labels, self._ctx.domain)

    def histogram(self, name: str, help: str, labels: Sequence[str] = ()) -> "Histogram":
        """How long something takes, in seconds; the same one again for the same name. It stays over a reload."""
        return self._rooms.metrics.histogram(self._own(name), help, labels, owner=self._ctx.domain)

    def gauge(
        self, name: str, help: str, read: Callable[[], "float | Series"], labels: Sequence[str] = ()
    ) -> Unsubscribe:
        """A number that ``read`` (quick) gives when somebody looks: the length of a queue. Goes with the entry."""
        return self._ctx.nursery.own(self._rooms.metrics.gauge(self._own(name), help, read, labels, self._ctx.domain))

    def _own(self, name: str) -> str:
        prefix = f"linli_{self._ctx.domain}_"
        if not name.startswith(prefix):
            raise ContractError(f"{self._ctx.domain} calls a metric {name}; its names begin with {prefix}")
        return name


class TemplatesFacet(_Facet):
    """Templates, rendered in the view of whoever wrote or asked for them: commands."""

    async def render(
        self, text: str, variables: Mapping[str, Any] | None = None, *, context: Context | None = None
    ) -> Any:
        """The native value of a template, in the view of the context's user; without one, nothing is hidden.

        What a user's context comes with is rendered in a process of its own. Raises TemplateError.
        """
        cause = self._cause(context)
        if cause.user_id is not None:
            return await self._rooms.user_templates.render(text, variables or {}, cause)
        return self._rooms.templates.render(text, variables or {}, self._rooms.view_of(cause))

    async def read(
        self, text: str, variables: Mapping[str, Any] | None = None, *, context: Context | None = None
    ) -> "RenderInfo":
        """The value (or the error) with what was read to find it, so with when to render again; view as above."""
        cause = self._cause(context)
        if cause.user_id is not None:
            return await self._rooms.user_templates.read(text, variables or {}, cause)
        return self._rooms.templates.render_info(text, variables or {}, self._rooms.view_of(cause))

    async def check(self, text: str, *, context: Context | None = None) -> None:
        """Raise TemplateError unless the text is a well-formed template; ``context``: of the user who wrote it."""
        cause = self._cause(context)
        if cause.user_id is not None:
            await self._rooms.user_templates.check(text, cause)
        else:
            self._rooms.templates.engine.template(text).check()


def entry_of(ctx: "PluginContext") -> EntryId:
    """The entry that what is made through this door belongs to; raises ContractError in ``linli_setup``."""
    if ctx.entry is None:
        raise ContractError(f"{ctx.domain} adds entities in linli_setup; do it in linli_setup_entry")
    return ctx.entry.entry_id
