"""Moments as clients write them."""

from datetime import UTC, datetime, tzinfo


def moment(text: str, zone: tzinfo) -> float | None:
    """ISO 8601 as seconds since 1970 (UTC); without an offset it is a time of ``zone``. None: it cannot be read."""
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None
