"""Reads the door plate of a plugin that is not trusted: in a process of its own, which gives it up again at once.

Importing a module runs it. The process has no file but Python's and the plugin's, no network, little memory, and some
seconds; what it says is a manifest and a description of its schema, in values that are checked one by one here.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import voluptuous as vol

from linli.config.scalars import unspelled
from linli.config.validators.base import Json, Validator
from linli.errors import ContractError, LinliError
from linli.plugin.manifest import Capabilities, Manifest, Privilege
from linli.plugin.plate import has_foreign, rebuilt
from linli.plugin.wire import pack
from linli.process.limits import Limits
from linli.process.pipe import BlockingPipe, PipeClosed

if TYPE_CHECKING:
    from linli.plugin.discovery import Found

TARGET: Final = "linli.plugin.plate_server:serve"
WITHIN_S: Final = 20.0
LARGEST: Final = 1024 * 1024
MEMORY_MB: Final = 1024


@dataclass(frozen=True, slots=True)
class Plate:
    """What a door plate says."""

    manifest: Manifest
    schema: vol.Schema | None


class PlateRefused(ContractError):
    """It could not be read; the key and the parameters are those of the catalog's own refusals."""


def read_apart(found: "Found", place: Path | None) -> Plate:
    """The door plate of a plugin whose code is not to run here. Blocks, about half a second. Raises PlateRefused."""
    said = _asked(found, place, {"what": "plate"})
    if "refused" in said:
        text, key, parameters = said["refused"]
        raise PlateRefused(str(text), key=str(key), parameters={str(k): str(v) for k, v in dict(parameters).items()})
    try:
        manifest = _manifest(said["manifest"])
        tree = said["schema"]
        if tree is None:
            return Plate(manifest, None)
        schema = rebuilt(tree)
    except (LinliError, ValueError, TypeError, KeyError) as error:
        raise PlateRefused(f"what its process said of it makes no sense: {error}") from error
    if has_foreign(tree):
        schema = vol.All(schema, Whole(found, place))
    return Plate(manifest, schema if isinstance(schema, vol.Schema) else vol.Schema(schema))


class Whole(Validator):
    """A whole section, checked by the plugin's own schema in a process of its own; the value stays as it was."""

    def __init__(self, found: "Found", place: Path | None) -> None:
        self.example: Any = {}
        self._found = found
        self._place = place

    def __call__(self, value: Any) -> Any:
        said = _asked(self._found, self._place, {"what": "check", "value": pack(unspelled(value))})
        mistakes = [
            vol.Invalid(str(text)[:2000], [step for step in path if isinstance(step, str | int)])
            for path, text in said.get("mistakes", [[[], "it could not be checked"]])
        ]
        if mistakes:
            raise vol.MultipleInvalid(mistakes)
        return value

    def json_schema(self) -> Json:
        return {}

    def selector(self) -> Json:
        return {"object": {}}


def _asked(found: "Found", place: Path | None, what: Mapping[str, Any]) -> Mapping[str, Any]:
    ours, theirs = socket.socketpair()
    readable = () if place is None else (str(place),)
    limits = Limits(memory_mb=MEMORY_MB, cpu_s=int(WITHIN_S), open_files=64, readable=readable, network=False)
    command = ["-I", "-m", "linli.process.entry", str(theirs.fileno()), limits.to_text(), json.dumps([]), TARGET]
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, pass_fds=(theirs.fileno(),), env={"PYTHONUTF8": "1"},
            )  # fmt: skip
        try:
            ours.settimeout(WITHIN_S)
            pipe = BlockingPipe(ours)
            claim = {name: None if value is None else str(value) for name, value in asdict(found).items()}
            pipe.send(orjson.dumps({**what, "found": claim}))
            said = orjson.loads(pipe.receive(LARGEST))
        except (PipeClosed, ValueError, OSError) as error:
            raise PlateRefused(f"its process did not say what it is: {error}") from error
        finally:
            process.kill()
            process.wait()
    if not isinstance(said, dict):
        raise PlateRefused("its process did not say what it is")
    return said


def _manifest(said: Mapping[str, Any]) -> Manifest:
    """Field by field, each of the type that it has."""
    capabilities = dict(said["capabilities"])
    privileges = frozenset(map(Privilege, capabilities.pop("privileges")))
    return Manifest(
        **_fields(Manifest, {name: value for name, value in said.items() if name != "capabilities"}),
        capabilities=Capabilities(**_fields(Capabilities, capabilities), privileges=privileges),
    )


def _fields(kind: type[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    known = {part.name: part for part in fields(kind)}
    found: dict[str, Any] = {}
    for name, value in said.items():
        default = known[name].default
        if isinstance(default, tuple):
            if not all(isinstance(item, str) for item in value):
                raise ValueError(f"{name} of a manifest is a tuple of texts")
            found[name] = tuple(value)
            continue
        wanted: Any = str if default is MISSING else (str, type(None)) if default is None else type(default)
        if not isinstance(value, wanted):
            raise ValueError(f"{name} of a manifest is {type(value).__name__}")
        found[name] = value
    return found
