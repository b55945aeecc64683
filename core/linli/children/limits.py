"""To what the process of a plugin is held."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from linli.process import Limits
from linli.process.limits import may_become

if TYPE_CHECKING:
    from linli.plugin.catalog import CatalogEntry

MEMORY_MB: Final = 1024
"""Address space of a plugin that is not trusted; Python and its libraries map about 200 MB of it."""
OPEN_FILES: Final = 256
LONGEST_S: Final = 300.0
"""A deadline that it names to the hub is at most this."""


def limits_for(user: str | None) -> Callable[["CatalogEntry"], Limits]:
    """``user``: as whom plugins that are not trusted run, where this process has the right to that.

    What is trusted is held to nothing: it was put apart for its own sake.
    """

    def limits_of(entry: "CatalogEntry") -> Limits:
        if entry.trusted:
            return Limits()
        other = user if user is not None and may_become(user, str(entry.folder)) else None
        return Limits(
            memory_mb=MEMORY_MB, open_files=OPEN_FILES, user=other, readable=(str(entry.folder),),
            network=bool(entry.manifest.capabilities.network),
        )  # fmt: skip

    return limits_of
