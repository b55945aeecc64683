"""Where the ``linli`` command begins: a hub gets a parent, every other command runs at once.

Nothing heavy is imported before that is decided: the parent stays as long as the hub does, and is to be small.
"""

import socket
import sys
from typing import Final

ALONE: Final = "--alone"
HELP: Final = "--help"


def main() -> None:
    """The entry point of the console script."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"] and not {ALONE, HELP} & set(arguments):
        from linli.process.parent import main as watch

        sys.exit(watch(arguments))
    from linli.cli.main import app

    app(prog_name="linli")


def under_parent(sock: socket.socket) -> None:
    """The same command in a child, with a parent at the other end of ``sock``."""
    from linli.cli.main import app
    from linli.process.watched import Watched

    watched = Watched.accept(sock)
    app(args=list(watched.birth.arguments), obj=watched, prog_name="linli")
