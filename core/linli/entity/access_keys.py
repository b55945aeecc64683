"""Keys by which the address of a picture opens it without a header, as an ``<img>`` needs it."""

import hmac
import secrets
from typing import Final

BYTES: Final = 32
ROTATE_EVERY_S: Final = 300.0
"""Home Assistant's figure; a key opens for one or two of these."""


class AccessKeys:
    """Of one entity: the key that its attributes show now, and the one before it, with which a page may still load."""

    __slots__ = ("_before", "current")

    def __init__(self) -> None:
        self.current = secrets.token_hex(BYTES)
        self._before: str | None = None

    def open(self, key: str) -> bool:
        """Whether ``key`` is one of them; takes as long for every wrong one."""
        given = key.encode(errors="replace")
        now, before = (hmac.compare_digest(given, (each or "").encode()) for each in (self.current, self._before))
        return now or (before and self._before is not None)

    def rotate(self) -> None:
        """Show a new key; the one that was shown opens until the next time."""
        self._before, self.current = self.current, secrets.token_hex(BYTES)

    def renew(self) -> None:
        """Show a new key; none that was shown before opens any more."""
        self._before, self.current = None, secrets.token_hex(BYTES)
