"""What a reader does not see does not exist: in no list, no stream, no registry, no template, and for no edit."""

from dataclasses import replace
from typing import Any

import pytest

from .conftest import FLAT, OTHER_FLAT, OURS, THEIRS, Client, House


async def test_a_resident_finds_only_its_places_in_every_list(resident: Client) -> None:
    def ids(rows: Any) -> set[str]:
        return {row["entity_id"] for row in rows}

    assert ids(await resident.result("get_states")) == {OURS}
    assert ids(await resident.result("config/entity_registry/list")) == {OURS}
    shown = await resident.result("config/entity_registry/list_for_display")
    assert [row["ei"] for row in shown["entities"]] == [OURS]
    assert set(await resident.result("entity/source")) == {OURS}
    some = await resident.result("config/entity_registry/get_entries", entity_ids=[OURS, THEIRS])
    assert some[THEIRS] is None
    assert some[OURS]["entity_id"] == OURS


async def test_the_hidden_and_the_absent_are_answered_alike(resident: Client) -> None:
    def told(message: dict[str, Any]) -> Any:
        return {**message, "id": 0}

    hidden = await resident.ask("config/entity_registry/get", entity_id=THEIRS)
    absent = await resident.ask("config/entity_registry/get", entity_id="input_boolean.nobody")
    assert told(hidden) == told(absent)
    assert hidden["error"]["code"] == "not_found"


async def test_rest_cuts_lists_and_single_states(house: House) -> None:
    _, token = await house.user("li", "resident", FLAT)
    status, states = await house.rest("GET", "/api/states", token)
    assert (status, [state["entity_id"] for state in states]) == (200, [OURS])
    assert (await house.rest("GET", f"/api/states/{OURS}", token))[0] == 200
    assert await house.rest("GET", f"/api/states/{THEIRS}", token) == (404, {"message": "Entity not found."})


async def test_streams_tell_only_of_what_the_reader_sees(house: House, resident: Client) -> None:
    await resident.result("subscribe_entities")
    assert set((await resident.event())["a"]) == {OURS}
    await resident.result("subscribe_events", event_type="state_changed")
    await house.turn(THEIRS)
    await resident.quiet()
    await house.turn(OURS)
    assert set((await resident.event())["c"]) == {OURS}
    assert (await resident.event())["data"]["entity_id"] == OURS


async def test_a_live_template_counts_only_what_its_reader_sees(house: House, resident: Client) -> None:
    await resident.result("render_template", template=f"{{{{ states | count }}}} {{{{ states('{THEIRS}') }}}}")
    assert (await resident.event())["result"] == "1 unknown"
    await house.turn(THEIRS)
    await resident.quiet()


async def test_registry_events_of_other_places_are_not_heard(house: House, resident: Client) -> None:
    await resident.result("subscribe_events", event_type="entity_registry_updated")
    await house.hub.rooms.registries.entities.update(THEIRS, name="Secret")
    await resident.quiet()
    await house.hub.rooms.registries.entities.update(OURS, name="Lamp")
    assert (await resident.event())["data"]["entity_id"] == OURS


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("config/entity_registry/update", {"entity_id": OURS, "name": "x"}),
        ("config/entity_registry/remove", {"entity_id": OURS}),
        ("config/area_registry/create", {"name": "x"}),
        ("config/category_registry/create", {"scope": "s", "name": "x"}),
        ("config/auth/list", {}),
        ("config/auth/create", {"name": "x", "group_ids": ["system-admin"]}),
        ("lovelace/config/save", {"config": {}}),
        ("config_entries/get_single", {"entry_id": "x"}),
        ("repairs/get_issue_data", {"domain": "x", "issue_id": "x"}),
        ("system_log/list", {}),
    ],
)
async def test_a_resident_edits_nothing(resident: Client, command: str, fields: dict[str, Any]) -> None:
    assert await resident.code(command, **fields) == "unauthorized"


async def test_what_belongs_to_the_whole_house_is_not_shown_to_a_flat(resident: Client) -> None:
    assert await resident.result("config_entries/get") == []
    assert await resident.result("repairs/list_issues") == {"issues": []}


async def test_frames_that_wait_vanish_with_the_right_to_see_them(house: House) -> None:
    user, token = await house.user("li", "resident", FLAT, OTHER_FLAT)
    client = await house.connect(token)
    await client.result("subscribe_entities")
    assert set((await client.event())["a"]) == {OURS, THEIRS}
    auth, states = house.hub.rooms.auth, house.hub.rooms.states
    # in one turn of the loop: both change, then the second flat is taken away; nothing has left for the network yet
    for entity_id in (OURS, THEIRS):
        state = states.get(entity_id)
        assert state is not None
        states.set(state.entity_id, "on", {"word": "secret"}, state.context)
    auth.users.apply(user.id, replace(user, places=(FLAT,)))
    told = [await client.event(), await client.event()]
    assert THEIRS not in str([event for event in told if "r" not in event])
    assert {"r": [THEIRS]} in told
    await client.quiet()


async def test_a_demoted_administrator_loses_its_commands_at_once(house: House) -> None:
    user, token = await house.user("mei", "admin")
    client = await house.connect(token)
    await client.result("config/auth/list")
    house.hub.rooms.auth.users.apply(user.id, replace(user, role="read-only"))
    assert await client.code("config/auth/list") == "unauthorized"


async def test_a_revoked_token_closes_its_socket(house: House) -> None:
    _, token = await house.user("li", "resident", FLAT)
    client, other = await house.connect(token), await house.connect(token)
    (row,) = await client.result("auth/refresh_tokens")
    assert row["is_current"]
    await client.ws.send_json({"id": 50, "type": "auth/delete_refresh_token", "refresh_token_id": row["id"]})
    assert (await other.ws.receive(timeout=5)).data == 1000
    assert (await house.rest("GET", "/api/", token))[0] == 401


async def test_nobody_ends_the_token_of_another(house: House, resident: Client) -> None:
    _, token = await house.user("wang", "resident", OTHER_FLAT)
    (row,) = await (await house.connect(token)).result("auth/refresh_tokens")
    assert await resident.code("auth/delete_refresh_token", refresh_token_id=row["id"]) == "invalid_token_id"
    assert (await house.rest("GET", "/api/", token))[0] == 200


async def test_what_may_no_longer_be_asked_is_no_longer_followed(house: House) -> None:
    user, token = await house.user("li", "admin")
    client = await house.connect(token)
    await client.result("subscribe_trigger", trigger={"trigger": "event", "event_type": "area_registry_updated"})
    followed = client.last_id
    await house.hub.rooms.registries.areas.create("Hall")
    await client.event()
    house.hub.rooms.auth.users.apply(
        user.id, replace(user, role="resident")
    )  # of the same places: sees areas as before
    await house.hub.rooms.registries.areas.create("Cellar")
    await client.quiet()
    assert await client.code("unsubscribe_events", subscription=followed) == "not_found"


async def test_a_template_that_may_not_be_rendered_any_more_is_not(house: House) -> None:
    roles = house.hub.rooms.auth.views.roles
    _, token = await house.user("li", "resident")
    client = await house.connect(token)
    await client.result("render_template", template=f"{{{{ states('{OURS}') }}}}")
    await client.event()
    silent = replace(roles["resident"], permissions=frozenset({"services.call"}))
    house.hub.rooms.auth.views.set_roles({**roles, "resident": silent})
    await house.turn(OURS)
    await client.quiet()
    assert await client.code("render_template", template="{{ 1 }}") == "unauthorized"
