"""Somebody who was let in: their user, their token, and the view through which they read."""

from collections.abc import Callable

from linli.auth.expiry import Lifetime
from linli.auth.model import Token, User
from linli.auth.reader import Reader
from linli.auth.view import Turn, View
from linli.bus import Unsubscribe
from linli.context import Context
from linli.ids import TokenId, UserId


class Session:
    """What an access token stands for. Shared by all requests with that token; ``view`` and ``user`` are always the
    present ones. That it ends is told by ``Auth.watch_token``."""

    __slots__ = ("_user_of", "lifetime", "local_only", "reader", "token", "used_at", "used_from")

    def __init__(
        self, token: Token, lifetime: Lifetime, reader: Reader, local_only: bool, user_of: Callable[[str], User | None]
    ) -> None:
        self.token = token
        self.lifetime = lifetime
        """Of the access token; an open socket lives as long as its token does, as with Home Assistant."""
        self.reader = reader
        self.local_only = local_only
        self.used_at: float | None = None
        """When the token was last shown, and from where; None: not since that was last written down."""
        self.used_from: str | None = None
        self._user_of = user_of

    @property
    def user_id(self) -> UserId:
        return self.token.user_id

    @property
    def token_id(self) -> TokenId:
        return self.token.id

    @property
    def user(self) -> User | None:
        """The user as it is now; None: removed since."""
        return self._user_of(self.token.user_id)

    @property
    def view(self) -> View:
        """What may be seen and done now; ask anew after every await."""
        return self.reader.view

    def context(self) -> Context:
        """A new cause: this user, with no more rights than the token has."""
        return Context(self.token.user_id, purpose=self.reader.purpose, scope=self.token.scope).vouch()

    def watch(self, callback: Callable[[Turn], None]) -> Unsubscribe:
        """Have ``callback`` told, in the same loop iteration, when what this session sees changes."""
        return self.reader.watch(callback)
