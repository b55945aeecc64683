"""Tried by somebody who means it: side doors by which a resident, or a narrowed token, might learn of more."""

import json
from typing import Any

import aiohttp
import pytest

from linli.ids import EntityId
from rights.estate import ABSENT, FLATS, Estate, alike

RESIDENT = "resident of a"
SCREEN = "screen"


# what there is, told by the way -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [RESIDENT, "read-only", "homeless"])
async def test_the_domain_of_what_is_hidden_is_no_component(estate: Estate, who: str) -> None:
    line = await estate.connect(who)
    for raw in ((await line.ask("get_config")).raw, *[
        (await estate.rest(who, "GET", path)).raw for path in ("/api/components", "/api/config")
    ]):  # fmt: skip
        assert "quokka" not in raw
    assert "quokka" in (await estate.rest("admin", "GET", "/api/components")).raw
    await line.ws.close()


async def test_listeners_tell_of_nobody_elses_screens(estate: Estate) -> None:
    quiet = await estate.rest(RESIDENT, "GET", "/api/events")
    theirs = await estate.connect("resident of b")
    for command in ("subscribe_entities", "subscribe_events", "render_template"):
        fields = {"subscribe_events": {"event_type": "state_changed"}, "render_template": {"template": "{{ states }}"}}
        assert (await theirs.ask(command, fields.get(command))).outcome == "ok"
    admins = await estate.connect("admin")
    await admins.ask("subscribe_trigger", {"trigger": {"trigger": "event", "event_type": "lovelace_updated"}})
    assert await estate.rest(RESIDENT, "GET", "/api/events") == quiet
    assert '"state_changed"' in (await estate.rest("admin", "GET", "/api/events")).raw
    for line in (theirs, admins):
        await line.ws.close()


async def test_a_row_names_nothing_that_its_reader_does_not_see(estate: Estate) -> None:
    line, a = await estate.connect(RESIDENT), estate.ids["a"]
    rows = json.loads((await line.ask("config/device_registry/list")).raw)["result"]
    assert [(row["via_device_id"], row["labels"], row["config_entries"]) for row in rows] == [(None, [], [])]
    assert [row["area_id"] for row in rows] == [a["area"]]
    row = json.loads((await line.ask("config/entity_registry/get", {"entity_id": a["light"]})).raw)["result"]
    assert (row["labels"], row["categories"], row["config_entry_id"]) == ([], {}, None)
    assert row["device_id"] == a["device"]
    rows = json.loads((await line.ask("config/area_registry/list")).raw)["result"]
    assert [(row["floor_id"], row["labels"]) for row in rows] == [(None, [])]
    registries = estate.hub.rooms.registries
    await registries.entities.update(a["sensor"], area_id=estate.ids["b"]["area"], place=FLATS["a"])
    for command in ("config/entity_registry/list", "config/entity_registry/list_for_display"):
        assert not estate.tells((await line.ask(command)).raw), command
    await line.ws.close()


async def test_an_administrator_is_told_what_a_row_names(estate: Estate) -> None:
    line, a = await estate.connect("admin"), estate.ids["a"]
    row = json.loads((await line.ask("config/entity_registry/get", {"entity_id": a["light"]})).raw)["result"]
    assert sorted(row["labels"]) == ["obsidian", "primrose"]
    rows = json.loads((await line.ask("config/device_registry/list")).raw)["result"]
    assert estate.ids["b"]["device"] in [row["via_device_id"] for row in rows]
    await line.ws.close()


async def test_the_service_of_a_script_that_is_hidden_is_no_service(estate: Estate) -> None:
    line = await estate.connect(RESIDENT)
    answers = [
        await line.ask("call_service", {"domain": "script", "service": name}) for name in ("sarabande", "no_dance")
    ]
    assert alike(answers[0].raw.replace("sarabande", "no_dance"), {}) == alike(answers[1].raw, {})
    assert '"sarabande"' not in (await line.ask("get_services")).raw.lower()
    assert '"sarabande"' in (await estate.rest("admin", "GET", "/api/services")).raw.lower()
    await line.ask("subscribe_events", {"event_type": "service_registered"})
    for service in ("sarabande", "no_dance"):
        estate.hub.rooms.bus.fire("service_registered", {"domain": "script", "service": service})
    await line.ask("ping")
    assert [json.loads(raw)["event"]["data"]["service"] for raw in line.heard] == ["no_dance"]
    await estate.hub.rooms.registries.entities.update("script.sarabande", place=FLATS["a"])
    assert '"sarabande"' in (await line.ask("get_services")).raw.lower()
    assert (await line.ask("call_service", {"domain": "script", "service": "sarabande"})).outcome == "ok"
    await line.ws.close()


async def test_a_light_that_is_called_like_a_service_takes_it_from_nobody(estate: Estate) -> None:
    await estate.hub.rooms.registries.entities.update(estate.ids["b"]["light"], new_entity_id="light.turn_on")
    line = await estate.connect(RESIDENT)
    call = {"domain": "light", "service": "turn_on", "target": {"entity_id": estate.ids["a"]["light"]}}
    assert (await line.ask("call_service", call)).outcome == "ok"
    assert '"turn_on"' in json.dumps(json.loads((await line.ask("get_services")).raw)["result"]["light"])
    await line.ws.close()


# notifications ------------------------------------------------------------------------------------------------------


async def notify(line: Any, service: str, **data: str) -> None:
    call = {"domain": "persistent_notification", "service": service, "service_data": data}
    assert (await line.ask("call_service", call)).outcome == "ok"


