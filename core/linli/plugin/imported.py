"""What the loader takes up of a plugin, wherever its code runs."""

from dataclasses import dataclass
from types import ModuleType


@dataclass(slots=True)
class Imported:
    """A plugin's implementations, its specifications where it declares some, and its texts by language."""

    module: ModuleType
    hooks: ModuleType | None
    texts: dict[str, dict[str, str]]
