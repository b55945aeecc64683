"""homeassistant-api's REST clients, sync and async: every public method against the hub.

A hub without a recorder has no history and no logbook; the client says so by EndpointNotFoundError, as it does against
an original without one.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import homeassistant_api as ha
import niquests
import pytest
from homeassistant_api.errors import (
    BadTemplateError,
    EndpointNotFoundError,
    MethodNotAllowedError,
    RequestError,
    UnauthorizedError,
)

from compat.clients import COVERED, an_answering_service, covers, entered, public_methods, settled, switch
from compat.harness.player import Target

KINDS = {"sync": ha.Client, "async": ha.AsyncClient}
SESSIONS = {"sync": niquests.Session, "async": niquests.AsyncSession}
MOMENT = datetime(2026, 1, 1, 12, 30, 15, 999, tzinfo=UTC)


@pytest.fixture(params=KINDS)
async def client(hub: Target, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    async with entered(KINDS[request.param](f"{hub.url}/api", hub.values["admin"])) as client:
        yield client


@covers("Client", "check_api_running", "get_config", "get_components", "check_api_config")
async def test_it_runs_and_tells_its_configuration(client: Any) -> None:
    assert await settled(client.check_api_running()) is True
    assert (await settled(client.get_config()))["time_zone"] == "Asia/Shanghai"
    assert "input_boolean" in await settled(client.get_components())
    assert await settled(client.check_api_config()) is True


@covers("Client", "set_state", "get_state", "get_states")
async def test_a_state_is_written_and_read(client: Any) -> None:
    written = await settled(
        client.set_state(ha.State(entity_id="sensor.compat_client", state="21.5", attributes={"a": 1}))
    )
    assert (written.state, written.attributes) == ("21.5", {"a": 1})
    assert (await settled(client.get_state(entity_id="sensor.compat_client"))).state == "21.5"
    assert (await settled(client.get_state(group_id="sensor", slug="compat_client"))).context.user_id is not None
    assert "sensor.compat_client" in {state.entity_id for state in await settled(client.get_states())}


@covers("Client", "get_entity", "get_entities")
@covers("Entity", "get_state", "update_state")
@covers("Group", "get_entity")
async def test_an_entity_is_found_changed_and_read_again(client: Any) -> None:
    await settled(client.set_state(ha.State(entity_id="sensor.compat_entity", state="1")))
    group = (await settled(client.get_entities()))["sensor"]
    entity = group.get_entity("compat_entity")
    assert entity is group.compat_entity
    entity.state.state = "2"
    assert (await settled(entity.update_state())).state == "2"
    assert (await settled(entity.get_state())).state == "2"
    assert (await settled(client.get_entity(entity_id="sensor.compat_entity"))).state.state == "2"
    assert (
        await settled(client.get_entity(group_id="sensor", slug="compat_entity"))
    ).entity_id == "sensor.compat_entity"
    with pytest.raises(EndpointNotFoundError):
        await settled(client.get_entity(entity_id="sensor.compat_nobody"))


@covers("Client", "get_domains", "get_domain", "trigger_service")
@covers("Domain", "get_service")
@covers("Service", "trigger")
async def test_a_service_changes_a_state_and_tells_it(client: Any, hub: Target) -> None:
    lamp = await switch(hub, "rest client lamp")
    domains = await settled(client.get_domains())
    assert {"homeassistant", "input_boolean", "persistent_notification"} <= domains.keys()
    domain = await settled(client.get_domain("input_boolean"))
    changed = await settled(client.trigger_service("input_boolean", "turn_on", entity_id=lamp))
    assert [(state.entity_id, state.state) for state in changed] == [(lamp, "on")]
    assert [s.state for s in await settled(domain.get_service("toggle").trigger(entity_id=lamp))] == ["off"]
    assert [s.state for s in await settled(domain.turn_on(entity_id=lamp))] == ["on"]
    with pytest.raises(RequestError):
        await settled(client.trigger_service("input_boolean", "compat_none"))


@covers("Client", "trigger_service_with_response")
async def test_a_service_answers(client: Any, hub: Target) -> None:
    domain, name, data = await an_answering_service(hub)
    states, response = await settled(client.trigger_service_with_response(domain, name, **data))
    assert response
    assert isinstance(states, tuple)
    with pytest.raises(RequestError):
        await settled(client.trigger_service_with_response("input_boolean", "turn_on", entity_id="none"))


@covers("Client", "get_events", "get_event", "fire_event")
@covers("Event", "fire")
async def test_events_are_listed_and_fired(client: Any) -> None:
    assert all(event.listener_count >= 0 for event in await settled(client.get_events()))
    event = await settled(client.get_event("state_changed"))
    assert event is None or event.event == "state_changed"
    named = (await settled(client.get_events()))[0]
    assert await settled(client.fire_event("compat_client", a=1)) == "Event compat_client fired."
    assert await settled(named.fire(compat=True)) == f"Event {named.event} fired."


@covers("Client", "get_rendered_template")
async def test_a_template_is_rendered_or_refused(client: Any) -> None:
    assert (
        await settled(client.get_rendered_template("{{ 20 + 3 }} {{ states('sensor.compat_nobody') }}")) == "23 unknown"
    )
    with pytest.raises(BadTemplateError):
        await settled(client.get_rendered_template("{{ 1 +"))


@covers("Client", "get_error_log")
async def test_the_error_log_is_text(client: Any) -> None:
    assert isinstance(await settled(client.get_error_log()), str)


@covers("Client", "get_entity_histories", "prepare_get_entity_histories_params")
@covers("Entity", "get_history")
async def test_history_is_not_there_without_a_recorder(client: Any) -> None:
    await settled(client.set_state(ha.State(entity_id="sensor.compat_past", state="1")))
    entity = await settled(client.get_entity(entity_id="sensor.compat_past"))
    params, path = client.prepare_get_entity_histories_params((entity,), MOMENT, MOMENT, significant_changes_only=True)
    assert path == "history/period/2026-01-01T12:30:15+00:00"
    assert params["filter_entity_id"] == "sensor.compat_past"
    for asked in (
        lambda: client.get_entity_histories(),
        lambda: client.get_entity_histories((entity,), MOMENT, MOMENT, significant_changes_only=True),
        lambda: entity.get_history(),
    ):
        with pytest.raises(EndpointNotFoundError):
            await settled(asked())


@covers("Client", "get_logbook_entries", "prepare_get_logbook_entry_params")
async def test_the_logbook_is_not_there_without_a_recorder(client: Any) -> None:
    assert client.prepare_get_logbook_entry_params("a.b", MOMENT, MOMENT)[1].startswith("logbook/2026-01-01T12:30:15")
    for asked in (
        lambda: client.get_logbook_entries(),
        lambda: client.get_logbook_entries("a.b", MOMENT, MOMENT),
    ):
        with pytest.raises(EndpointNotFoundError):
            await settled(asked())


@covers("Client", "request", "response_logic", "endpoint", "construct_params", "prepare_headers")
async def test_a_request_of_ones_own(client: Any, hub: Target) -> None:
    assert client.endpoint("states", "sensor.x") == f"{hub.url}/api/states/sensor.x"
    assert client.construct_params({"a": None, "b": "c d"}) == "a&b=c+d"
    assert client.prepare_headers({"X-Y": "z"})["Authorization"] == f"Bearer {hub.values['admin']}"
    assert (await settled(client.request("core/state")))["state"] == "RUNNING"
    with pytest.raises(MethodNotAllowedError):
        await settled(client.request("states", method="PUT"))
    with pytest.raises(EndpointNotFoundError):
        await settled(client.request("compat_none"))
    answer = niquests.get(f"{hub.url}/api/", headers=client.prepare_headers())
    assert await settled(client.response_logic(answer)) == {"message": "API running."}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_wrong_token_is_refused(kind: str, hub: Target) -> None:
    session = SESSIONS[kind]()
    with pytest.raises(UnauthorizedError):
        async with entered(KINDS[kind](f"{hub.url}/api", "wrong", session=session)):
            pass
    await settled(session.close())


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reader_reads_and_does_not_write(kind: str, hub: Target) -> None:
    async with entered(KINDS[kind](f"{hub.url}/api", hub.values["reader"])) as client:
        assert await settled(client.check_api_running())
        with pytest.raises(UnauthorizedError):
            await settled(client.set_state(ha.State(entity_id="sensor.compat_reader", state="1")))


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("Client", ha.Client),
        ("Client", ha.AsyncClient),
        ("Entity", ha.Entity),
        ("Entity", ha.AsyncEntity),
        ("Group", ha.Group),
        ("Group", ha.AsyncGroup),
        ("Domain", ha.Domain),
        ("Domain", ha.AsyncDomain),
        ("Service", ha.Service),
        ("Service", ha.AsyncService),
        ("Event", ha.Event),
        ("Event", ha.AsyncEvent),
    ],
)
def test_every_public_method_has_a_case(name: str, cls: type) -> None:
    constructors = {"from_json", "from_json_with_client"}  # every case makes its objects by them
    assert public_methods(cls) - constructors - COVERED[name] == set()
