"""What is the owners' is done for nobody else, whoever's rule does it."""

import pytest

from linli.auth.model import User
from linli.auth.owning import owns
from linli.context import Context
from linli.ids import PluginDomain, UserId
from linli.scope import Bound

ANNA, CEM = UserId("anna"), UserId("cem")
USERS = {ANNA: User(ANNA, "Anna", "admin", is_owner=True), CEM: User(CEM, "Cem", "admin")}


def ruled(cause: Context, author: UserId | None) -> Context:
    return cause.by_rule(Bound(author, rule="automation.x"), PluginDomain("automation"))


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (Context(), True),
        (Context(ANNA), True),
        (Context(CEM), False),
        (Context(UserId("gone")), False),
        (ruled(Context(), None), True),
        (ruled(Context(ANNA), None), True),
        (ruled(Context(), ANNA), True),
        (ruled(Context(), CEM), False),
        (ruled(Context(CEM), ANNA), False),
        (ruled(ruled(Context(), CEM), ANNA), False),
    ],
    ids=[
        "the hub", "an owner", "an administrator", "nobody any more", "the deployment's rule",
        "the deployment's rule, set going by an owner", "an owner's rule", "an administrator's rule",
        "an owner's rule, set going by an administrator", "an owner's rule after an administrator's",
    ],
)  # fmt: skip
def test_everybody_in_the_chain_has_to_be_an_owner(context: Context, expected: bool) -> None:
    assert owns(USERS.get, context) is expected
