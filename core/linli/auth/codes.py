"""Authorization codes: what a log-in ends with, exchanged once within ten minutes by the client that asked for it."""

from collections import OrderedDict
from typing import Final

from linli.auth.secret import Kind, digest, new_secret
from linli.clock import Clock
from linli.ids import UserId

GOOD_FOR_S: Final = 600.0
"""RFC 6749, 4.1.2: at most ten minutes."""
MOST: Final = 1000


class Codes:
    """Codes live in memory only; a restart voids them. At most :data:`MOST`, the oldest go first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: OrderedDict[bytes, tuple[str, UserId, float]] = OrderedDict()

    def issue(self, client_id: str, user_id: UserId) -> str:
        """A code for this client."""
        code = new_secret(Kind.CODE)
        self._codes[digest(code)] = (client_id, user_id, self._clock.monotonic() + GOOD_FOR_S)
        while len(self._codes) > MOST:
            self._codes.popitem(last=False)
        return code

    def take(self, client_id: str, code: str) -> UserId | None:
        """Whose log-in the code stands for; it is spent, also by a client it was not made for."""
        found = self._codes.pop(digest(code), None)
        if found is None or found[0] != client_id or found[2] <= self._clock.monotonic():
            return None
        return found[1]

    def forget_user(self, user_id: UserId) -> None:
        """Void the codes of a user who may not come in any more."""
        for key in [key for key, (_, owner, _) in self._codes.items() if owner == user_id]:
            del self._codes[key]
