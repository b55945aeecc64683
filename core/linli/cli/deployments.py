"""``check``, ``explain``, ``schema``, ``plugins``: what a deployment and its plugins say, without a hub."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from linli.cli.known import known_names
from linli.cli.words import AT_FAULT, counted, fail, language, reason, say, tell
from linli.config import Checked, Deployment, Files, check, load
from linli.config.deployment import CORE_SECTION
from linli.config.explain import explain
from linli.config.export import deployment_schema, section_schema
from linli.config.phrases import Phrase, did_you_mean
from linli.errors import ContractError, NotFound
from linli.plugin.catalog import CatalogEntry, PluginCatalog, texts_of
from linli.process.way_back import DATA_FOLDER

DeploymentPath = Annotated[Path, typer.Argument(help=say("path"), metavar="PATH", show_default=False)]
MaybePath = Annotated[Path | None, typer.Argument(help=say("plugins.path"), metavar="PATH", show_default=False)]
MaybeData = Annotated[Path | None, typer.Option("--data", help=say("check.data"), show_default=False)]
Settings = Annotated[list[str] | None, typer.Option("--set", help=say("run.set"), metavar="KEY=VALUE")]


def checked(
    path: Path, settings: Sequence[str] | None = None, data: Path | None = None, files: Files | None = None
) -> Checked:
    """The deployment at ``path``, checked against everything that is installed, dropped in beside it or kept.

    ``files``: where its files come from, if not from the disk.
    """
    deployment = load(path, set=settings or (), files=files)
    known = known_names(data or deployment.root / DATA_FOLDER)
    return check(deployment, catalog_of(deployment.root), known=known)


def existing(path: Path, settings: list[str] | None = None) -> Deployment:
    """The deployment at ``path``, with whatever mistakes it has; where there is none, that is said and the end."""
    deployment = load(path, set=settings or ())
    if not deployment.main.is_file():
        show_problems(check(deployment, PluginCatalog()))
        raise typer.Exit(AT_FAULT)
    return deployment


def catalog_of(root: Path | None) -> PluginCatalog:
    """The installed plugins, and those in the deployment's ``plugins/``."""
    folder = None if root is None else root / "plugins"
    return PluginCatalog(folder if folder is not None and folder.is_dir() else None)


def show_problems(result: Checked) -> None:
    """One line each, errors and warnings."""
    for line in result.report.lines(language(), texts_of(result.entries)):
        tell(line)


def check_command(path: DeploymentPath, settings: Settings = None, data: MaybeData = None) -> None:
    result = checked(path, settings, data)
    show_problems(result)
    if result.report.problems:
        found = result.report
        tell(
            say(
                "check.counts",
                errors=counted("errors", len(found.errors)),
                warnings=counted("warnings", len(found.warnings)),
            )
        )
    if not result.report.ok:
        raise typer.Exit(AT_FAULT)
    if not result.report.problems:
        typer.echo(say("check.good", path=path, plugins=counted("plugins", len(result.entries))))


def explain_command(
    path: DeploymentPath,
    key: Annotated[str, typer.Argument(help=say("explain.key"), metavar="KEY")],
    settings: Settings = None,
) -> None:
    deployment = existing(path, settings)
    try:
        explanation = explain(deployment, key, catalog_of(deployment.root))
    except NotFound:
        fail(say("explain.unknown", key=key))
    for line in explanation.lines(language()):
        typer.echo(line)


def schema_command(
    domain: Annotated[
        str | None, typer.Argument(help=say("schema.domain"), metavar="DOMAIN", show_default=False)
    ] = None,
    path: Annotated[
        Path | None, typer.Option("--deployment", help=say("schema.path"), metavar="PATH", show_default=False)
    ] = None,
) -> None:
    catalog = catalog_of(None if path is None else existing(path).root)
    schema: Any = _whole(catalog) if domain is None else section_schema(domain, _one(catalog, domain))
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=2))


def _whole(catalog: PluginCatalog) -> Any:
    """The schema with every plugin's section; one that cannot be used is named and left out."""
    entries = {}
    for name in catalog.known():
        try:
            entry = catalog.get(name)
        except ContractError as error:
            tell(f"{name}: {say('plugins.unusable', reason=reason(error))}")
            continue
        if entry is not None:
            entries[name] = entry
    return deployment_schema(entries)


def _one(catalog: PluginCatalog, domain: str) -> CatalogEntry | None:
    """The plugin; None for the core's own section. Says what is wrong and ends where there is no such plugin."""
    if domain == CORE_SECTION:
        return None
    try:
        entry = catalog.get(domain)
    except ContractError as error:
        fail(reason(error))
    if entry is None:
        guess = did_you_mean(domain, (CORE_SECTION, *catalog.known()))
        tail = guess.text(language()) if isinstance(guess, Phrase) else guess
        fail(say("schema.unknown", domain=domain, guess=tail))
    return entry


def plugins_command(
    path: MaybePath = None,
) -> None:
    from rich.console import Console
    from rich.table import Table

    catalog = catalog_of(None if path is None else existing(path).root)
    names = catalog.known() if path is None else tuple(checked(path).entries)
    table = Table("", box=None)
    table.columns[0].header = say("plugins.domain")
    for column in ("layer", "requires", "from"):
        table.add_column(say(f"plugins.{column}"), overflow="fold")
    for name in names:
        table.add_row(name, *_row(catalog, name))
    Console().print(table)


def _row(catalog: PluginCatalog, name: str) -> tuple[str, str, str]:
    try:
        entry = catalog.get(name)
    except ContractError as error:
        return "", "", say("plugins.unusable", reason=reason(error))
    if entry is None:
        return "", "", ""
    return entry.manifest.layer, " ".join(entry.manifest.requires), entry.distribution
