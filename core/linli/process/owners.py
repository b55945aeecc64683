"""Whose code a file is."""

from collections.abc import Mapping
from pathlib import Path


class Owners:
    """Plugins by the folder (or the single file) that holds their code."""

    def __init__(self, places: Mapping[str, Path]) -> None:
        self._places = {str(place): domain for domain, place in places.items()}

    def of(self, file: str) -> str | None:
        """The plugin that ``file`` belongs to; None: the core's, a library's, Python's own."""
        if file in self._places:
            return self._places[file]
        for parent in Path(file).parents:
            if str(parent) in self._places:
                return self._places[str(parent)]
        return None
