"""``linli run``: a hub from its check to its stop, told on the terminal."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Final

import typer

from linli.cli.deployments import checked, show_problems
from linli.cli.words import AT_FAULT, fail, language, say, tell
from linli.clock import stopwatch
from linli.config import Checked
from linli.config.deployment import CORE_SECTION
from linli.errors import LinliError
from linli.translations import CHINESE

DATA_FOLDER: Final = ".linli"
"""Beside the deployment, where nobody names another."""
COMMA: Final = {CHINESE: "、"}


def run_hub(path: Path, settings: list[str], data: Path | None) -> None:
    """Check, start, wait for a signal, stop. Sections with mistakes leave their plugins out, safety ones the hub."""
    began = stopwatch()
    _log_to_terminal()
    result = checked(path, settings)
    show_problems(result)
    _refuse_if_unsafe(result)
    try:
        code = asyncio.run(_run(result, data or result.deployment.root / DATA_FOLDER, began))
    except LinliError as error:
        fail(str(error))
    if code:
        raise typer.Exit(code)


def _refuse_if_unsafe(result: Checked) -> None:
    broken = result.broken
    if CORE_SECTION in broken or any(problem.domain is None for problem in result.report.errors):
        raise typer.Exit(AT_FAULT)
    if not result.entries:
        raise typer.Exit(AT_FAULT)
    unsafe = sorted(broken & result.deployment.safety_domains)
    if unsafe:
        fail(say("run.safety", domains=_listed(unsafe)))
    if broken:
        tell(say("run.left_out", domains=_listed(sorted(broken))))


def _listed(domains: list[str]) -> str:
    return COMMA.get(language(), ", ").join(domains)


async def _run(result: Checked, data: Path, began: float) -> int:
    from linli.hub import Hub

    name = result.core["name"]
    tell(say("run.starting", name=name))
    hub = await Hub.build(result, data)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hub.ask_to_stop)
    try:
        await hub.start()
        rooms = hub.rooms
        took = f"{stopwatch() - began:.1f}"
        plugins, entities = len(rooms.overview.all()), len(rooms.states)
        tell(say("run.ready", name=name, address=address(result), plugins=plugins, entities=entities, seconds=took))
        secret = await rooms.auth.first_owner.begin()
        if secret is not None:
            tell(say("run.set_up", link=f"{address(result)}/#setup={secret}"))
        tell(say("run.stop_hint"))
        code = await hub.exit_code
        tell(say("run.stopping"))
    finally:
        await hub.stop()
    tell(say("run.stopped"))
    return code


def address(result: Checked) -> str:
    """Where a browser on this machine finds the hub."""
    served = result.settings("http")
    if not served:
        return "–"
    host = served[0].get("host", "127.0.0.1")
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    scheme = "https" if served[0].get("tls") else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{served[0].get('port', 8123)}"


def _log_to_terminal() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
