"""A plugin that adds the entities that a test names, and shows what they were told."""

from pathlib import Path

from linli.testing.hub import Deployment

HEAD = """
import voluptuous as vol

from linli import Capabilities, Manifest, hookimpl
from linli_home import api

MANIFEST = Manifest(domain="lab", layer="perception", requires=("home",), capabilities=Capabilities(entities=("*",)))
CONFIG = vol.Schema({})


@hookimpl
async def linli_setup_entry(ctx, entry):
    told = []

    def tell(name):
        async def command(**data):
            ctx.states.set("lab.told", name, data)
            ctx.states.set(f"lab.{name}", "told")
        return command

"""


def laboratory(folder: Path, *lines: str) -> Deployment:
    """A deployment whose plugin runs ``lines`` with ``ctx``, ``api`` and ``tell(name)``."""
    return Deployment(folder, "lab:\n").drop_in("lab", HEAD + "".join(f"    {line}\n" for line in lines))
