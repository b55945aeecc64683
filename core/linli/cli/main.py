"""Which sub-commands the ``linli`` command has."""

from pathlib import Path
from typing import Annotated

import typer

from linli.cli import backups, deployments, hooks, keeping
from linli.cli.usage import SpeakingGroup
from linli.cli.words import say

app = typer.Typer(
    name="linli",
    cls=SpeakingGroup,
    help=say("help"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("check", help=say("check.help"))(deployments.check_command)
app.command("explain", help=say("explain.help"))(deployments.explain_command)
app.command("schema", help=say("schema.help"))(deployments.schema_command)
app.command("plugins", help=say("plugins.help"))(deployments.plugins_command)
app.command("hooks", help=say("hooks.help"))(hooks.hooks_command)
app.command("backup", help=say("backup.help"))(backups.backup_command)
app.command("restore", help=say("restore.help"))(backups.restore_command)
app.add_typer(keeping.users, name="user")
app.add_typer(keeping.tokens, name="token")
app.add_typer(keeping.journal, name="journal")


@app.command("run", help=say("run.help"))
def run(
    context: typer.Context,
    path: deployments.DeploymentPath,
    host: Annotated[str | None, typer.Option(help=say("run.host"))] = None,
    port: Annotated[int | None, typer.Option(help=say("run.port"))] = None,
    data: Annotated[Path | None, typer.Option(help=say("data"))] = None,
    settings: deployments.Settings = None,
    alone: Annotated[bool, typer.Option("--alone", help=say("run.alone"))] = False,
) -> None:
    from linli.cli.running import free_port, run_hub

    given = [*(settings or [])]
    given += [] if host is None else [f"http.host={host}"]
    given += [] if port is None else [f"http.port={port or free_port()}"]
    run_hub(path, given, data, context.obj)
