"""Reads one plugin's door plate for the hub, in a process of its own that may be given up: see ``plate_reader``."""

import socket
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import voluptuous as vol

from linli.config.validators.base import Refusal, checker, errors_of
from linli.config.validators.thorough import thorough
from linli.plugin.catalog import PluginUnusable, plate_of
from linli.plugin.discovery import Found
from linli.plugin.manifest import Manifest
from linli.plugin.plate import described
from linli.plugin.wire import unpack
from linli.process.pipe import BlockingPipe


def serve(sock: socket.socket) -> None:
    """Answer one question about one plugin."""
    pipe = BlockingPipe(sock)
    asked = orjson.loads(pipe.receive())
    claim = asked["found"]
    dropped_in = None if claim["dropped_in"] is None else Path(claim["dropped_in"])
    found = Found(**{**claim, "dropped_in": dropped_in})
    pipe.send(orjson.dumps(_answer(found, asked)))


def _answer(found: Found, asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        manifest, schema = plate_of(found)
    except PluginUnusable as error:
        return {"refused": [str(error), error.key, {name: str(value) for name, value in error.parameters.items()}]}
    if asked["what"] == "check":
        return {"mistakes": _mistakes(schema, unpack(asked["value"]))}
    return {"manifest": _said(manifest), "schema": None if schema is None else described(schema)}


def _said(manifest: Manifest) -> dict[str, Any]:
    said = asdict(manifest)
    capabilities = said["capabilities"]
    capabilities["privileges"] = sorted(privilege.value for privilege in capabilities["privileges"])
    return said


def _mistakes(schema: Any, value: Any) -> list[Any]:
    try:
        checker(thorough(schema))(value)
    except vol.Invalid as error:
        return [[[_step(step) for step in each.path], _text(each)] for each in errors_of(error)]
    except Exception as error:  # noqa: BLE001 - the guard around a plugin's schema: its fault is a line
        return [[[], f"{type(error).__name__}: {error}"]]
    return []


def _step(step: Any) -> str | int:
    if isinstance(step, vol.Marker):
        return str(step.schema)
    return step if isinstance(step, int) and not isinstance(step, bool) else str(step)


def _text(error: vol.Invalid) -> str:
    return error.phrase.text() if isinstance(error, Refusal) else str(error.error_message)
