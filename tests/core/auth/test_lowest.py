"""A chain of causes has the lowest right in it."""

from linli.auth import User, View, Views, World
from linli.auth.lowest import Lowest, LowestView
from linli.auth.model import User as AnyUser
from linli.children.contexts import Contexts
from linli.context import Context
from linli.ids import EntityId, PlaceId, PluginDomain, UserId
from linli.plugin.wire import cross
from linli.scope import Bound, Scope
from linli.states import State
from linli.testing.facts import SetFacts

RULES = PluginDomain("automation")


class Home:
    """Two flats, an administrator, and a resident of the first."""

    def __init__(self) -> None:
        self.users: dict[UserId, AnyUser] = {
            UserId("admin"): User(UserId("admin"), "a", "admin"),
            UserId("resident"): User(UserId("resident"), "r", "resident", places=(PlaceId("one"),)),
        }
        facts = SetFacts({"lock.one": PlaceId("one"), "light.one": PlaceId("one"), "light.two": PlaceId("two")})
        self.views = Views(self.users.get, World(entities=facts))
        self.lowest = Lowest(self.views, lambda entity_id: entity_id.startswith("lock."))

    def view_of(self, context: Context):
        return self.lowest.view_of(context)


def ruled(context: Context, *names: str, author: str | None = None, admin: bool = True) -> Context:
    return context.by_rule(Bound(author, None, "automation.x", frozenset(names), admin), RULES)


def test_without_a_chain_it_is_the_view_of_the_user() -> None:
    home = Home()
    assert home.view_of(Context()) is home.views.everything
    assert home.view_of(Context(UserId("resident"))) is home.views.for_user(UserId("resident"))


def test_a_rule_of_the_deployment_may_all_but_the_guarded_that_it_does_not_name() -> None:
    view = Home().view_of(ruled(Context()))
    assert view.controls("light.two")
    assert view.sees("lock.one")
    assert not view.controls("lock.one")
    assert Home().view_of(ruled(Context(), "lock.one")).controls("lock.one")


def test_a_rule_does_for_a_user_no_more_than_the_user_may() -> None:
    view = Home().view_of(ruled(Context(UserId("resident")), "lock.one"))
    assert view.controls("lock.one")
    assert not view.controls("light.two")
    assert not view.sees("light.two")
    assert not view.may("admin")


def test_a_rule_has_no_more_rights_than_its_author_whoever_sets_it_going() -> None:
    view = Home().view_of(ruled(Context(UserId("admin")), author="resident"))
    assert view.controls("light.one")
    assert not view.controls("light.two")


def test_every_further_link_takes_away_and_none_gives() -> None:
    home = Home()
    weak = ruled(Context(), author="resident")
    strong = ruled(weak.child(), "lock.one")
    assert not home.view_of(strong).controls("light.two")
    assert not home.view_of(strong).controls("lock.one")
    assert home.view_of(ruled(ruled(Context(), "lock.one"), "lock.one")).controls("lock.one")


def test_the_right_ends_with_the_right_of_the_author() -> None:
    home = Home()
    context = ruled(Context(), author="admin")
    assert home.view_of(context).controls("light.two")
    home.users[UserId("admin")] = User(UserId("admin"), "a", "resident", places=(PlaceId("one"),))
    home.views.user_changed(UserId("admin"))
    assert not home.view_of(context).controls("light.two")


def test_a_narrowed_token_stays_narrowed_in_the_chain() -> None:
    user = Context(UserId("admin"), scope=Scope(read_only=True))
    view = Home().view_of(ruled(user))
    assert view.sees("light.two")
    assert not view.controls("light.two")


def test_who_asks_again_gets_the_same_view() -> None:
    home = Home()
    context = ruled(Context(UserId("resident")))
    assert home.view_of(context) is home.view_of(context.child())


def test_services_of_administrators_only_where_the_rule_names_them() -> None:
    assert Home().view_of(ruled(Context())).may("admin")
    assert not Home().view_of(ruled(Context(), admin=False)).may("admin")


def test_what_any_link_does_not_see_is_not_told() -> None:
    view = Home().view_of(ruled(Context(UserId("resident"))))
    assert view.mask(State(EntityId("light.two"), "on", {}, 1.0, 2.0, Context())) is None
    assert view.mask(State(EntityId("light.one"), "on", {}, 1.0, 2.0, Context())) is not None


def test_the_chain_passes_the_door() -> None:
    context = ruled(Context(UserId("resident"), scope=Scope(domains=frozenset({"light"}))), "lock.one")
    assert cross(context).bounds == context.bounds
    assert cross(context.child()).bounds == context.bounds


def test_a_consequence_of_a_plugin_in_a_process_of_its_own_keeps_the_chain() -> None:
    contexts = Contexts(PluginDomain("elsewhere"))
    given = contexts.give(ruled(Context(UserId("resident"))))
    told = {"id": "c", "parent_id": given.id, "user_id": None}
    assert contexts.read(told, 0, {}).bounds == given.bounds


def test_every_question_that_a_view_answers_is_answered_by_all_parts() -> None:
    of_the_views_room = {"forget", "forgot", "known", "redecide", "turned", "watched", "rights"}
    by_others = {"state_json", "everything"}
    questions = {name for name in vars(View) if not name.startswith("_")} - of_the_views_room - by_others
    assert questions <= set(vars(LowestView))
