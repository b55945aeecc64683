"""What can go wrong, as the reader meets it: a sentence for a person, a code for a client.

LinliError
├── RequestError            the caller asked for something that cannot be done; HTTP 400
│   ├── NotFound            no such entity, service, user …; 404 (also for what the reader may not know of)
│   ├── InvalidRequest      a value of the wrong shape; carries the path; 400
│   ├── NotSupported        the thing exists and is of the right shape, but cannot do this; 400
│   ├── Forbidden           the reader may see it but not do it; 401/403
│   └── Busy                a bound was reached; come again later; 429/503
├── HandlerFailed           a plugin's code failed while it served the caller; charged to it already
├── DeploymentError         the YAML is at fault; carries positions
└── ContractError           a plugin breaks the contract; charged to it
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class LinliError(Exception):
    """Root of all errors that linli raises on purpose."""

    code: ClassVar[str] = "unknown_error"

    def __init__(
        self, message: str = "", *, key: str | None = None, parameters: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message or key or self.code)
        self.key = key
        """Translation key, for what a person reads; the message is English, for logs and developers."""
        self.parameters: Mapping[str, Any] = parameters or {}


class RequestError(LinliError):
    """The caller asked for something that cannot be done."""

    code = "home_assistant_error"


class NotFound(RequestError):
    """What was named does not exist, or not for this reader: one answer for both."""

    code = "not_found"


class InvalidRequest(RequestError):
    """A value has the wrong shape; ``path`` says which."""

    code = "invalid_format"

    def __init__(
        self,
        message: str,
        *,
        path: tuple[str | int, ...] = (),
        key: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, key=key, parameters=parameters)
        self.path = path


class NotSupported(RequestError):
    """What was asked for is well-formed, but this thing, in this state, cannot do it."""

    code = "service_validation_error"


class Busy(RequestError):
    """A bound was reached (a queue, a rate); nothing was done, the caller may come again."""

    code = "too_many_requests"


class HandlerFailed(LinliError):
    """A plugin's code failed while it served the caller; its plugin was charged, the cause is chained."""

    code = "unknown_error"


class Forbidden(RequestError):
    """The reader may know of it but not do this."""

    code = "unauthorized"


class DeploymentError(LinliError):
    """The deployment does not pass its check; ``lines`` are the report's lines, ready to print."""

    code = "invalid_config"

    def __init__(self, message: str, lines: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.lines = lines


class ContractError(LinliError):
    """A plugin does what its contract or manifest does not allow; charged to it."""

    code = "contract_broken"
