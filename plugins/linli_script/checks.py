"""What ``linli check`` finds in scripts; one with a mistake is unavailable and costs no other."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from linli import schema as sv
from linli_automation.api import RuleCheck, shape_of
from linli_script.model import RESERVED, SCHEMA
from linli_triggers.api import A_MAP, template_parts

SHAPE: Final = shape_of(SCHEMA)


def check_parts(written: Any, around: sv.Surroundings) -> Iterator[sv.Part]:
    """See :class:`linli.schema.Part`."""
    check = RuleCheck("script", around)
    for name, config in written.items() if isinstance(written, Mapping) else ():
        path = (str(name),)
        if name in RESERVED:
            yield sv.Part(path, name, _reserved)
        if not isinstance(config, Mapping):
            yield sv.Part(path, config, A_MAP)
            continue
        yield from template_parts(config, path)
        if "use_blueprint" in config:
            yield from check.filled(config, path)
            continue
        yield sv.Part(path, config, SHAPE)
        yield from check.steps.parts(config.get("sequence"), (*path, "sequence"))


def _reserved(value: Any) -> Any:
    words = ", ".join(RESERVED)
    raise sv.Refusal("script.reserved", words=words, message=f"no script may be called {value}: {words} are services")
