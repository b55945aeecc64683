from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.auth import EntityGrant, Role, Scope, User
from linli.auth.facts import NO_PEOPLE_FACTS, Whereabouts, only_root_contains
from linli.auth.policy import SHIPPED_ROLES, Where, Whose
from linli.auth.rights import ALL_RIGHTS, DENIED, NO_RIGHTS, Rights, compile_rights, decide, in_scope, narrow
from linli.context import Purpose
from linli.errors import InvalidRequest
from linli.ids import ROOT_PLACE, PersonId, PlaceId, UserId

FLAT, OTHER_FLAT = PlaceId("flat"), PlaceId("other flat")
ME, MOTHER = PersonId("me"), PersonId("mother")
USER = User(UserId("u"), "n", "resident", places=(FLAT,), person=ME)


def seen(
    rights: Rights, place: str, subject: PersonId | None = None, entity_id: str = "light.a", category: str | None = None
) -> str:
    """``-``, ``see`` or ``control``."""
    where = Whereabouts(PlaceId(place), subject)
    domain = entity_id.partition(".")[0]
    decision = DENIED
    if in_scope(rights, entity_id):
        decision = decide(rights, domain, where, category, only_root_contains, NO_PEOPLE_FACTS)
    return "control" if decision.controls else "see" if decision.sees else "-"


@pytest.mark.parametrize(
    ("role", "answers"),
    [
        ("resident", ["control", "-", "-", "control", "-"]),
        ("read-only", ["see", "-", "-", "see", "-"]),
        ("admin", ["control"] * 5),
    ],
    ids=str,
)
def test_the_shipped_roles_see_their_own_place_and_nobody_elses_person(role: str, answers: list[str]) -> None:
    rights = compile_rights(replace(USER, role=role), SHIPPED_ROLES[role])
    asked = [(FLAT, None), (OTHER_FLAT, None), (ROOT_PLACE, None), (FLAT, ME), (FLAT, MOTHER)]
    assert [seen(rights, place, subject) for place, subject in asked] == answers


def test_nobody_and_nothing_granted_is_denied() -> None:
    resident = SHIPPED_ROLES["resident"]
    assert compile_rights(None, resident) is NO_RIGHTS
    assert compile_rights(replace(USER, is_active=False), SHIPPED_ROLES["admin"]) is NO_RIGHTS
    assert compile_rights(replace(USER, role="vanished"), None) is NO_RIGHTS
    assert seen(compile_rights(replace(USER, places=()), resident), FLAT) == "-"
    assert seen(compile_rights(replace(USER, person=None), resident), FLAT, ME) == "-"


def test_a_mistake_in_the_roles_does_not_lock_the_owner_out() -> None:
    assert compile_rights(replace(USER, is_owner=True, role="vanished"), None) is ALL_RIGHTS


def test_a_grant_names_domains_categories_and_purposes() -> None:
    role = Role("r", grants=(
        EntityGrant(domains=frozenset({"light"}), categories=frozenset({None})),
        EntityGrant(domains=frozenset({"lock"}), purposes=frozenset({Purpose.INCIDENT})),
    ))  # fmt: skip
    routine, incident = (compile_rights(USER, role, purpose) for purpose in (Purpose.ROUTINE, Purpose.INCIDENT))
    assert seen(routine, FLAT) == "see"
    assert seen(routine, FLAT, category="diagnostic") == "-"
    assert seen(routine, FLAT, entity_id="lock.door") == "-"
    assert seen(incident, FLAT, entity_id="lock.door") == "see"
    assert routine != incident


def test_a_relationship_opens_a_subject() -> None:
    class Daughter:
        def relationships(self, person: PersonId, subject: PersonId) -> frozenset[str]:
            return frozenset({"daughter"}) if (person, subject) == (ME, MOTHER) else frozenset()

    role = Role("r", grants=(EntityGrant(relationships=frozenset({"daughter", "nurse"})),))
    rights = compile_rights(USER, role)

    def sees(subject: str) -> bool:
        where = Whereabouts(FLAT, PersonId(subject))
        return decide(rights, "sensor", where, None, only_root_contains, Daughter()).sees

    assert sees(MOTHER)
    assert not sees("neighbour")


