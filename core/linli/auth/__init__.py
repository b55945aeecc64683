"""Who may come in and what they see: users, tokens and log-in, and rights compiled into views."""

from typing import TYPE_CHECKING

from linli.auth.decider import World
from linli.auth.model import COMMAND_ACTOR, HUB_ACTOR, Ban, Grant, Token, TokenType, User
from linli.auth.policy import PERMISSIONS, SHIPPED_ROLES, EntityGrant, Role
from linli.auth.reader import Reader
from linli.auth.session import Session
from linli.auth.view import Turn, View
from linli.auth.views import Views
from linli.later import later
from linli.scope import Scope

if TYPE_CHECKING:
    from linli.auth.auth import AUTH_HISTORY, Auth, AuthSettings
else:
    __getattr__ = later(__name__, dict.fromkeys(("AUTH_HISTORY", "Auth", "AuthSettings"), "linli.auth.auth"))

__all__ = [
    "AUTH_HISTORY",
    "COMMAND_ACTOR",
    "HUB_ACTOR",
    "PERMISSIONS",
    "SHIPPED_ROLES",
    "Auth",
    "AuthSettings",
    "Ban",
    "EntityGrant",
    "Grant",
    "Reader",
    "Role",
    "Scope",
    "Session",
    "Token",
    "TokenType",
    "Turn",
    "User",
    "View",
    "Views",
    "World",
]
