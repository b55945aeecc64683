"""When what a reader sees changes, it is told at once and completely."""

import gc
from dataclasses import replace
from weakref import ref

from hypothesis import given
from hypothesis import strategies as st

from linli.auth import EntityGrant, Reader, Role, Scope, Turn, User, Views, World, decider
from linli.auth.policy import SHIPPED_ROLES
from linli.auth.view import ABSENT_REMEMBERED
from linli.ids import PersonId, PlaceId, UserId
from linli.testing.facts import SetFacts

ENTITIES = [f"light.{letter}" for letter in "abcdef"]
FLATS = ["flat1", "flat2", "root"]


class House:
    """Some flats, users and entities, and a screen per user that shows what its turns said."""

    def __init__(self, roles: dict[str, Role] | None = None) -> None:
        self.facts = SetFacts({entity: PlaceId("flat1") for entity in ENTITIES})
        self.users: dict[UserId, User] = {}
        self.inside: set[tuple[str, str]] = set()
        world = World(
            entities=self.facts,
            entity_ids=self.facts.ids,
            contains=self.contains,
            exists=lambda entity_id: entity_id in self.facts.places,
        )
        self.views = Views(self.users.get, world, roles or SHIPPED_ROLES)
        self.screens: dict[UserId, set[str]] = {}
        self.readers: dict[UserId, Reader] = {}
        self.turns: list[Turn] = []

    def contains(self, outer: PlaceId, inner: PlaceId) -> bool:
        return outer in (inner, "root") or (outer, inner) in self.inside

    def user(self, name: str, place: str = "flat1", role: str = "resident", person: str | None = None) -> UserId:
        user_id = UserId(name)
        self.users[user_id] = User(
            user_id, name, role, places=(PlaceId(place),), person=None if person is None else PersonId(person)
        )
        return user_id

    def change(self, user_id: UserId, **changes: object) -> None:
        self.users[user_id] = replace(self.users[user_id], **changes)  # type: ignore[arg-type]
        self.views.user_changed(user_id)

    def open_screen(self, user_id: UserId) -> Reader:
        reader = self.readers[user_id] = self.views.reader(user_id)
        screen = self.screens[user_id] = set()

        def turn(turn: Turn) -> None:
            self.turns.append(turn)
            assert turn.view is reader.view
            screen.difference_update(turn.removed)
            screen.update(turn.added)

        reader.watch(turn)
        screen.update(entity for entity in self.facts.places if reader.view.sees(entity))
        return reader

    def truth(self, user_id: UserId) -> set[str]:
        """Evaluated anew, without any memory."""
        fresh = Views(self.users.get, World(entities=self.facts, contains=self.contains), self.views.roles)
        return {entity for entity in self.facts.places if fresh.for_user(user_id).sees(entity)}


def test_equal_rights_are_one_view_and_others_are_not() -> None:
    house = House()
    one, two, three = house.user("1"), house.user("2"), house.user("3", "flat2")
    assert house.views.for_user(one) is house.views.for_user(two)
    assert house.views.for_user(one) is not house.views.for_user(three)
    assert house.views.for_user(one).generation != house.views.for_user(three).generation


def test_a_fact_is_asked_for_once() -> None:
    house = House()
    view = house.views.for_user(house.user("1"))
    for _ in range(5):
        assert view.sees("light.a")
    assert house.facts.asked == 1


def test_an_entity_that_moves_out_is_taken_away_before_anything_else_happens() -> None:
    house = House()
    reader = house.open_screen(house.user("1"))
    before = reader.view.generation
    house.facts.move("light.a", "flat2")
    assert [(set(turn.removed), set(turn.added)) for turn in house.turns] == [({"light.a"}, set())]
    assert reader.view.generation > before
    house.facts.move("light.a", "flat1")
    assert (set(house.turns[-1].removed), set(house.turns[-1].added)) == (set(), {"light.a"})


