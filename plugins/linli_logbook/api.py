"""What other plugins import from the logbook: how they say which of their events are worth a line."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Described:
    """One type of event of a plugin's own, and which line it makes.

    The fields named here are keys of the event's data; a key that is missing there is left out of the line.
    """

    event_type: str
    domain: str
    """The domain that the line is shown under."""
    says: Mapping[str, str] = field(default_factory=dict)
    """By language the words after the name, with keys of the data in braces: ``{"en": "rang {times} times"}``."""
    name: str = "name"
    """The key that holds what it is called."""
    message: str = "message"
    """The key that holds the words, where ``says`` has none."""
    entity_id: str = "entity_id"
    source: str = "source"
    """The key that holds what set it going."""
    icon: str = "icon"
