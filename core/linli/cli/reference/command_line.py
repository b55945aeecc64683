"""The ``linli`` command, as typer knows it."""

from collections.abc import Iterator
from typing import Final

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from linli.cli.reference.markdown import code, fenced, page, table


def command_line_page() -> str:
    """Every sub-command with its arguments and options."""
    from linli.cli.main import app

    group = typer.main.get_command(app)
    return page("The command line", _INTRODUCTION, *_parts("linli", group))


_INTRODUCTION: Final = (
    "`linli COMMAND --help` says the same, in the language of the terminal. PATH is a deployment: its folder or its "
    "YAML file. Exit codes: 0, 1 (the deployment or the request is at fault), 2 (the command line is)."
)


def _parts(path: str, command: object) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name, inner in sorted(command.commands.items()):
            yield from _parts(f"{path} {name}", inner)
    elif isinstance(command, TyperCommand) and not command.hidden:
        yield f"## {path}"
        yield command.help or ""
        yield fenced(_usage(path, command), "sh")
        yield table(("argument or option", "what it is"), ((code(name), text) for name, text in _parameters(command)))


def _usage(path: str, command: TyperCommand) -> str:
    words = [path]
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            name = _name(parameter)
            words.append(name if parameter.required else f"[{name}]")
        elif isinstance(parameter, TyperOption) and parameter.required:
            words.append(f"{parameter.opts[0]} {_name(parameter)}")
    return " ".join(words)


def _parameters(command: TyperCommand) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            yield _name(parameter), parameter.help or ""
        elif isinstance(parameter, TyperOption) and not parameter.hidden:
            value = "" if parameter.is_flag else f" {_name(parameter)}"
            need = " Required." if parameter.required else ""
            yield f"{parameter.opts[0]}{value}", f"{parameter.help or ''}{need}"


def _name(parameter: TyperArgument | TyperOption) -> str:
    return parameter.metavar or str(parameter.name).upper()