def test_what_changes_nothing_for_a_reader_turns_nothing() -> None:
    house = House()
    reader = house.open_screen(house.user("1"))
    generation = reader.view.generation
    house.facts.tell("light.a")
    house.facts.move("light.new", "flat1")
    assert house.turns == []
    assert reader.view.generation == generation
    assert reader.view.sees("light.new")


def test_an_entity_that_turns_out_to_be_about_somebody_else_goes() -> None:
    house = House()
    mine, theirs = house.user("1", person="me"), house.user("2", person="mother")
    house.open_screen(mine), house.open_screen(theirs)
    house.facts.concern("light.a", "mother")
    assert "light.a" not in house.screens[mine]
    assert "light.a" in house.screens[theirs]


def test_one_of_two_equal_users_moves_and_the_other_stays() -> None:
    house = House()
    one, two = house.user("1"), house.user("2")
    house.facts.move("light.b", "flat2")
    first, second = house.open_screen(one), house.open_screen(two)
    stays = second.view
    house.change(one, places=(PlaceId("flat2"),))
    assert house.screens[one] == {"light.b"}
    assert second.view is stays
    assert house.screens[two] == set(ENTITIES) - {"light.b"}
    house.facts.move("light.c", "flat2")
    assert house.screens[one] == {"light.b", "light.c"}
    assert first.view is not stays


def test_a_user_who_is_switched_off_sees_nothing_at_once() -> None:
    house = House()
    user = house.user("1", role="admin")
    reader = house.open_screen(user)
    house.change(user, is_active=False)
    assert house.screens[user] == set()
    assert not reader.view.may("admin")
    house.users.clear()
    house.views.user_changed(user)
    assert not house.views.for_user(user).sees("light.a")


def test_other_roles_move_every_reader() -> None:
    house = House()
    user = house.user("1")
    house.open_screen(user)
    house.views.set_roles({"resident": Role("resident", grants=(EntityGrant(domains=frozenset({"lock"})),))})
    assert house.screens[user] == set()


def test_another_mask_sends_the_entity_again() -> None:
    hiding = Role("hiding", grants=(EntityGrant(hide=frozenset({"code"})),))
    house = House({**SHIPPED_ROLES, "hiding": hiding})
    user = house.user("1")
    house.open_screen(user)
    house.change(user, role="hiding")
    assert house.turns[-1].added == set(ENTITIES)
    assert house.turns[-1].removed == set()


def test_a_changed_place_tree_touches_only_what_it_decides_otherwise() -> None:
    house = House()
    one, two = house.user("1", "flat1"), house.user("2", "flat2")
    house.facts.move("light.b", "flat2")
    house.open_screen(one), house.open_screen(two)
    asked = house.facts.asked
    house.inside.add(("flat1", "flat2"))
    house.views.relations_changed()
    assert [(set(turn.removed), set(turn.added)) for turn in house.turns] == [(set(), {"light.b"})]
    assert house.screens[one] == set(ENTITIES)
    assert house.facts.asked == asked


def test_a_screen_that_closed_is_told_nothing_and_kept_by_nobody() -> None:
    house = House()
    user = house.user("1")
    reader = house.views.reader(user)
    unwatch = reader.watch(house.turns.append)
    unwatch()
    house.facts.move("light.a", "flat2")
    house.change(user, is_active=False)
    assert house.turns == []
    gone = ref(reader.view)
    house.users.clear()
    house.views.user_changed(user)
    del reader
    gc.collect()
    assert gone() is None or gone() is house.views.nobody


def test_two_purposes_and_two_scopes_of_one_user_are_readers_of_their_own() -> None:
    house = House()
    user = house.user("1")
    narrow = house.views.reader(user, scope=Scope(entity_ids=frozenset({"light.a"})))
    assert house.views.reader(user) is not narrow
    assert narrow.view.sees("light.a")
    assert not narrow.view.sees("light.b")
    assert house.views.reader(user).view.sees("light.b")


