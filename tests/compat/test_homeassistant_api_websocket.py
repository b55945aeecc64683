"""homeassistant-api's WebSocket clients, sync and async: every public method against the hub."""

from collections.abc import AsyncIterator
from typing import Any

import homeassistant_api as ha
import pytest
from homeassistant_api.errors import ReceivingError, ResponseError, UnauthorizedError

from compat.clients import (
    COVERED,
    HELPERS,
    a_removable_entry,
    administrator,
    an_answering_service,
    covers,
    entered,
    needs_command,
    next_of,
    public_methods,
    settled,
    switch,
)
from compat.harness.player import Target

KINDS = {"sync": ha.WebsocketClient, "async": ha.AsyncWebsocketClient}
NAME = "WebsocketClient"


def made(kind: str, hub: Target, token: str = "admin") -> Any:
    """A client that is not connected yet."""
    return KINDS[kind](f"{hub.url}/api/websocket", hub.values.get(token, token))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def client(hub: Target, kind: str) -> AsyncIterator[Any]:
    async with entered(made(kind, hub)) as client:
        yield client


@covers(NAME, "authentication_phase", "supported_features_phase", "ping_latency")
async def test_it_is_let_in_and_answers(client: Any) -> None:
    assert await settled(client.ping_latency()) > 0


async def test_a_wrong_token_is_refused(kind: str, hub: Target) -> None:
    client = made(kind, hub, "wrong")
    with pytest.raises(UnauthorizedError):
        async with entered(client):
            pass
    await settled(client._ws.close())  # the client forgets its socket when it is not let in
    await settled(client._session.close())


@covers(NAME, "get_config", "get_states", "get_state", "get_entities", "get_entity")
async def test_states_are_read(client: Any, hub: Target) -> None:
    lamp = await switch(hub, "ws client states")
    slug = lamp.partition(".")[2]
    assert (await settled(client.get_config()))["location_name"] == "Oracle"
    assert lamp in {state.entity_id for state in await settled(client.get_states())}
    assert (await settled(client.get_state(entity_id=lamp))).state == "off"
    assert (await settled(client.get_entities()))["input_boolean"].get_entity(slug).state.state == "off"
    entity = await settled(client.get_entity(group_id="input_boolean", slug=slug))
    assert entity.entity_id == lamp
    assert (await settled(entity.get_state())).state == "off"
    with pytest.raises(ValueError, match="not found"):
        await settled(client.get_entity(entity_id="sensor.compat_nobody"))


@covers(NAME, "get_domains", "get_domain", "trigger_service")
async def test_a_service_changes_a_state(client: Any, hub: Target) -> None:
    lamp = await switch(hub, "ws client lamp")
    assert "input_boolean" in await settled(client.get_domains())
    domain = await settled(client.get_domain("input_boolean"))
    assert await settled(client.trigger_service("input_boolean", "turn_on", entity_id=lamp)) is None
    assert (await settled(client.get_state(entity_id=lamp))).state == "on"
    await settled(domain.toggle(entity_id=lamp))
    assert (await settled(client.get_state(entity_id=lamp))).state == "off"
    with pytest.raises(ResponseError, match="not_found"):
        await settled(client.trigger_service("input_boolean", "compat_none"))


@covers(NAME, "trigger_service_with_response")
async def test_a_service_answers(client: Any, hub: Target) -> None:
    domain, name, data = await an_answering_service(hub)
    assert await settled(client.trigger_service_with_response(domain, name, **data))
    with pytest.raises(ResponseError, match="service_validation_error"):
        await settled(client.trigger_service_with_response("input_boolean", "turn_on", entity_id="none"))


@covers(NAME, "get_rendered_template")
async def test_a_template_is_rendered(client: Any) -> None:
    assert await settled(client.get_rendered_template("{{ 20 + 3 }}")) == "23"
    assert await settled(client.get_rendered_template("{{ states('sensor.compat_nobody') }} !")) == "unknown !"


@covers(NAME, "listen_events", "fire_event")
async def test_a_fired_event_is_heard(client: Any) -> None:
    async with entered(client.listen_events("compat_ws_client")) as events:
        context = await settled(client.fire_event("compat_ws_client", a=1))
        event = await next_of(events)
        assert (event.data, event.origin, event.context.id) == ({"a": 1}, "LOCAL", context.id)


async def test_all_events_are_heard(client: Any) -> None:
    async with entered(client.listen_events()) as events:
        await settled(client.fire_event("compat_ws_any"))
        assert (await next_of(events)).event_type == "compat_ws_any"


@covers(NAME, "listen_trigger")
async def test_a_trigger_fires(client: Any, hub: Target) -> None:
    await needs_command(hub, "subscribe_trigger")
    lamp = await switch(hub, "ws client trigger")
    async with entered(client.listen_trigger("state", entity_id=lamp, to="on")) as triggers:
        await settled(client.trigger_service("input_boolean", "turn_on", entity_id=lamp))
        trigger = (await next_of(triggers))["trigger"]
        assert (trigger["platform"], trigger["entity_id"], trigger["to_state"]["state"]) == ("state", lamp, "on")


