"""Other plugins, and templates."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from linli.context import Context
from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.plugin.dispatch import DEFAULT_DEADLINE_S
from linli.plugin.facets.facet import Facet
from linli.plugin.hooks import Answer

if TYPE_CHECKING:
    from linli.template.info import RenderInfo

T = TypeVar("T")


class HooksFacet(Facet):
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
        self,
        spec: Callable[..., Answer[T]],
        *,
        within: float = DEFAULT_DEADLINE_S,
        of: str | None = None,
        **arguments: Any,
    ) -> T | None:
        """Ask one after the other until somebody answers; with ``of`` that plugin only, and what it refuses (a
        RequestError) is raised here."""
        self._may_ask(spec)
        cross = self._rooms.cross
        crossed = {name: cross(value) for name, value in arguments.items()}
        return cross(await self._rooms.hooks.first(spec, within=within, of=of, **crossed))  # type: ignore[no-any-return]

    def implementers(self, spec: Callable[..., Answer[Any]]) -> tuple[PluginDomain, ...]:
        """Who is asked now: whoever is missing in what :meth:`gather` gives had no opinion, failed or was too late."""
        return tuple(one.owner for one in self._rooms.hook_table.implementations(spec))


class TemplatesFacet(Facet):
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
