"""What a view lets through, measured against what it should."""

from typing import Any

import pytest

from linli.auth import EntityGrant, Role, User, View, Views, World
from linli.auth.facts import Whereabouts
from linli.auth.lowest import LowestView
from linli.auth.policy import SHIPPED_ROLES
from linli.bus import Event
from linli.context import Context
from linli.ids import ROOT_PLACE, EntityId, PersonId, PlaceId, UserId
from linli.jsonbytes import loads
from linli.states import State, StateChange
from linli.testing.facts import SetFacts, SetItems

FLAT = PlaceId("flat")
HIDING = Role("hiding", grants=(EntityGrant(hide=frozenset({"code"})),))


def view_of(role: Role, places: tuple[PlaceId, ...] = (FLAT,), items: SetItems | None = None, **places_of: str) -> View:
    facts = SetFacts({entity.replace("__", "."): PlaceId(place) for entity, place in places_of.items()})
    user = User(UserId("u"), "n", role.name, places=places, person=PersonId("me"))
    world = World(entities=facts, items=items or SetItems())
    return Views(lambda _: user, world, {role.name: role}).for_user(user.id)


def state(entity_id: str, value: str = "on", **attributes: Any) -> State:
    return State(EntityId(entity_id), value, attributes, 1.0, 2.0, Context(id="c"))


def change(old: State | None, new: State | None) -> StateChange:
    entity_id = (new or old).entity_id  # type: ignore[union-attr]
    return StateChange(entity_id, old, new, Context(id="c"), 3.0)


def event(event_type: str, **data: Any) -> Event[Any]:
    return Event(event_type, data, Context(id="c"), 3.0)


def test_what_is_not_masked_is_the_very_same_bytes_for_every_reader() -> None:
    resident, admin = view_of(SHIPPED_ROLES["resident"], lock__a="flat"), view_of(SHIPPED_ROLES["admin"])
    turned_on = change(state("lock.a", "off"), state("lock.a"))
    assert resident.change_json(turned_on) is admin.change_json(turned_on) is turned_on.json()
    assert turned_on.new is not None
    assert resident.state_json(turned_on.new) is turned_on.new.json()
    assert resident.mask(turned_on.new) is turned_on.new


def test_what_is_forbidden_does_not_exist() -> None:
    view = view_of(SHIPPED_ROLES["resident"], lock__a="other flat")
    elsewhere = state("lock.a")
    assert not view.sees("lock.a")
    assert not view.controls("lock.a")
    assert view.mask(elsewhere) is None
    assert view.state_json(elsewhere) is None
    assert view.change_json(change(None, elsewhere)) is None
    assert view.event_json(change(elsewhere, None)) is None
    assert not view.sees_event(change(elsewhere, None))


def test_a_hidden_attribute_is_in_no_form_of_the_state() -> None:
    view = view_of(HIDING, lock__a="flat")
    old, new = state("lock.a", "off", code="1234", name="door"), state("lock.a", "on", code="5678", name="door")
    for text in (view.state_json(new), view.change_json(change(old, new)), view.event_json(change(None, new))):
        assert text is not None
        assert b"1234" not in text
        assert b"5678" not in text
        assert b"door" in text
    seen = view.mask(new)
    assert seen is not None
    assert seen.attributes == {"name": "door"}
    assert (seen.state, seen.last_changed, seen.last_reported) == (new.state, new.last_changed, new.last_reported)
    assert new.attributes["code"] == "5678"


def test_a_change_of_hidden_attributes_alone_is_not_even_told() -> None:
    view = view_of(HIDING, lock__a="flat")
    assert view.change_json(change(state("lock.a", code="1"), state("lock.a", code="2"))) is None
    assert view.change_json(change(state("lock.a", code="1"), state("lock.a", code="1", name="x"))) is not None


def test_a_masked_change_is_encoded_once_for_all_who_share_the_view() -> None:
    view = view_of(HIDING, lock__a="flat")
    first = change(None, state("lock.a", code="1"))
    assert view.change_json(first) is view.change_json(first)
    second = change(first.new, state("lock.a", "off", code="1"))
    assert loads(view.change_json(second) or b"")["data"]["new_state"]["state"] == "off"


ITEMS = SetItems({
    ("device", "mine"): Whereabouts(FLAT), ("device", "theirs"): Whereabouts(PlaceId("other")),
    ("device", "mothers"): Whereabouts(FLAT, PersonId("mother")), ("area", "mine"): Whereabouts(FLAT),
})  # fmt: skip