def test_answers_about_made_up_ids_are_not_kept() -> None:
    house = House()
    reader = house.open_screen(house.user("1", place="root"))
    known, kinds = reader.view.known(), set(reader.view._decider._by_kind)
    for number in range(100):
        assert reader.view.sees(f"light.made_up_{number}")  # at the root, as all that nobody registered
        assert reader.view.sees(f"made_up_{number}.light")
    assert reader.view.known() == known
    assert set(reader.view._decider._by_kind) == kinds
    assert set(house.views._facts) == set(known)


def test_a_few_made_up_ids_are_answered_again_without_a_look_up() -> None:
    house = House()
    view = house.open_screen(house.user("1", place="flat1")).view
    for number in range(3 * ABSENT_REMEMBERED):
        view.sees(f"light.made_up_{number}")
    asked = house.facts.asked
    assert not view.sees(f"light.made_up_{number}")
    assert house.facts.asked == asked
    view.sees("x" * 10_000)
    assert len(view._decisions._absent) <= ABSENT_REMEMBERED
    house.facts.move("light.made_up_767", "flat1")  # now there is one of that name
    assert view.sees("light.made_up_767")


def test_more_entities_than_are_remembered_are_asked_for_anew_and_nothing_is_missed(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(decider, "REMEMBERED", 10)
    house = House()
    user = house.user("1")
    reader = house.open_screen(user)
    for number in range(1000):
        house.facts.move(f"light.made_up_{number}", "flat1")
        house.facts.move(f"made_up_{number}.light", "flat1")
        reader.view.sees(f"light.made_up_{number}")
        reader.view.sees(f"made_up_{number}.light")
    assert len(reader.view.known()) <= 10
    assert len(reader.view._decider._by_kind) <= 10
    house.facts.move("light.a", "flat2")
    assert "light.a" not in house.screens[user]


steps = st.lists(
    st.tuples(st.just("move"), st.sampled_from(ENTITIES), st.sampled_from(FLATS))
    | st.tuples(st.just("concern"), st.sampled_from(ENTITIES), st.sampled_from([None, "me", "mother"]))
    | st.tuples(st.just("new"), st.sampled_from(["light.x", "light.y"]), st.sampled_from(FLATS))
    | st.tuples(st.just("place"), st.sampled_from("12"), st.sampled_from(FLATS))
    | st.tuples(st.just("role"), st.sampled_from("12"), st.sampled_from([*SHIPPED_ROLES, "none"]))
    | st.tuples(st.just("active"), st.sampled_from("12"), st.booleans())
    | st.tuples(st.just("tree"), st.sampled_from(FLATS), st.sampled_from(FLATS))
    | st.tuples(st.just("all"), st.just(""), st.none()),
    max_size=25,
)


@given(steps)
def test_a_screen_that_follows_its_turns_shows_the_truth(steps: list[tuple[str, str, object]]) -> None:
    house = House()
    users = [house.user("1", "flat1", person="me"), house.user("2", "flat2", person="mother")]
    for user in users:
        house.open_screen(user)
    for what, which, value in steps:
        if what in ("move", "new"):
            house.facts.move(which, str(value))
        elif what == "concern":
            house.facts.concern(which, value if value is None else str(value))
        elif what == "place":
            house.change(UserId(which), places=(PlaceId(str(value)),))
        elif what == "role":
            house.change(UserId(which), role=value)
        elif what == "active":
            house.change(UserId(which), is_active=value)
        elif what == "tree":
            house.inside ^= {(which, str(value))}
            house.views.relations_changed()
        else:
            house.views.invalidate()
        for user in users:
            if what == "new":  # a new entity comes to a screen with its first state, if it is seen
                house.screens[user] |= {which} if house.readers[user].view.sees(which) else set()
            assert house.screens[user] == house.truth(user)
            assert {e for e in house.facts.places if house.readers[user].view.sees(e)} == house.truth(user)
