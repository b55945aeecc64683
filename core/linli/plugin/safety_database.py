"""``safety.db`` through the door of one plugin: transactions whose journal rows name who really acts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from linli.context import Context
from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.storage.actor import Actor
from linli.storage.database import Database
from linli.storage.journal_writer import RowId
from linli.storage.transaction import Transaction

T = TypeVar("T")


class SafetyTransaction(Transaction):
    """A transaction of ``safety.db`` in which one plugin journals in its own name or that of the call's user."""

    def __init__(self, tx: Transaction, owner: PluginDomain, actor: Actor) -> None:
        super().__init__(tx._backend, tx.connection, tx.now_us, tx._journal, writable=tx._writable)
        self._changed = tx._changed
        self._owner = owner
        self._actor: Final = actor

    def journal(
        self,
        action: str,
        *,
        actor: Actor | None = None,
        subject: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> RowId:
        """Append a row; it is committed with what else this transaction does, or not at all.

        Its action begins with the plugin's domain. Its actor is whoever stands behind the context that the transaction
        was given, through this plugin; naming another raises ContractError.
        """
        if not action.startswith(f"{self._owner}."):
            raise ContractError(f"{self._owner} records {action}; its actions begin with {self._owner}.")
        if actor is not None and actor != self._actor:
            raise ContractError(f"{self._owner} records {action} in another's name; give the transaction its context")
        return super().journal(action, actor=self._actor, subject=subject, details=details)


class SafetyDatabase:
    """``safety.db`` as one plugin has it."""

    def __init__(self, database: Database, owner: PluginDomain, cause: Callable[[Context | None], Context]) -> None:
        """``cause`` refuses a user whom the hub did not hand the plugin."""
        self._database = database
        self._owner = owner
        self._cause = cause

    async def transaction(self, work: Callable[[SafetyTransaction], T], *, context: Context | None = None) -> T:
        """The result of ``work(tx)`` once it is committed; raises what :meth:`linli.Database.transaction` does.

        ``context``: in whose name ``tx.journal`` writes; None: the plugin's own.
        """
        actor = replace(Actor.of(self._cause(context)), plugin=self._owner)
        return await self._database.transaction(lambda tx: work(SafetyTransaction(tx, self._owner, actor)))

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """The result of ``work(tx)`` on one snapshot, which holds no writer up; what it returns is plain values."""
        return await self._database.read(work)
