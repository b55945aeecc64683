"""What this plugin refuses.

RequestError
├── PayloadTooLarge    the body is longer than the route takes; 413
└── TooSlow            the body did not come in time; 408
DeploymentError
└── OpenWithoutTls     the hub would be reached from other machines in clear
"""

from linli import RequestError


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
