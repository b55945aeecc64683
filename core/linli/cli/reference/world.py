"""A hub in which every plugin that ships runs, on a temporary folder: what the reference is read from."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from linli.cli.reference.fields import maps_in
from linli.config.validators.base import Validator, validator_of
from linli.config.validators.describe import example_of, keys_of
from linli.errors import ContractError
from linli.plugin.catalog import CatalogEntry, PluginCatalog
from linli.rooms import Rooms
from linli.testing import Deployment, running_hub


@dataclass(frozen=True, slots=True)
class World:
    """What the pages are written from."""

    rooms: Rooms
    entries: Mapping[str, CatalogEntry]
    """The shipped plugins by domain."""
    catalog: PluginCatalog


@asynccontextmanager
async def every_shipped_plugin() -> AsyncIterator[World]:
    """The running hub. Raises ContractError where a plugin does not run: the reference would lack what it offers."""
    catalog = PluginCatalog()
    entries = {name: entry for name in catalog.known() if (entry := catalog.get(name)) is not None and entry.shipped}
    with tempfile.TemporaryDirectory() as folder:
        deployment = Deployment(Path(folder), _yaml(entries, Path(folder) / "deployment"))
        async with running_hub(deployment) as hub:
            idle = [status.domain for status in hub.rooms.overview.all() if status.state.value != "running"]
            if idle:
                raise ContractError(f"the reference needs every plugin to run; these do not: {', '.join(idle)}")
            yield World(hub.rooms, entries, catalog)


def _yaml(entries: Mapping[str, CatalogEntry], folder: Path) -> str:
    """Every section with what it must say, by the examples of its schema."""
    sections: dict[str, Any] = {"linli": {"name": "Reference", "language": "en", "journal": {"receive": True}}}
    for domain, entry in entries.items():
        sections[domain] = {} if entry.schema is None else example_of(entry.schema)
        _make_files(entry.schema, sections[domain], folder)
    sections["http"]["port"] = 0
    return yaml.safe_dump(sections, allow_unicode=True)


def _make_files(schema: Any, section: dict[str, Any], folder: Path) -> None:
    """Empty files where a section must name some."""
    for _, name, value in (key for shape in maps_in(schema) for key in keys_of(shape)):
        checked = validator_of(value)
        if name in section and isinstance(checked, Validator) and checked.references == "file":
            (folder / section[name]).parent.mkdir(parents=True, exist_ok=True)
            (folder / section[name]).touch()
