"""What a parent can go back to, read from the data folder without the hub's help: its code may be what fails."""

import json
import os.path
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

DATA_FOLDER: Final = ".linli"
"""Beside the deployment, where nobody names another."""
FILE: Final = "last_good_configuration.json"
TAKE_A_VALUE: Final = ("--data", "--host", "--port", "--set")


class WayBack(NamedTuple):
    """A configuration that ran, and the interpreter that it ran with where that is another one."""

    python: str | None = None


def find(arguments: Sequence[str]) -> WayBack | None:
    """What ``linli ARGUMENTS`` can go back to; None where nothing ran yet, or what is kept is damaged."""
    data = data_folder(arguments)
    if data is None:
        return None
    try:
        with open(os.path.join(data, FILE), "rb") as file:
            environment = json.load(file)["environment"]
        python = os.path.join(environment, "bin", "python")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return WayBack(python if environment != sys.prefix and os.path.exists(python) else None)


def data_folder(arguments: Sequence[str]) -> str | None:
    """Where ``linli run …`` keeps its data; None where the command line names no deployment."""
    data: str | None = None
    path: str | None = None
    rest = iter(arguments[1:])
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in TAKE_A_VALUE:
            value = value if equals else next(rest, "")
            data = value if name == "--data" else data
        elif not argument.startswith("-"):
            path = path or argument
    if data:
        return data
    if path is None:
        return None
    return os.path.join(path if os.path.isdir(path) else os.path.dirname(path), DATA_FOLDER)