@covers(NAME, "list_entity_registry", "get_entity_registry_entry", "update_entity_registry_entry")
@covers(NAME, "remove_entity_registry_entry")
async def test_an_entry_of_the_entity_registry_changes_and_goes(client: Any, hub: Target) -> None:
    lamp = await switch(hub, "ws client registry")
    assert lamp in {entry.entity_id for entry in await settled(client.list_entity_registry())}
    assert (await settled(client.get_entity_registry_entry(lamp))).platform in HELPERS
    changed = await settled(client.update_entity_registry_entry({"entity_id": lamp, "name": "Named", "icon": "mdi:x"}))
    assert (changed.entity_entry.name, changed.entity_entry.icon) == ("Named", "mdi:x")
    await settled(client.remove_entity_registry_entry(lamp))
    with pytest.raises(ResponseError, match="not_found"):
        await settled(client.get_entity_registry_entry(lamp))


@covers(NAME, "get_config_entries", "disable_config_entry", "enable_config_entry", "listen_config_entries")
async def test_a_config_entry_is_disabled_and_enabled(client: Any, hub: Target) -> None:
    entry_id = await a_removable_entry(hub)
    assert entry_id in {entry.entry_id for entry in await settled(client.get_config_entries())}
    async with entered(client.listen_config_entries()) as changes:
        assert entry_id in {change.entry.entry_id for change in await next_of(changes)}
        assert (await settled(client.disable_config_entry(entry_id))).require_restart is False
        first = (await next_of(changes))[0]
        assert (first.type, first.entry.entry_id) == ("updated", entry_id)
        assert (await settled(client.enable_config_entry(entry_id))).require_restart is False
    entries = {entry.entry_id: entry for entry in await settled(client.get_config_entries())}
    assert (entries[entry_id].disabled_by, entries[entry_id].state) == (None, "loaded")


@covers(NAME, "get_nonuser_flows_in_progress", "ignore_config_flow", "get_entry_subentries", "delete_entry_subentry")
async def test_flows_and_subentries_that_are_not_there(client: Any, hub: Target) -> None:
    entry_id = await a_removable_entry(hub)
    assert await settled(client.get_nonuser_flows_in_progress()) == ()
    assert await settled(client.get_entry_subentries(entry_id)) == ()
    for asked in (
        lambda: client.ignore_config_flow("compat_nobody", "x"),
        lambda: client.delete_entry_subentry(entry_id, "compat_nobody"),
        lambda: client.get_entry_subentries("compat_nobody"),
    ):
        with pytest.raises(ResponseError, match="not_found"):
            await settled(asked())


@covers(NAME, "set_state", "get_entity_histories")
async def test_what_the_client_itself_leaves_to_rest(client: Any) -> None:
    with pytest.raises(NotImplementedError):
        await settled(client.set_state(ha.State(entity_id="sensor.x", state="1")))
    with pytest.raises(NotImplementedError):
        await settled(client.get_entity_histories())


@covers(NAME, "send", "recv", "recv_result", "recv_result_dict", "recv_result_list", "recv_event", "recv_ping")
@covers(NAME, "handle_recv", "parse_response")
async def test_messages_of_ones_own(client: Any) -> None:
    assert (await settled(client.recv(await settled(client.send("get_states"))))).success
    assert (await settled(client.recv_result(await settled(client.send("get_panels"))))).success
    assert "state" in await settled(client.recv_result_dict(await settled(client.send("get_config"))))
    assert isinstance(
        await settled(client.recv_result_list(await settled(client.send("config/area_registry/list")))), list
    )
    assert (await settled(client.recv_ping(await settled(client.send("ping"))))).end is not None
    number = await settled(client.send("render_template", template="{{ 1 }}"))
    await settled(client.recv_result(number))
    assert (await settled(client.recv_event(number))).event.result == 1
    with pytest.raises(ResponseError, match="unknown_command"):
        await settled(client.recv_result(await settled(client.send("compat_none"))))
    with pytest.raises(ReceivingError):
        client.handle_recv({"type": "result"})
    with pytest.raises(ResponseError):
        client.parse_response({"id": 1, "type": "result", "success": False, "error": {"code": "a", "message": "b"}})


async def _ask_until_it_ends(client: Any) -> None:
    for _ in range(100):
        await settled(client.get_config())


async def test_a_client_whose_token_is_revoked_is_cut_off(kind: str, hub: Target) -> None:
    async with administrator(hub) as call:
        token = await call("auth/long_lived_access_token", client_name=f"compat cut {kind}", lifespan=1)
        async with entered(made(kind, hub, token)) as client:
            mine = [t["id"] for t in await call("auth/refresh_tokens") if t["client_name"] == f"compat cut {kind}"]
            await call("auth/delete_refresh_token", refresh_token_id=mine[0])
            with pytest.raises(ReceivingError):
                await _ask_until_it_ends(client)


@pytest.mark.parametrize("cls", [ha.WebsocketClient, ha.AsyncWebsocketClient])
def test_every_public_method_has_a_case(cls: type) -> None:
    assert public_methods(cls) - COVERED[NAME] == set()
