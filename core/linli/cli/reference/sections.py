"""What a deployment's YAML may say: the core's own section and one for each plugin."""

from typing import Any, Final

import voluptuous as vol
import yaml

from linli.cli.reference.fields import NOT_GIVEN, fields_of
from linli.cli.reference.markdown import code, fenced, literal, page, prose, table
from linli.cli.reference.world import World
from linli.config.core_section import CORE_SCHEMA
from linli.config.deployment import CORE_SECTION
from linli.config.validators.base import validator_of
from linli.config.validators.collections import list_of
from linli.config.validators.describe import example_of
from linli.plugin.catalog import CatalogEntry

_HEAD: Final = ("key", "what it is for", "takes", "required", "default")


def sections_page(world: World) -> str:
    """Every section with its keys."""
    parts = [f"## {CORE_SECTION}", "What holds for the whole deployment.", keys_table(CORE_SCHEMA)]
    for domain, entry in sorted(world.entries.items()):
        parts += [f"## {domain}", *_plugin(domain, entry)]
    return page("Sections of a deployment", _INTRODUCTION, *parts)


_INTRODUCTION: Final = (
    "The top-level keys of `linli.yaml`. Naming a plugin enables it: with a map, with nothing (`demo:`), or, where a "
    "list is said to be taken, with several maps. `false` switches it off where a pack or a layer below enables it. "
    "Any section may say `safety: true`. `linli schema` gives the same to editors."
)


def _plugin(domain: str, entry: CatalogEntry) -> tuple[str, ...]:
    purpose = prose((entry.package.__doc__ or "").partition("\n\n")[0])
    several = "" if entry.manifest.single else " Takes a list, too: each item is an entry of its own."
    required = {} if entry.schema is None else example_of(entry.schema)
    example = yaml.safe_dump({domain: required}, allow_unicode=True, sort_keys=False)
    keys = "" if entry.schema is None else keys_table(_item_of(entry.schema))
    if keys and entry.manifest.listed:
        several = " It is a list; these are the keys of each item."
    return f"{purpose}{several}", f"At least:\n\n{fenced(example, 'yaml')}", keys or "It has no keys."


def _item_of(schema: Any) -> Any:
    """What each item of a section that is a list has to be; any other section as it is."""
    whole = validator_of(schema.schema) if isinstance(schema, vol.Schema) else schema
    return whole.item if isinstance(whole, list_of) else schema


def keys_table(schema: Any) -> str:
    """The keys of a schema, those of inner maps with their path."""
    rows = (
        (
            code(field.path),
            prose(field.description),
            field.takes,
            field.required,
            "" if field.default is NOT_GIVEN else literal(field.default),
        )
        for field in fields_of(schema)
    )
    return table(_HEAD, rows)