async def test_an_id_that_somebody_else_is_shown_is_as_free_as_any(estate: Estate) -> None:
    ours, theirs = await estate.connect(RESIDENT), await estate.connect("resident of b")
    await ours.ask("persistent_notification/subscribe")
    await notify(theirs, "create", message="theirs", notification_id="kettle")
    taken = ("kettle", estate.ids["b"]["notification"], "never")
    for notification_id in taken:
        await notify(ours, "create", message="mine", notification_id=notification_id)
    await ours.ask("ping")
    told = [json.loads(raw)["event"]["notifications"] for raw in ours.heard[-3:]]
    assert [list(each) for each in told] == [[notification_id] for notification_id in taken]
    for notification_id in taken:
        await notify(ours, "dismiss", notification_id=notification_id)
    left = json.loads((await theirs.ask("persistent_notification/get")).raw)["result"]
    assert sorted(each["message"] for each in left) == ["for wimbledon", "theirs"]
    for line in (ours, theirs):
        await line.ws.close()


async def test_many_notifications_push_out_nobody_elses(estate: Estate) -> None:
    ours, theirs = await estate.connect(RESIDENT), await estate.connect("resident of b")
    await notify(theirs, "create", message="theirs", notification_id="kettle")
    for number in range(210):
        await notify(ours, "create", message="flood", notification_id=f"n{number}")
    left = json.loads((await theirs.ask("persistent_notification/get")).raw)["result"]
    assert "kettle" in [each["notification_id"] for each in left]
    for line in (ours, theirs):
        await line.ws.close()


async def test_a_plugins_notification_for_one_person_is_that_persons_to_dismiss(estate: Estate) -> None:
    line = await estate.connect(RESIDENT)
    await notify(line, "dismiss", notification_id=estate.ids["a"]["notification"])
    assert (await line.ask("persistent_notification/get")).outcome == "empty"
    await line.ws.close()


# a narrowed token ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_narrowed_token_writes_states_within_its_scope_only(estate: Estate, method: str) -> None:
    body = {"state": "written"} if method == "POST" else None
    hidden, absent = [
        await estate.rest(SCREEN, method, f"/api/states/{entity_id}", body)
        for entity_id in (estate.ids["b"]["light"], ABSENT["light"])
    ]
    assert alike(hidden.raw, estate.ids["b"]) == alike(absent.raw, ABSENT)
    assert hidden.outcome == "401"
    state = estate.hub.rooms.states.get(estate.ids["b"]["light"])
    assert state is not None
    assert state.state == "on"
    assert estate.hub.rooms.states.get(EntityId(ABSENT["light"])) is None
    assert (await estate.rest(SCREEN, method, f"/api/states/{estate.ids['a']['light']}", body)).outcome == "ok"


async def test_a_narrowed_token_knows_no_token_but_itself(estate: Estate) -> None:
    line = await estate.connect(SCREEN)
    shown = json.loads((await line.ask("auth/refresh_tokens")).raw)["result"]
    assert [each["client_name"] for each in shown] == ["screen"]
    everything = await estate.hub.rooms.auth.tokens.of_user(estate.users["admin"].id)
    other = next(token.id for token in everything if token.client_name != "screen")
    for command, more in (
        ("auth/delete_refresh_token", {}),
        ("auth/refresh_token_set_expiry", {"enable_expiry": True}),
    ):
        answers = [await line.ask(command, {"refresh_token_id": each, **more}) for each in (other, "nobody")]
        assert answers[0] == answers[1]
        assert answers[0].outcome == "invalid_token_id"
    made = await line.ask("auth/long_lived_access_token", {"client_name": "heir", "lifespan": 3650})
    assert made.outcome == "forbidden"
    assert (await line.ask("auth/delete_all_refresh_tokens", {"delete_current_token": False})).outcome == "empty"
    assert await estate.hub.rooms.auth.tokens.of_user(estate.users["admin"].id) == everything
    await line.ask("auth/delete_all_refresh_tokens")
    assert (await line.ws.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
    left = await estate.hub.rooms.auth.tokens.of_user(estate.users["admin"].id)
    assert [token.id for token in left] == [token.id for token in everything if token.client_name != "screen"]


async def test_a_path_that_a_narrowed_token_signed_shows_no_more_than_the_token(estate: Estate) -> None:
    line = await estate.connect(SCREEN)
    found = {}
    for flat in ("a", "b", None):
        path = estate.aimed("/api/states/{light}", flat)
        signed = json.loads((await line.ask("auth/sign_path", {"path": path})).raw)["result"]["path"]
        found[flat] = (await estate.rest("nobody", "GET", signed)).outcome
    assert found == {"a": "ok", "b": "not_found", None: "not_found"}
    signed = json.loads((await line.ask("auth/sign_path", {"path": "/api/states"})).raw)["result"]["path"]
    assert not estate.tells((await estate.rest("nobody", "GET", signed)).raw)
    await line.ws.close()


async def test_a_path_that_a_resident_signed_shows_no_more_than_the_resident(estate: Estate) -> None:
    line = await estate.connect(RESIDENT)
    for path in ("/api/states/{light}", "/api/camera_proxy/{camera}", "/api/config/config_entries/entry"):
        answers = []
        for flat in ("b", None):
            signed = json.loads((await line.ask("auth/sign_path", {"path": estate.aimed(path, flat)})).raw)
            answer = await estate.rest("nobody", "GET", signed["result"]["path"])
            answers.append(alike(answer.raw, ABSENT if flat is None else estate.ids[flat]))
        assert answers[0] == answers[1]
    signed = json.loads((await line.ask("auth/sign_path", {"path": "/api/services/light/turn_on"})).raw)
    assert (await estate.rest("nobody", "POST", signed["result"]["path"], {})).outcome == "401"
    await line.ws.close()
