"""Authorization codes: what a log-in ends with, exchanged once within ten minutes by the client that asked for it."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from linli.auth.secret import Kind, digest, new_secret
from linli.clock import Clock
from linli.ids import UserId

GOOD_FOR_S: Final = 600.0
"""RFC 6749, 4.1.2: at most ten minutes."""
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for."""

    client_id: str
    user_id: UserId
    ends: float
    credential: bytes | None
    """Digest of the password's hash that the log-in was verified with; another one since then voids the code."""


class Codes:
    """Codes live in memory only; a restart voids them. At most :data:`MOST`, the oldest go first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: OrderedDict[bytes, Code] = OrderedDict()

    def issue(self, client_id: str, user_id: UserId, credential: bytes | None = None) -> str:
        """A code for this client; ``credential``: of the password that was shown for it, None where none was."""
        code = new_secret(Kind.CODE)
        self._codes[digest(code)] = Code(client_id, user_id, self._clock.monotonic() + GOOD_FOR_S, credential)
        while len(self._codes) > MOST:
            self._codes.popitem(last=False)
        return code

    def take(self, client_id: str, code: str) -> UserId | None:
        """Whose log-in the code stands for; it is spent, also by a client it was not made for."""
        found = self.spend(client_id, code)
        return None if found is None else found.user_id

    def spend(self, client_id: str, code: str) -> Code | None:
        """The same, with what the log-in was verified with."""
        found = self._codes.pop(digest(code), None)
        if found is None or found.client_id != client_id or found.ends <= self._clock.monotonic():
            return None
        return found

    def forget_user(self, user_id: UserId) -> None:
        """Void the codes of a user who may not come in any more, or not with what they were made for."""
        for key in [key for key, code in self._codes.items() if code.user_id == user_id]:
            del self._codes[key]