def test_an_attribute_is_hidden_only_if_every_grant_hides_it() -> None:
    hiding = EntityGrant(hide=frozenset({"code", "user"}))
    also = EntityGrant(where=Where.ANYWHERE, whose=Whose.ANYONE, hide=frozenset({"code"}))
    both = compile_rights(USER, Role("r", grants=(hiding, also)))
    where = Whereabouts(FLAT)
    assert decide(both, "lock", where, None, only_root_contains, NO_PEOPLE_FACTS).hides == {"code"}
    one = compile_rights(USER, Role("r", grants=(hiding,)))
    assert decide(one, "lock", where, None, only_root_contains, NO_PEOPLE_FACTS).hides == {"code", "user"}


def test_users_who_differ_in_nothing_that_counts_have_equal_rights() -> None:
    everyone = Role("r", grants=(EntityGrant(whose=Whose.ANYONE),))
    other = replace(USER, id=UserId("v"), name="other", person=MOTHER, language="en")
    assert compile_rights(USER, everyone) == compile_rights(other, everyone)
    assert compile_rights(USER, SHIPPED_ROLES["resident"]) != compile_rights(other, SHIPPED_ROLES["resident"])


# scopes --------------------------------------------------------------------------------------------------------------


def test_a_narrowed_administrator_is_no_administrator() -> None:
    rights = narrow(ALL_RIGHTS, Scope(domains=frozenset({"light"})))
    assert seen(rights, OTHER_FLAT, MOTHER) == "control"
    assert seen(rights, FLAT, entity_id="lock.door") == "-"
    assert not rights.may("admin")
    assert rights.may("services.call")
    assert not rights.everything


def test_a_read_only_token_controls_nothing() -> None:
    rights = narrow(compile_rights(USER, SHIPPED_ROLES["resident"]), Scope(read_only=True))
    assert seen(rights, FLAT) == "see"
    assert not rights.may("services.call")


def test_a_scope_names_entities_and_permissions_but_never_gives_more() -> None:
    scope = Scope(entity_ids=frozenset({"light.a"}), permissions=frozenset({"states.write", "services.call", "*"}))
    resident = narrow(compile_rights(USER, SHIPPED_ROLES["resident"]), scope)
    assert [seen(resident, FLAT, entity_id=e) for e in ("light.a", "light.b")] == ["control", "-"]
    assert resident.permissions == {"services.call"}
    admin = narrow(ALL_RIGHTS, scope)
    assert admin.permissions == {"states.write", "services.call"}


@pytest.mark.parametrize(
    "value", [{"domain": ["light"]}, {"domains": "light"}, {"read_only": 1}, {"entity_ids": [1]}], ids=str
)
def test_a_scope_that_is_not_understood_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        Scope.of(value)


names = st.frozensets(st.sampled_from(["light", "lock", "light.a"]), max_size=3)


@given(st.builds(Scope, st.booleans(), st.none() | names, st.none() | names, st.none() | names))
def test_a_scope_survives_the_store(scope: Scope) -> None:
    assert Scope.of(scope.as_dict()) == scope


@given(
    st.builds(Scope, st.booleans(), st.none() | names, st.none() | names, st.none() | names),
    st.sampled_from([*SHIPPED_ROLES.values()]),
    st.sampled_from([FLAT, OTHER_FLAT, ROOT_PLACE]),
    st.sampled_from([None, ME, MOTHER]),
    st.sampled_from(["light.a", "light.b", "lock.a"]),
)
def test_no_scope_gives_what_its_user_has_not(
    scope: Scope, role: Role, place: PlaceId, subject: PersonId | None, entity_id: str
) -> None:
    whole = compile_rights(USER, role)
    order = ["-", "see", "control"]
    narrowed = narrow(whole, scope)
    assert order.index(seen(narrowed, place, subject, entity_id)) <= order.index(seen(whole, place, subject, entity_id))
    assert all(whole.may(permission) for permission in narrowed.permissions)
    assert decide(NO_RIGHTS, "light", Whereabouts(place), None, only_root_contains, NO_PEOPLE_FACTS) == DENIED


def test_a_user_whose_places_nobody_decided_yet_is_nowhere() -> None:
    undecided = compile_rights(replace(USER, places=None), SHIPPED_ROLES["resident"])
    assert [seen(undecided, place) for place in (ROOT_PLACE, FLAT)] == ["-", "-"]
