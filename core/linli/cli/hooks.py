"""``linli hooks``: every hook of every plugin, read from its code."""

import textwrap
from collections.abc import Callable

import typer

from linli.cli.deployments import MaybePath, catalog_of, existing
from linli.cli.words import reason, say, tell
from linli.errors import ContractError
from linli.ids import CORE, PluginDomain
from linli.plugin.catalog import PluginCatalog
from linli.plugin.hooks import HookInfo


def hooks_of(catalog: PluginCatalog, complain: Callable[[str, Exception], None]) -> list[HookInfo]:
    """Every hook of the core and of the plugins in ``catalog``, by name. Imports their code.

    A plugin that cannot be used goes to ``complain`` with why, and its hooks and answers are left out.
    """
    # Imported here: these pull in half of the core, and the other commands start without it.
    from linli.clock import RealClock
    from linli.ledger import Ledger
    from linli.plugin import specs
    from linli.plugin.hooks import HookTable

    table = HookTable(Ledger(RealClock()))
    table.declare(CORE, specs)
    for name in catalog.known():
        try:
            entry = catalog.get(name)
            if entry is None:
                continue
            if not entry.trusted:
                raise ContractError(f"{name} is not trusted; its code is not read by this command")
            declared = entry.load("hooks", optional=True)
            if declared is not None:
                table.declare(PluginDomain(name), declared)
            table.implement(PluginDomain(name), entry.load("plugin"))
        except (ContractError, ImportError) as error:
            complain(name, error)
    return table.list()


def hooks_command(path: MaybePath = None) -> None:
    """Imports the plugins' code; a plugin that cannot be imported is named and left out."""

    def complain(name: str, error: Exception) -> None:
        why = reason(error) if isinstance(error, ContractError) else error
        tell(f"{name}: {say('plugins.unusable', reason=why)}")

    for hook in hooks_of(catalog_of(None if path is None else existing(path).root), complain):
        typer.secho(hook.signature, bold=True)
        typer.echo(textwrap.indent(hook.doc, "    "))
        typer.echo(f"    {_who(hook)}")
        typer.echo(f"    {say('hooks.guarded')}\n" if hook.guarded else "")
    typer.echo(say("hooks.answer"))


def _who(hook: HookInfo) -> str:
    declared = say("hooks.core") if hook.declared_by == CORE else say("hooks.declared_by", plugin=hook.declared_by)
    if not hook.implementers:
        return say("hooks.unanswered", declared=declared)
    return say("hooks.answered_by", declared=declared, plugins=", ".join(hook.implementers))
