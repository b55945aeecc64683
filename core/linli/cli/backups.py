"""``backup`` and ``restore``: the data of a hub, encrypted to a key that is kept elsewhere, and back again."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import voluptuous as vol

from linli.auth.model import COMMAND_ACTOR
from linli.cli.keeping import Data, with_storage
from linli.cli.words import fail, reason, say, tell
from linli.clock import RealClock
from linli.errors import LinliError
from linli.ledger import Ledger

if TYPE_CHECKING:
    from linli.storage import Storage
    from linli.storage.backup import Made


def backup_command(
    data: Annotated[Path | None, typer.Option("--data", help=say("data"), show_default=False)] = None,
    to: Annotated[Path | None, typer.Option("--to", help=say("backup.to"), show_default=False)] = None,
    recipients: Annotated[
        list[str] | None, typer.Option("--recipient", help=say("backup.recipient"), show_default=False)
    ] = None,
    new_identity: Annotated[
        Path | None, typer.Option("--new-identity", help=say("backup.new_identity"), show_default=False)
    ] = None,
) -> None:
    if new_identity is not None:
        _make_identity(new_identity)
        return
    if data is None:
        fail(say("backup.no_data"))
    made = with_storage(data, lambda storage, clock: _back_up(storage, clock, to, recipients or []))
    typer.echo(say("backup.made", file=made.file, megabytes=f"{made.sidecar.written.length / 1e6:.1f}"))
    for plugin, where in made.elsewhere.items():
        tell(say("backup.elsewhere", plugin=plugin, where=where))


def _make_identity(file: Path) -> None:
    from linli.storage.archive import make_identity

    try:
        public = make_identity(file)
    except OSError as error:
        fail(say("backup.identity_not_made", file=file, reason=error.strerror))
    tell(say("backup.keep_identity", file=file))
    typer.echo(public)


async def _back_up(storage: "Storage", clock: RealClock, to: Path | None, recipients: list[str]) -> "Made":
    from linli.storage.backup import make_backup
    from linli.storage.configuration import configuration_of, section_of

    section: dict[str, Any] = section_of(storage.instance.deployment)
    named = recipients or section.get("recipients", [])
    target = to or (Path(section["folder"]) if "folder" in section else None)
    if not named:
        fail(say("backup.no_recipient"))
    if target is None:
        fail(say("backup.no_folder"))
    configuration = configuration_of(storage, at=clock.timestamp())
    if configuration is None:
        tell(say("backup.no_deployment"))
    try:
        return await make_backup(
            storage, clock, target, named, configuration=configuration, actor=COMMAND_ACTOR,
            history=section.get("history", True),
        )  # fmt: skip
    except OSError as error:
        fail(say("backup.failed", reason=error.strerror or error))


def restore_command(
    data: Data,
    file: Annotated[Path | None, typer.Argument(help=say("restore.file"), metavar="FILE", show_default=False)] = None,
    identity: Annotated[
        Path | None, typer.Option("--identity", help=say("restore.identity"), show_default=False)
    ] = None,
    database: Annotated[
        str | None, typer.Option("--database", help=say("restore.database"), metavar="URL", show_default=False)
    ] = None,
    release: Annotated[bool, typer.Option("--release", help=say("restore.release"))] = False,
) -> None:
    if release:
        _release(data)
        return
    if file is None or identity is None:
        fail(say("restore.what"))
    from linli.config.validators.databases import database_url
    from linli.storage.address import without_password
    from linli.storage.restore import DEPLOYMENT, restore_backup

    if database is not None:
        try:
            database_url(database)
        except vol.Invalid:
            fail(say("restore.no_address"))

    clock = RealClock()
    work = restore_backup(
        file, identity, data, clock=clock, ledger=Ledger(clock), actor=COMMAND_ACTOR, database=database
    )
    try:
        asyncio.run(work)
    except LinliError as error:
        fail(reason(error))
    except OSError as error:
        fail(say("backup.failed", reason=error.strerror or error))
    typer.echo(say("restore.done", data=data))
    if database is not None:
        typer.echo(say("restore.on_server", database=without_password(database)))
    if (data / DEPLOYMENT).is_dir():
        typer.echo(say("restore.deployment", folder=data / DEPLOYMENT))
    typer.echo(say("restore.then", data=data))


def _release(data: Path) -> None:
    async def work(storage: "Storage", clock: RealClock) -> bool:
        released = await storage.after_restore.release(actor=COMMAND_ACTOR)
        storage.describe(restored=False)
        return released

    typer.echo(say("restore.released" if with_storage(data, work) else "restore.nothing_held"))
