"""What the command line says, in the language of the person's terminal."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import typer

from linli.errors import LinliError
from linli.ids import CORE
from linli.translations import ENGLISH, Translator, negotiate, read_texts

AT_FAULT = 1
"""Exit code: the deployment or the request is at fault. (2 is a wrong command line, 0 is success.)"""


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return read_texts(Path(__file__).parent)


@cache
def language() -> str:
    """Of the terminal: the first of LANGUAGE, LC_ALL, LC_MESSAGES and LANG that is set."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return negotiate(value.partition(":")[0].partition(".")[0])
    return negotiate(None)


def say(key: str, /, **parameters: Any) -> str:
    """The sentence under ``cli.KEY``."""
    return _texts()[language()][f"cli.{key}"].format(**parameters)


def counted(what: str, count: int) -> str:
    """``1 plugin``, ``2 plugins``."""
    return say(f"counted.{what}.{'one' if count == 1 else 'other'}", count=count)


def reason(error: LinliError) -> str:
    """Why something was refused, in the language of the terminal; in English where there is no text for it."""
    if error.key is None or language() == ENGLISH:
        return str(error)
    translator = Translator()
    if translator.find(CORE, error.key, language()) is None:
        return str(error)
    return translator.say(CORE, error.key, error.parameters, language())


def tell(text: str) -> None:
    """A line for the person, beside what a program may read on standard output."""
    typer.echo(text, err=True)


def fail(text: str) -> NoReturn:
    """Say why not, and end with the exit code for it."""
    tell(text)
    raise typer.Exit(AT_FAULT)
