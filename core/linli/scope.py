"""What narrows the rights behind a context: a token's scope, and the rules in the chain of causes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from linli.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token is narrowed to; it never gives more than its user has. None in a field: not narrowed there."""

    read_only: bool = False
    domains: frozenset[str] | None = None
    entity_ids: frozenset[str] | None = None
    permissions: frozenset[str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as they are stored."""
        value: dict[str, Any] = {"read_only": self.read_only}
        for name in ("domains", "entity_ids", "permissions"):
            names = getattr(self, name)
            if names is not None:
                value[name] = sorted(names)
        return value

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Scope":
        """From plain values; raises InvalidRequest for anything it does not know (never a wider scope by mistake)."""
        unknown = set(value) - {"read_only", "domains", "entity_ids", "permissions"}
        if unknown:
            raise InvalidRequest(f"a scope has no {', '.join(sorted(unknown))}", path=("scope",))
        read_only = value.get("read_only", False)
        if not isinstance(read_only, bool):
            raise InvalidRequest("read_only is true or false", path=("scope", "read_only"))
        return cls(read_only, _names(value, "domains"), _names(value, "entity_ids"), _names(value, "permissions"))


@dataclass(frozen=True, slots=True)
class Bound:
    """A link in a chain of causes; whatever follows has no more rights than it (SAFETY 17)."""

    user_id: str | None = None
    """A user who caused it, or who wrote the rule; None: nobody, or the deployment, from whom nothing is kept."""
    scope: Scope | None = None
    """What that user's token was narrowed to."""
    rule: str | None = None
    """Which rule; None: a user and no rule."""
    names: frozenset[str] = frozenset()
    """Of a rule: the locks, panels, door releases and sirens that it names one by one; it controls no others."""
    admin: bool = True
    """Of a rule: it may call the services of administrators (it names the one that it calls)."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as they are stored of what goes on after a restart."""
        scope = None if self.scope is None else self.scope.as_dict()
        return {
            "user_id": self.user_id, "scope": scope, "rule": self.rule, "names": sorted(self.names),
            "admin": self.admin,
        }  # fmt: skip

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Bound":
        """What :meth:`as_dict` gave."""
        scope = None if value["scope"] is None else Scope.of(value["scope"])
        return cls(value["user_id"], scope, value["rule"], frozenset(value["names"]), value["admin"])

    @staticmethod
    @lru_cache(maxsize=1024)
    def shared(
        user_id: str | None, scope: Scope | None = None, rule: str | None = None,
        names: frozenset[str] = frozenset(), admin: bool = True,
    ) -> "Bound":  # fmt: skip
        """The link of these rights, made once: a rule has the same one in all its runs."""
        return Bound(user_id, scope, rule, names, admin)


def _names(value: Mapping[str, Any], key: str) -> frozenset[str] | None:
    names = value.get(key)
    if names is None:
        return None
    if not isinstance(names, (list, tuple, set, frozenset)) or not all(isinstance(name, str) for name in names):
        raise InvalidRequest(f"{key} is a list of names", path=("scope", key))
    return frozenset(names)
