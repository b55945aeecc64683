"""A wrong command line, said in the language of the terminal; typer itself speaks English only. Exit code 2."""

import sys
from collections.abc import Sequence
from typing import Any, Final

from typer._click.core import Command, Context
from typer._click.exceptions import BadOptionUsage, BadParameter, MissingParameter, NoArgsIsHelpError, NoSuchOption
from typer._click.exceptions import UsageError as WrongUsage
from typer.core import TyperGroup, TyperOption
from typer.exceptions import Abort

from linli.cli.words import AT_FAULT, language, say, tell
from linli.config.phrases import Phrase, did_you_mean

_KINDS: Final = {"int": "integer", "path": "path"}


class SpeakingGroup(TyperGroup):
    """A command with sub-commands whose complaints and whose ``--help`` are in the language of the terminal."""

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
        standalone_mode: bool = True, windows_expand_args: bool = True, **extra: Any,
    ) -> Any:  # fmt: skip
        """Run it and end the process with its exit code, as typer's own does."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except WrongUsage as error:
            _show(error)
            sys.exit(error.exit_code)
        except Abort:
            tell(say("usage.aborted"))
            sys.exit(AT_FAULT)
        sys.exit(code if isinstance(code, int) else 0)

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """``--help``, with its own help translated."""
        return _translated(super().get_help_option(ctx))

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The sub-command that the words begin with."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            guess = did_you_mean(name, self.list_commands(ctx))
            tail = guess.text(language()) if isinstance(guess, Phrase) else guess
            ctx.fail(say("usage.no_command", name=name, guess=tail))
        found, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            _translated(command.get_help_option(ctx))
        return found, command, rest


def _translated(option: TyperOption | None) -> TyperOption | None:
    if option is not None:
        option.help = say("usage.help")
    return option


def _show(error: WrongUsage) -> None:
    ctx = error.ctx
    if ctx is not None:
        tell(say("usage.usage", usage=ctx.get_usage().removeprefix("Usage: ")))
    tell(_sentence(error))
    if ctx is not None:
        tell(say("usage.hint", command=f"{ctx.command_path} --help"))


def _sentence(error: WrongUsage) -> str:
    if isinstance(error, MissingParameter):
        return say("usage.missing", name=_name(error))
    if isinstance(error, BadParameter):
        kind = "" if error.param is None else error.param.type.name
        expected = say(f"usage.{_KINDS[kind]}") if kind in _KINDS else kind
        return say("usage.bad_value", name=_name(error), expected=expected)
    if isinstance(error, NoSuchOption):
        return say("usage.no_option", name=error.option_name)
    if isinstance(error, BadOptionUsage):
        return say("usage.needs_value", name=error.option_name)
    if error.ctx is not None and not isinstance(error.ctx.command, TyperGroup):
        return say("usage.extra", words=error.message.partition(" (")[2].removesuffix(")"))
    return error.message


def _name(error: BadParameter) -> str:
    return "" if error.param is None or error.ctx is None else error.param.get_error_hint(error.ctx).strip("'")