@pytest.mark.parametrize("type", ["entity_registry_updated", "device_registry_updated"])
def test_whoever_sees_an_item_after_a_move_is_not_told_what_it_was_before(type: str) -> None:
    what = {"entity_id": "light.mine"} if type.startswith("entity") else {"device_id": "mine"}
    before = {"place": "other", "name": "Grandma's pills", "subject": "grandma"}
    told = event(type, action="update", changes=before, old_entity_id="light.grandma", **what)
    view = view_of(SHIPPED_ROLES["resident"], items=ITEMS, light__mine="flat")
    assert loads(view.event_json(told) or b"")["data"] == {
        "action": "update", **what, "changes": {"place": None, "name": None, "subject": None},
    }  # fmt: skip
    assert view_of(SHIPPED_ROLES["admin"]).event_json(told) == told.json()


def test_a_renamed_entity_is_followed_by_who_saw_it_before() -> None:
    told = event("entity_registry_updated", action="update", entity_id="light.mine", old_entity_id="light.old",
                 changes={"entity_id": "light.old"})  # fmt: skip
    view = view_of(SHIPPED_ROLES["resident"], light__mine="flat")
    assert loads(view.event_json(told) or b"")["data"]["old_entity_id"] == "light.old"


@pytest.mark.parametrize(
    ("told", "passes"),
    [
        (event("component_loaded", component="light"), True),
        (event("service_registered", domain="light", service="x"), True),
        (event("entity_registry_updated", action="update", entity_id="light.mine"), True),
        (event("entity_registry_updated", action="update", entity_id="light.theirs"), False),
        (event("entity_registry_updated", action="update", entity_id="light.mine", old_entity_id="light.old"), True),
        (event("entity_registry_updated", action="update"), False),
        (event("device_registry_updated", action="create", device_id="mine"), True),
        (event("device_registry_updated", action="create", device_id="theirs"), False),
        (event("device_registry_updated", action="create", device_id="mothers"), False),
        (event("device_registry_updated", action="create", device_id="unknown"), False),
        (event("area_registry_updated", action="update", area_id="mine"), True),
        (event("area_registry_updated", action="reorder"), True),
        (event("area_registry_updated", action="update"), False),
        (event("shopping_list_updated", action="add", item={"name": "x"}), False),
        (event("repairs_issue_registry_updated", action="create", issue_id="x"), False),
        (event("call_service", domain="light", service="turn_on"), False),
        (event("user_added", user_id="u"), False),
        (event("doorbell_rang"), False),
    ],
    ids=lambda each: f"{each.event_type} {each.data}" if isinstance(each, Event) else str(each),
)
def test_a_resident_hears_only_what_concerns_them(told: Event[Any], passes: bool) -> None:
    view = view_of(SHIPPED_ROLES["resident"], items=ITEMS, light__mine="flat", light__theirs="other")
    assert view.event_json(told) == (told.json() if passes else None)
    assert view.sees_event(told) is passes
    if passes:
        assert view.hears(told.event_type)


def test_a_resident_of_the_whole_home_hears_of_the_household() -> None:
    view = view_of(SHIPPED_ROLES["resident"], places=(ROOT_PLACE,))
    assert view.event_json(event("shopping_list_updated", action="add")) is not None


def test_a_role_names_further_events_and_they_are_still_filtered_by_entity() -> None:
    view = view_of(
        Role("r", events=frozenset({"doorbell_rang"}), grants=(EntityGrant(),)), event__mine="flat", event__b="x"
    )
    assert view.hears("doorbell_rang")
    assert view.event_json(event("doorbell_rang", entity_id="event.mine")) is not None
    assert view.event_json(event("doorbell_rang", entity_id=["event.mine", "event.b"])) is None
    assert not view.hears("call_service")


def test_an_administrator_and_the_hub_filter_nothing() -> None:
    for view in (view_of(SHIPPED_ROLES["admin"]), Views(lambda _: None).everything):
        assert view.everything
        assert view.may("admin")
        assert view.sees("anything.at_all")
        assert view.hears("call_service")
        assert view.event_json(event("user_added", user_id="u")) is not None


def test_nobody_sees_hears_and_may_nothing() -> None:
    nobody = Views(lambda _: None).nobody
    assert not nobody.sees("light.a")
    assert not nobody.may("services.call")
    assert nobody.event_json(event("device_registry_updated", device_id="x")) is None
    assert Views(lambda _: None).for_user(UserId("unknown")).rights == nobody.rights


@pytest.mark.parametrize(
    ("places", "flat"),
    [((FLAT,), "place flat"), ((FLAT, PlaceId("other")), ""), ((ROOT_PLACE,), ""), ((), "")],
    ids=["of one flat", "of two", "of the whole", "of none"],
)
def test_who_is_of_one_flat_shares_its_budget(places: tuple[PlaceId, ...], flat: str) -> None:
    resident = view_of(SHIPPED_ROLES["resident"], places)
    assert resident.flat == flat
    assert LowestView((view_of(SHIPPED_ROLES["resident"], ()), resident), (), lambda _: False).flat == flat
