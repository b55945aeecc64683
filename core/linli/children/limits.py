"""To what the process of a plugin is held."""

from typing import TYPE_CHECKING, Final

from linli.process import Limits

if TYPE_CHECKING:
    from linli.plugin.catalog import CatalogEntry

MEMORY_MB: Final = 1024
"""Address space of a plugin that is not trusted; Python and its libraries map about 200 MB of it."""
OPEN_FILES: Final = 256


def limits_of(entry: "CatalogEntry") -> Limits:
    """What is trusted is held to nothing: it was put apart for its own sake."""
    return Limits() if entry.trusted else Limits(memory_mb=MEMORY_MB, open_files=OPEN_FILES)
