"""What a token is narrowed to holds for all that its bearer has done: calls, templates, triggers, further tokens."""

from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR, User
from linli.scope import Scope

from .conftest import FLAT, OURS, THEIRS, Client, House

TOGGLE = "/api/services/input_boolean/toggle"
ONLY_SENSORS, ONLY_READING = Scope(domains=frozenset({"sensor"})), Scope(read_only=True)


async def narrowed(house: House, user: User, scope: Scope) -> str:
    grant = await house.hub.rooms.auth.tokens.create_long_lived(
        user.id, client_name="narrow", lifespan_days=1, scope=scope, actor=COMMAND_ACTOR
    )
    return grant.access_token


def value(house: House) -> str:
    state = house.hub.rooms.states.get(OURS)
    assert state is not None
    return state.state


@pytest.mark.parametrize("role", ["resident", "admin", "owner"])
@pytest.mark.parametrize("scope", [ONLY_READING, ONLY_SENSORS, Scope(entity_ids=frozenset({THEIRS}))])
async def test_a_narrowed_token_switches_nothing_outside_its_scope(house: House, role: str, scope: Scope) -> None:
    user, whole = await house.user("owner" if role == "owner" else "li", "admin" if role == "owner" else role, FLAT)
    before = value(house)
    token = await narrowed(house, user, scope)
    await house.rest("POST", TOGGLE, token, json={"entity_id": OURS})
    assert value(house) == before
    client = await house.connect(token)
    await client.ask("call_service", domain="input_boolean", service="toggle", target={"entity_id": OURS})
    assert value(house) == before
    assert (await house.rest("POST", TOGGLE, whole, json={"entity_id": OURS}))[0] == 200
    assert value(house) != before


async def test_a_narrowed_token_of_the_owner_calls_no_service_for_administrators(house: House) -> None:
    user, _ = await house.user("owner", "admin")
    token = await narrowed(house, user, Scope(domains=frozenset({"input_boolean"})))
    assert (await house.rest("POST", TOGGLE, token, json={"entity_id": OURS}))[0] == 200
    assert (await house.rest("POST", "/api/services/input_boolean/reload", token, json={}))[0] in (401, 403)


async def test_templates_and_triggers_see_no_further_than_the_token(house: House) -> None:
    user, _ = await house.user("owner", "admin")
    may = frozenset({"admin", "templates.render"})
    token = await narrowed(house, user, Scope(entity_ids=frozenset({OURS}), permissions=may))
    client = await house.connect(token)
    await client.result("render_template", template="{{ states | count }}")
    assert (await client.event())["result"] == 1
    trigger = {"trigger": "template", "value_template": f"{{{{ is_state('{THEIRS}', 'on') }}}}"}
    both = [{"trigger": "state", "entity_id": [OURS, THEIRS]}, trigger]
    await client.result("subscribe_trigger", trigger=both)
    await house.turn(THEIRS)
    await client.quiet()
    await house.turn(OURS)
    fired: dict[str, Any] = await client.event()
    assert fired["variables"]["trigger"]["entity_id"] == OURS


async def test_a_narrowed_token_makes_no_other(house: House) -> None:
    user, _ = await house.user("li", "resident", FLAT)
    client: Client = await house.connect(await narrowed(house, user, ONLY_READING))
    assert await client.code("auth/long_lived_access_token", client_name="heir", lifespan=1) == "unauthorized"
    assert len(await house.hub.rooms.auth.tokens.of_user(user.id)) == 2
