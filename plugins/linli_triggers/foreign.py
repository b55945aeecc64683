"""One trigger of a kind that another plugin follows, and how often it may fire."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final

from linli import Clock, Context
from linli_triggers.site import Site

MOST_HELD: Final = 100
"""What fires before whoever attached knows of it; further ones are dropped."""
OF_ALL_KINDS: Final = frozenset({"id", "idx", "alias"})


class Bucket:
    """So many in a second in the long run, and so many at once."""

    def __init__(self, clock: Clock, per_second: float, burst: float) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = self._left = burst
        self._at = clock.monotonic()

    def take(self) -> bool:
        """Whether there is one more; then it is taken."""
        now = self._clock.monotonic()
        self._left = min(self._left + (now - self._at) * self._per_second, self._burst)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Foreign:
    """Waits, or is followed by its plugin under a secret that only the two know."""

    def __init__(
        self, kind: str, config: Mapping[str, Any], site: Site, author: Context, name: str, bucket: Bucket
    ) -> None:
        self.follow = token_hex(16)
        self.kind = kind
        self.config = config
        self.site = site
        self.author = author
        self.name = name
        self.bucket = bucket
        self.owner: str | None = None
        """Who follows it; None: nobody, it waits."""
        self.refusal: str | None = None
        """Why its plugin did not take it up, where it said so."""
        self.asked = False
        """Its plugin is being asked to follow it."""
        self.told: str | None = None
        """The plugin that knows of it, whatever it answered."""
        self.flooding = False
        """What it told last was too much."""
        self._held: list[tuple[Mapping[str, Any], Context | None]] | None = []

    def arguments(self) -> dict[str, Any]:
        """What its plugin is told of it."""
        return {
            "kind": self.kind, "follow": self.follow, "config": self.config, "variables": dict(self.site.variables),
            "author": self.author, "name": self.name,
        }  # fmt: skip

    def fired(self, words: Mapping[str, Any], context: Context | None) -> None:
        """Its plugin says so."""
        own = {key: value for key, value in words.items() if key not in OF_ALL_KINDS}
        variables = {"platform": self.kind, "description": self.kind, **own}
        if self._held is None:
            self.site.fire(variables, context)
        elif len(self._held) < MOST_HELD:
            self._held.append((variables, context))

    def release(self) -> None:
        """Whoever attached it knows of it by now: what was held back fires."""
        held, self._held = self._held or [], None
        for variables, context in held:
            self.site.fire(variables, context)
