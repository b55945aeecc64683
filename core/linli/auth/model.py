"""The nouns of the room: users and tokens. Pure values; times are seconds since 1970."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from linli.ids import PersonId, PlaceId, TokenId, UserId
from linli.scope import Scope
from linli.storage.actor import Actor

COMMAND_ACTOR: Final = Actor("command")
"""Whoever works at the hub's own command line."""
HUB_ACTOR: Final = Actor("system")
"""The hub itself (a ban, a stolen secret)."""


class TokenType(StrEnum):
    """Home Assistant's three kinds, by the names that its clients know."""

    NORMAL = "normal"
    """A browser or app that logged in: 90 days from its last use."""
    LONG_LIVED = "long_lived_access_token"
    """Made once by its user for a program."""
    SYSTEM = "system"
    """Of a user that the hub or a plugin made."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in or hold a token; ``role`` names a role of the deployment."""

    id: UserId
    name: str
    role: str
    username: str | None = None
    """Normalised; None: cannot log in with a password."""
    is_owner: bool = False
    is_active: bool = True
    system_generated: bool = False
    local_only: bool = False
    places: tuple[PlaceId, ...] | None = ()
    """The rights of the role hold in these places and whatever lies inside them; None: a command made the user and
    left it to the deployment, which decides when its hub first sees the user. Until then there is no place."""
    person: PersonId | None = None
    language: str | None = None
    time_zone: str | None = None
    has_password: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A right to come in that lasts: Home Assistant's refresh token, without its secret (only a hash is kept)."""

    id: TokenId
    user_id: UserId
    type: TokenType
    created_at: float
    client_id: str | None = None
    client_name: str | None = None
    client_icon: str | None = None
    last_used_at: float | None = None
    last_used_ip: str | None = None
    expires_at: float | None = None
    access_lifetime_s: float = 1800.0
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token request is answered with; the only place where secrets stand in clear."""

    token: Token
    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str | None = field(default=None, repr=False)
    """None: the client keeps the one that it has."""


@dataclass(frozen=True, slots=True)
class Ban:
    """An address (or IPv6 /64) that is shut out."""

    network: str
    banned_at: float
    until: float | None
    """None: until somebody lifts it."""
