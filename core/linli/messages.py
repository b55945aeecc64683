"""What the hub says to people: a translation key with parameters, rendered for each reader in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from linli.ids import PluginDomain


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence that has not been said yet. Plain: it may be stored and may cross the door.

    Parameters are plain values, times (shown in the deployment's zone), durations, or messages again; a list or tuple
    is joined by commas. What a person typed (a name, a reason) is a parameter, never part of a key.
    """

    key: str
    """Where the text stands in ``translations/*.json``, joined by dots: ``plugin_failed.title``."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    domain: PluginDomain | None = None
    """Whose texts; None: those of whoever hands the message over (:meth:`of`), the core's if nobody did."""

    def of(self, owner: PluginDomain) -> "Message":
        """The same, with ``owner``'s texts unless it names others already."""
        return self if self.domain is not None else replace(self, domain=owner)

    def at(self, key: str) -> "Message":
        """The sentence beside this one: same texts and parameters, another key."""
        return replace(self, key=key)


Words: TypeAlias = Message | str
"""A message, or what a person wrote themselves and is shown as it stands."""


def owned(words: Words, owner: PluginDomain) -> Words:
    """``words`` with ``owner``'s texts, where they are a message that names none."""
    return words.of(owner) if isinstance(words, Message) else words
