"""``linli run``: a hub from its check to its stop, told on the terminal."""

import asyncio
import gc
import logging
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from linli.cancelling import cancelled_from_outside
from linli.cli.deployments import checked, show_problems
from linli.cli.life import Life
from linli.cli.log_gate import LineGate
from linli.cli.ready import SERVER, open_set_up, tell_ready
from linli.cli.words import AT_FAULT, fail, language, reason, say, tell
from linli.clock import RealClock, stopwatch
from linli.config import Checked
from linli.config.deployment import CORE_SECTION
from linli.errors import LinliError
from linli.giving_back import keep_to_few_arenas
from linli.process.birth import TAKEN
from linli.process.watched import Watched
from linli.process.way_back import DATA_FOLDER
from linli.storage.errors import InUse
from linli.translations import CHINESE

if TYPE_CHECKING:
    from linli.hub import Hub

log = logging.getLogger(__name__)

YOUNG: Final = 3_000
"""How many objects come before the young ones are looked through. Python's 700 cost a rule's run 14 of 280 µs, this
costs 5: what waits for the recorder lives through several looks, and is gone through in each."""

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
COMMA: Final = {CHINESE: "、"}


def run_hub(path: Path, settings: list[str], data: Path | None, watched: Watched | None) -> None:
    """Check, start, wait for a signal, stop. Sections with mistakes leave their plugins out, safety ones the hub."""
    began = stopwatch()
    keep_to_few_arenas()
    _log_to_terminal()
    data = data or (path if path.is_dir() else path.parent) / DATA_FOLDER
    life = Life(watched, data)
    kept = life.fallen_back
    if kept is None:
        result = checked(path, settings, data)
    else:
        tell(say("run.last_good"))
        result = checked(kept.main, kept.settings, data, kept.files)
    show_problems(result)
    refuse_if_unsafe(result)
    import linli.hub  # noqa: F401 - it takes long on a small machine, where the heart must not be late for it

    try:
        code = asyncio.run(_run(result, data, began, life, tuple(settings)))
    except LinliError as error:
        tell(reason(error))
        raise typer.Exit(TAKEN if watched is not None and isinstance(error, InUse) else AT_FAULT) from None
    if code:
        raise typer.Exit(code)


def refuse_if_unsafe(result: Checked) -> None:
    broken = result.broken
    if CORE_SECTION in broken or any(problem.domain is None for problem in result.report.errors):
        raise typer.Exit(AT_FAULT)
    if not result.entries:
        fail(say("run.nothing"))
    unsafe = sorted(broken & result.deployment.safety_domains)
    if unsafe:
        fail(say("run.safety", domains=_listed(unsafe)))
    if SERVER in broken and not result.deployment.safety_domains:  # what is for safety rather runs unseen than not
        fail(say("run.unserved", section=SERVER))
    if broken:
        tell(say("run.left_out", domains=_listed(sorted(broken))))


def _listed(domains: list[str]) -> str:
    return COMMA.get(language(), ", ").join(domains)


async def _run(result: Checked, data: Path, began: float, life: Life, settings: tuple[str, ...]) -> int:
    life.begin(result, settings)
    try:
        return await _serve(result, data, began, life)
    finally:
        life.end()  # a heart that went on after a hub which cannot be built would dump what is gone


async def _serve(result: Checked, data: Path, began: float, life: Life) -> int:
    from linli.hub import Hub

    tell(say("run.starting", name=result.core["name"]))
    hub = await Hub.build(result, data, blamed=life.blamed)
    _stop_on_signals(hub)
    life.take(hub)
    try:
        if await _started(hub):
            proving = asyncio.create_task(life.prove(hub, log.warning), name="prove the configuration")
            hub.exit_code.add_done_callback(lambda _: proving.cancel())
            tell_ready(hub, result, f"{stopwatch() - began:.1f}")
            gc.freeze()  # what the start made stays: a full collection of it would hold the loop for 50 ms each time
            gc.set_threshold(YOUNG)
            opening = asyncio.create_task(open_set_up(hub, result, data), name="open the set-up")
            either: set[asyncio.Future[Any]] = {opening, hub.exit_code}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                opening.result()  # a store that fails here ends the hub
            await hub.exit_code
            opening.cancel()
    finally:
        tell(say("run.stopping"))
        life.tell("stopping")
        await hub.stop()
    tell(say("run.stopped"))
    return await hub.exit_code


def _stop_on_signals(hub: "Hub") -> None:
    """The first signal stops the hub in order; the second ends the process where it stands, which is safe too."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        hub.ask_to_stop()
        for number in STOPPING:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in STOPPING:
        loop.add_signal_handler(number, asked)


async def _started(hub: "Hub") -> bool:
    """Bring the hub up; False where it was asked to stop meanwhile, which slow plugins do not put off."""
    starting = asyncio.create_task(hub.start(), name="start")
    hub.exit_code.add_done_callback(lambda _: starting.cancel())
    try:
        await starting
    except asyncio.CancelledError:
        if cancelled_from_outside() or not hub.exit_code.done():
            raise
        return False
    return True


def free_port() -> int:
    """A TCP port that nobody listens at: what ``--port 0`` becomes, so that the address can be told."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def _log_to_terminal() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handler.addFilter(LineGate(RealClock()))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
