"""What an access token is narrowed to; it goes with every context of whoever came in by it."""

from collections.abc import Mapping
from dataclasses import dataclass
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


def _names(value: Mapping[str, Any], key: str) -> frozenset[str] | None:
    names = value.get(key)
    if names is None:
        return None
    if not isinstance(names, (list, tuple, set, frozenset)) or not all(isinstance(name, str) for name in names):
        raise InvalidRequest(f"{key} is a list of names", path=("scope", key))
    return frozenset(names)
