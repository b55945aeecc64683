"""Whose code a file is."""

from collections.abc import Mapping
from pathlib import Path


class Owners:
    """Plugins by the folder (or the single file) that holds their code."""

    def __init__(self, places: Mapping[str, Path]) -> None:
        self._places = {str(place): domain for domain, place in places.items()}

    def of(self, file: str) -> str | None:
        """The plugin that ``file`` belongs to; None: the core's, a library's, Python's own."""
        while file not in self._places:  # as texts, 5 µs; as paths it took 80, for each frame of what holds
            file, slash, _ = file.rpartition("/")
            if not slash:
                return None
        return self._places[file]
