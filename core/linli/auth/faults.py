"""What the room of users has to tell a person, as repair issues that stand until it is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from linli.auth.auth import CLOCK_BEHIND, OWNER_MISSING, STORE_DAMAGED
from linli.ids import CORE
from linli.issues import Severity
from linli.messages import Message

if TYPE_CHECKING:
    from linli.auth.auth import Auth
    from linli.issues import Issues

SEVERITIES: Final = {
    STORE_DAMAGED: Severity.CRITICAL,
    OWNER_MISSING: Severity.CRITICAL,
    CLOCK_BEHIND: Severity.ERROR,
}


def report_to(issues: Issues, auth: Auth) -> None:
    """Raise what stands now, and follow it; a trouble that passes clears its issue."""

    def tell(key: str | None) -> None:
        for other in SEVERITIES:
            if other != key:
                issues.clear(CORE, other)
        if key is not None:
            issues.raise_issue(CORE, key, severity=SEVERITIES[key], message=Message(key))

    auth.on_trouble(tell)
