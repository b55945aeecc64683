"""Whose word a context is worth that comes from a child: only what the hub handed there comes back as it was."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final

from linli.context import Context
from linli.errors import ContractError
from linli.ids import PluginDomain, UserId
from linli.plugin.wire import unpack
from linli.scope import Scope

KEPT: Final = 5_000
LONGEST_ID: Final = 64


class Contexts:
    """The contexts that were handed to one child, the newest of them."""

    def __init__(self, domain: PluginDomain) -> None:
        self._domain = domain
        self._given: OrderedDict[str, Context] = OrderedDict()

    def give(self, context: Context) -> Context:
        """Remember one that goes to the child; gives it back."""
        given = self._given
        given[context.id] = context
        if len(given) > KEPT:
            given.popitem(last=False)
        return context

    def give_all(self, arguments: Iterable[Any], depth: int = 2) -> None:
        """Remember those among the arguments of a call (a hook's, an API command's), so that what the child does on
        their behalf keeps its bounds."""
        for value in arguments:
            if isinstance(value, Context):
                self.give(value)
            elif depth and isinstance(value, tuple | dict):
                self.give_all(value.values() if isinstance(value, dict) else value, depth - 1)

    def read(self, tree: Any, depth: int, by: Any) -> Context:
        """One that came: the same that went there, a consequence of one that did, or the plugin's own.

        A user whom the child names itself is not vouched for: the door asks for ``act_for_user``.
        """
        context_id, parent_id, user_id = tree["id"], tree["parent_id"], tree["user_id"]
        for text in (context_id, parent_id, user_id):
            if text is not None and not (isinstance(text, str) and len(text) <= LONGEST_ID):
                raise ContractError("what stands for a context is none")
        known = self._given.get(context_id)
        if known is not None:
            return known
        parent = self._given.get(parent_id)
        if parent is not None and parent.user_id == user_id:
            child = Context(parent.user_id, parent.id, self._domain, parent.purpose, context_id, parent.scope)
            child.vouched = parent.vouched
            child.bounds = parent.bounds
        else:
            scope = unpack(tree.get("scope"), by)
            if not isinstance(scope, Scope | None):
                raise ContractError("what stands for a context's scope is none")
            user = None if user_id is None else UserId(user_id)
            child = Context(user, parent_id, self._domain, id=context_id, scope=scope)
        return self.give(child)
