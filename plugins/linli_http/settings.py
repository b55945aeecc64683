"""What the YAML says, as values; the only form that the other files see."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds against the careless and the malicious; nothing here keeps a safety signal out."""

    connections: int
    keep_alive: timedelta
    connections_per_address: int
    requests_per_second: float
    requests_at_once: int
    anonymous_per_second: float
    anonymous_at_once: int
    body_within: timedelta
    message_size: int
    socket_messages: int
    socket_bytes: int
    socket_stalled: timedelta


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate chain and its key, as PEM files."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Settings:
    """One server."""

    host: tuple[str, ...]
    port: int
    tls: Tls | None
    insecure: bool
    use_x_forwarded_for: bool
    trusted_proxies: tuple[str, ...]
    cors_allowed_origins: tuple[str, ...]
    names: tuple[str, ...]
    ip_ban_enabled: bool
    login_attempts_threshold: int
    limits: Limits

    @classmethod
    def of(cls, section: dict[str, Any]) -> Self:
        """From the validated section."""
        tls = section.get("tls")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in section.items()
        }
        values |= {"tls": None if tls is None else Tls(**tls), "limits": Limits(**section["limits"])}
        if isinstance(values["host"], str):
            values["host"] = (values["host"],)
        return cls(**values)
