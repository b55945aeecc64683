"""What this plugin refuses.

RequestError
├── PayloadTooLarge    the body is longer than the route takes; 413
└── TooSlow            the body did not come in time; 408
NotReady               the address cannot be listened at, for now
"""

import errno
from typing import Final

from linli import NotReady, RequestError
from linli_http.settings import Settings

_WHY: Final = {
    errno.EADDRINUSE: "port_taken",
    errno.EACCES: "port_forbidden",
    errno.EADDRNOTAVAIL: "not_our_address",
}


class PayloadTooLarge(RequestError):
    """The body is longer than the route takes."""

    code = "payload_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"Maximum request body size {limit} exceeded", key="http.too_large")
        self.limit = limit


class TooSlow(RequestError):
    """The body did not come in time."""

    code = "request_timeout"

    def __init__(self) -> None:
        super().__init__("The request body did not come in time", key="http.too_slow")


def cannot_listen(settings: Settings, error: OSError) -> NotReady:
    """Why nobody can open the hub, as a person can mend it."""
    hosts, reason = ", ".join(settings.host), error.strerror or str(error)
    return NotReady(
        f"cannot listen at {hosts} port {settings.port}: {reason}",
        key=f"http.{_WHY.get(error.errno or 0, 'cannot_listen')}",
        parameters={"hosts": hosts, "port": settings.port, "reason": reason},
    )
