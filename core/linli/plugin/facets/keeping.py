"""What is kept: documents, and the journal."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linli.context import Context
from linli.errors import ContractError
from linli.plugin.facets.facet import Facet
from linli.storage.actor import Actor

if TYPE_CHECKING:
    from linli.storage import Document


class DocumentsFacet(Facet):
    """Documents of this plugin (rows with key, revision and compare-and-swap): commands."""

    def _kind(self, kind: str) -> str:
        return f"{self._ctx.domain}.{kind}"

    async def load(self, kind: str) -> "dict[str, Document]":
        """Every document of a kind, by key."""
        return await self._rooms.storage.documents.load(self._kind(kind))

    async def put(self, kind: str, key: str, value: Any, *, expected: int | None = None) -> "Document":
        """Write one; has committed after. ``expected`` is the revision it replaces: another raises Conflict."""
        return await self._rooms.storage.documents.put(
            self._kind(kind), key, self._rooms.cross(value), expected=expected
        )

    async def delete(self, kind: str, key: str) -> None:
        """Remove one; absent is fine."""
        await self._rooms.storage.documents.delete(self._kind(kind), key)


class JournalFacet(Facet):
    """What was done, by whom: a command. With a row of ``safety_db`` use ``tx.journal`` in its transaction."""

    async def record(
        self, action: str, *, subject: str | None = None, details: Mapping[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:  # fmt: skip
        """Write one row; has committed after. Its action begins with the plugin's domain, its actor names the plugin.

        So what the core records (``token.revoked``) only the core can have recorded.
        """
        domain = self._ctx.domain
        if not action.startswith(f"{domain}."):
            raise ContractError(f"{domain} records {action}; its actions begin with {domain}.")
        actor = replace(Actor.of(self._cause(context)), plugin=domain)
        await self._rooms.storage.journal.append(action, actor=actor, subject=subject, details=dict(details or {}))
