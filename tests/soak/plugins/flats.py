"""Two flats with a sensor each; the words of the deployment stand in its id, name, state and attribute."""

from dataclasses import dataclass
from typing import ClassVar

import voluptuous as vol

from linli import Capabilities, EntityDescription, Manifest, hookimpl
from linli import schema as sv

MANIFEST = Manifest(domain="flats", layer="perception", capabilities=Capabilities(entities=("sensor",)))
CONFIG = vol.Schema(
    {
        vol.Required("own", description="The word of the resident's flat"): sv.string,
        vol.Required("secret", description="The word of the other one"): sv.string,
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Word(EntityDescription[str]):
    domain: ClassVar[str] = "sensor"

    def render(self, reading):
        return reading, {"again": reading}


@hookimpl
async def linli_setup_entry(ctx, entry):
    for place, word in (("flat_a", entry.data["own"]), ("flat_b", entry.data["secret"])):
        ctx.entities.add(Word(unique_id=place, name=word, place=place)).write(word)
