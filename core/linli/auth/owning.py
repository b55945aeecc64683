"""Whether an owner of the hub stands behind a cause: asked where no role is enough (SAFETY 18).

An owner is a user who was made one, by the first set-up or on the command line (``User.is_owner``).
"""

from collections.abc import Callable

from linli.auth.model import User
from linli.context import Context
from linli.ids import UserId


def owns(user_of: Callable[[UserId], User | None], context: Context) -> bool:
    """Whether every user in the chain that led to this is an owner: nobody borrows it through a rule (SAFETY 17).

    The hub itself owns what it does, and so does the deployment, which is written by who holds the machine.
    """
    behind = {context.user_id, *(bound.user_id for bound in context.bounds)}
    users = [user_of(UserId(user_id)) for user_id in behind if user_id is not None]
    return all(user is not None and user.is_owner for user in users)
