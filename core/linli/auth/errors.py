"""Why somebody was not let in, or a change to users was refused.

RequestError
├── InvalidAuth           wrong name, password, token or code; one answer for all of them; 401
├── LoginsClosed          the credential store is damaged: nobody is let in, the rest runs; 503
├── InvalidGrant          a token request (OAuth) that cannot be granted; carries OAuth's word for it
├── SetupRefused          the set-up secret is wrong, spent or too old, or the page came from elsewhere; 403
├── Busy
│   └── TooManyAttempts   come again in ``retry_after`` seconds; 429
├── Forbidden
│   ├── AddressBanned     this address failed too often; 403
│   └── LoginBlocked      the password was right, but this user may not come in (from here); 403
└── InvalidRequest
    ├── UsernameTaken     another user has this name to log in with
    └── WeakPassword      too short, or the user's own name
"""

from typing import Final

from linli.errors import Busy, Forbidden, InvalidRequest, RequestError


class InvalidAuth(RequestError):
    """Wrong name, wrong password, no such token: never said which."""

    code = "invalid_auth"

    def __init__(self) -> None:
        super().__init__("Invalid authentication", key="auth.invalid")


class LoginsClosed(RequestError):
    """The credential store cannot be trusted, so nobody new is let in until it is mended."""

    code = "logins_closed"

    def __init__(self) -> None:
        super().__init__("The store of users is damaged; log-in is closed until it is mended", key="auth.closed")


class InvalidGrant(RequestError):
    """What OAuth calls an error response; ``error`` is its word, and ``status`` the HTTP status that goes with it."""

    def __init__(self, error: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(description or error)
        self.error = error
        self.description = description
        self.status = status

    def as_dict(self) -> dict[str, str]:
        """The body of the answer (RFC 6749, 5.2)."""
        return {"error": self.error} | ({} if self.description is None else {"error_description": self.description})


class SetupRefused(RequestError):
    """A set-up call that does not carry what it must."""

    code = "setup_refused"

    def __init__(self, key: str) -> None:
        super().__init__(SETUP_SENTENCES[key], key=f"auth.setup.{key}")


SETUP_SENTENCES: Final = {
    "closed": "There is an owner already; the command line on this machine can open the set-up again",
    "secret": "This set-up link is wrong, used or too old; start the hub again for a new one",
    "host": "The set-up page must be opened under one of the hub's own names",
    "origin": "The set-up page must come from this hub",
}


class TooManyAttempts(Busy):
    """Too many failures lately; nothing was tried."""

    def __init__(self, retry_after: float) -> None:
        seconds = max(1, round(retry_after + 0.5))
        super().__init__(
            f"Too many attempts; try again in {seconds} s", key="auth.too_many", parameters={"seconds": seconds}
        )
        self.retry_after = retry_after


class AddressBanned(Forbidden):
    """The caller's address is shut out for a while."""

    def __init__(self) -> None:
        super().__init__("This address is banned after too many failed log-ins", key="auth.banned")


class LoginBlocked(Forbidden):
    """Who they are is proved; they may not come in."""

    def __init__(self, reason: str, key: str) -> None:
        super().__init__(reason, key=key)
        self.reason = reason


class UsernameTaken(InvalidRequest):
    """Names to log in with are told apart after normalising."""

    def __init__(self) -> None:
        super().__init__("This user name is taken", path=("username",))
        self.key = "auth.username_taken"


class WeakPassword(InvalidRequest):
    """What a password must be is in ``names.py``."""

    def __init__(self, message: str, key: str, **parameters: object) -> None:
        super().__init__(message, path=("password",))
        self.key = key
        self.parameters = parameters
