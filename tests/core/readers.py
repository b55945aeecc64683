"""Readers for tests: what each may do, said by lists."""

from dataclasses import dataclass
from typing import cast

from linli.auth.view import View


@dataclass
class Reader:
    """A view that sees and controls what it is told to; ``None`` means all."""

    sees_only: frozenset[str] | None = None
    controls_only: frozenset[str] | None = None
    permissions: frozenset[str] = frozenset({"admin", "services.call"})

    def sees(self, entity_id: str) -> bool:
        return self.sees_only is None or entity_id in self.sees_only

    def controls(self, entity_id: str) -> bool:
        return self.sees(entity_id) and (self.controls_only is None or entity_id in self.controls_only)

    def conceals(self, service: str, owner: str) -> bool:
        return False

    def sees_item(self, item: str, item_id: str) -> bool:
        return True

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    @property
    def view(self) -> View:
        """Typed as what the rooms ask for."""
        return cast("View", self)
