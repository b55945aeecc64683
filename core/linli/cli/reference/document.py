"""All pages of the reference."""

from typing import Final

from linli.cli.hooks import hooks_of
from linli.cli.reference.command_line import command_line_page
from linli.cli.reference.endpoints import addresses_page, commands_page
from linli.cli.reference.events import events_page
from linli.cli.reference.markdown import code, fenced, page, prose, table
from linli.cli.reference.sections import sections_page
from linli.cli.reference.services import services_page
from linli.cli.reference.world import World, every_shipped_plugin
from linli.errors import ContractError
from linli.ids import CORE, PluginDomain
from linli.translations import CHINESE, ENGLISH


async def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    async with every_shipped_plugin() as world:
        return {
            "README.md": _front_page(world),
            "command-line.md": command_line_page(),
            "events.md": events_page(world),
            "hooks.md": _hooks_page(world),
            "http.md": addresses_page(world),
            "sections.md": sections_page(world),
            "services.md": services_page(world),
            "websocket.md": commands_page(world),
        }


def _front_page(world: World) -> str:
    rows = (
        (
            code(domain),
            _title(world, domain, ENGLISH),
            _title(world, domain, CHINESE),
            entry.manifest.layer,
            ", ".join(code(name) for name in entry.manifest.requires),
            prose((entry.package.__doc__ or "").partition("\n\n")[0]),
        )
        for domain, entry in sorted(world.entries.items())
    )
    plugins = table(("plugin", "name", "名称", "layer", "requires", "what it does"), rows)
    return page("Reference", _PAGES, "## Plugins that ship", plugins)


_PAGES: Final = """Read from a hub in which every plugin that ships runs. `make docs` writes it anew; a test compares.

- [Sections of a deployment](sections.md): what the YAML may say
- [Services](services.md), [events](events.md)
- [Hooks](hooks.md): what plugins may answer
- [HTTP addresses](http.md), [WebSocket commands](websocket.md)
- [The command line](command-line.md)"""


def _title(world: World, domain: str, language: str) -> str:
    title = world.rooms.translator.find(PluginDomain(domain), "title", language)
    if title is None:
        raise ContractError(f"{domain}: its translations have no title; people read that as the plugin's name")
    return title


def _hooks_page(world: World) -> str:
    """Every hook that the core and the shipped plugins declare."""

    def complain(name: str, error: Exception) -> None:
        if name in world.entries:
            raise error

    parts = []
    for hook in hooks_of(world.catalog, complain):
        if hook.declared_by != CORE and hook.declared_by not in world.entries:
            continue
        answering = ", ".join(code(name) for name in hook.implementers if name in world.entries)
        declarer = "the core" if hook.declared_by == CORE else code(hook.declared_by)
        parts += [
            f"## {hook.name}",
            fenced(f"def {hook.signature}", "python"),
            prose(hook.doc),
            f"Declared by {declarer}; {f'answered by {answering}' if answering else 'nobody answers it yet'}."
            + (_GUARDED if hook.guarded else ""),
        ]
    return page("Hooks", _HOOKS, *parts)


_GUARDED: Final = (
    " Rights hang on the answer: only plugins that are trusted, and whose manifest names it "
    "(`Capabilities(answers=…)`), are asked."
)
_HOOKS: Final = (
    "What a plugin may answer, with a function of that name marked `@hookimpl`: `def` or `async def`, naming only the "
    "arguments that it needs. `Answer[T]`: a value of type `T`, a coroutine that gives one, or None for no opinion. "
    "`linli hooks` lists the same, with the plugins that are installed on your machine."
)
