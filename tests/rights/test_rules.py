"""What rules did and say, and whom scenes name, as far as the reader sees those (SAFETY 15, 16)."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR
from linli.auth.policy import PERMISSIONS
from linli.scope import Scope
from rights.estate import Estate, Line

CONFIG = "/api/config/automation/config/"
OPEN = "{{ states('light.' ~ 'vexil' ~ 'lum') }}"
"""A look at flat B that does not name it."""


def rule(name: str, **data: Any) -> dict[str, Any]:
    return {
        "alias": name,
        "triggers": [{"trigger": "event", "event_type": "go"}],
        "actions": [{"event": "gone", "event_data": data}],
    }


@pytest.fixture
async def ruled(estate: Estate) -> Estate:
    """Three rules that have run, and a token that sees them but of the lights only the one in flat A."""
    rules = {
        "mine": rule("Mine", light="light.marigold"),
        "other": rule("Other", light="light.vexillum"),
        "open": rule("Open", state=OPEN),
    }
    for name, config in rules.items():
        assert (await estate.rest("admin", "POST", CONFIG + name, config)).outcome == "ok"
    seen = frozenset({*(f"automation.{name}" for name in rules), "light.marigold"})
    made = await estate.hub.rooms.auth.tokens.create_long_lived(
        estate.users["admin"].id, client_name="narrow", lifespan_days=1, actor=COMMAND_ACTOR,
        scope=Scope(entity_ids=seen, permissions=frozenset(PERMISSIONS)),
    )  # fmt: skip
    estate.users["narrow"], estate.tokens["narrow"] = estate.users["admin"], made.access_token
    assert (await estate.rest("admin", "POST", "/api/events/go", {})).outcome == "ok"
    admin = await estate.connect("admin")
    while len(await result(admin, "trace/list", domain="automation")) < 3:
        await asyncio.sleep(0.01)
    await admin.ws.close()
    return estate


async def result(line: Line, type: str, **fields: Any) -> Any:
    return json.loads((await line.ask(type, fields)).raw)["result"]


async def test_a_narrowed_token_reads_of_rules_only_what_names_nothing_hidden(ruled: Estate) -> None:
    line, admin = await ruled.connect("narrow"), await ruled.connect("admin")
    told = await result(line, "trace/list", domain="automation")
    assert [each["item_id"] for each in told] == ["mine"]
    assert set(await result(line, "trace/contexts")) == {told[0]["run_id"]}
    every = {each["item_id"]: each["run_id"] for each in await result(admin, "trace/list", domain="automation")}
    for name, outcome in (("mine", "ok"), ("other", "not_found"), ("open", "not_found")):
        words = {"domain": "automation", "item_id": name, "run_id": every[name]}
        assert (await line.ask("trace/get", words)).outcome == outcome, name
        assert (await admin.ask("trace/get", words)).outcome == "ok"
        answer = await line.ask("automation/config", {"entity_id": f"automation.{name}"})
        assert answer.outcome == outcome, name
        assert (await ruled.rest("narrow", "GET", CONFIG + name)).outcome == outcome, name
    nobody = await line.ask("automation/config", {"entity_id": "automation.nobody"})
    assert answer.raw == nobody.raw
    await line.ws.close()
    await admin.ws.close()


async def test_a_rule_that_cannot_be_read_is_neither_replaced_nor_removed(ruled: Estate) -> None:
    assert (await ruled.rest("narrow", "POST", CONFIG + "other", rule("New"))).outcome == "invalid"
    assert (await ruled.rest("narrow", "DELETE", CONFIG + "other")).outcome == "invalid"
    assert "vexillum" in (await ruled.rest("admin", "GET", CONFIG + "other")).raw
    assert (await ruled.rest("narrow", "POST", CONFIG + "mine", rule("New"))).outcome == "ok"


@pytest.fixture
async def staged(estate: Estate) -> Estate:
    """Two scenes in flat A: one of its own lamp, one that moves a lamp of flat B, too."""
    for name, lights in (("own", ["light.marigold"]), ("both", ["light.marigold", "light.vexillum"])):
        data = {"scene_id": name, "entities": dict.fromkeys(lights, "on")}
        await estate.hub.rooms.services.call("scene", "create", data)
        await estate.hub.rooms.registries.entities.update(f"scene.{name}", place="flat_a")
    return estate


async def test_a_scene_names_its_entities_to_who_sees_them_all(staged: Estate) -> None:
    who = "resident of a"
    for name, names in (("own", True), ("both", False)):
        answer = await staged.rest(who, "GET", f"/api/states/scene.{name}")
        assert answer.outcome == "ok"
        assert ("light.marigold" in answer.raw) is names
    line = await staged.connect(who)
    assert staged.tells((await line.ask("get_states")).raw) == []
    rooms, view = staged.hub.rooms, staged.hub.rooms.auth.views.for_user(staged.users[who].id)
    template = "{{ state_attr('scene.both', 'entity_id') }} {{ state_attr('scene.own', 'entity_id') }}"
    assert rooms.templates.render_text(template, {}, view) == "None ['light.marigold']"
    await line.ask("subscribe_entities")
    await staged.hub.rooms.services.call("scene", "turn_on", target={"entity_id": ["scene.both", "scene.own"]})
    await asyncio.sleep(0.05)
    await line.ask("ping")
    assert "scene.both" in "".join(line.heard)
    assert "scene.own" in "".join(line.heard)
    assert staged.tells("".join(line.heard)) == []
    admin = await staged.rest("admin", "GET", "/api/states/scene.both")
    assert "light.vexillum" in admin.raw
    await line.ws.close()


async def test_the_past_of_a_scene_names_no_more(staged: Estate) -> None:
    """History asks the view which attributes of an entity it hides."""
    view = staged.hub.rooms.auth.views.for_user(staged.users["resident of a"].id)
    assert view.hides("scene.both") == {"entity_id"}
    assert view.hides("scene.own") == frozenset()


async def told(line: Line, subscription: str, scene: str) -> list[Any]:
    """What a subscription said about a scene since it was looked at last, once its answers to a turn are here."""
    await line.ask("ping")
    heard = [json.loads(raw)["event"] for raw in line.heard]
    line.heard.clear()
    if subscription == "subscribe_entities":
        return [each[key][scene] for each in heard for key in "ac" if scene in each.get(key, {})]
    return [each["data"]["new_state"] for each in heard if each["data"]["entity_id"] == scene]


@pytest.mark.parametrize("subscription", ["subscribe_entities", "subscribe_events"])
async def test_a_scene_forgets_whom_it_named_when_the_sight_of_one_ends(staged: Estate, subscription: str) -> None:
    """SAFETY 16: in the client, too, at once and not with the scene's next change."""
    line = await staged.connect("resident of a")
    fields = {} if subscription == "subscribe_entities" else {"event_type": "state_changed"}
    await line.ask(subscription, fields)
    await line.ask("ping")
    line.heard.clear()
    attributes = "a" if subscription == "subscribe_entities" else "attributes"
    entities = staged.hub.rooms.registries.entities
    async with asyncio.timeout(1):
        await entities.update("light.marigold", place="flat_b")
        raw = "".join(line.heard)
        (state,) = await told(line, subscription, "scene.own")
    assert "entity_id" not in state[attributes]
    assert "friendly_name" in state[attributes]
    assert '"entity_id":["light.marigold"]' not in raw
    assert await told(line, subscription, "scene.both") == []
    async with asyncio.timeout(1):
        await entities.update("light.marigold", place="flat_a")
        (state,) = await told(line, subscription, "scene.own")
    assert state[attributes]["entity_id"] == ["light.marigold"]
    await line.ws.close()


async def test_so_it_does_in_the_stream_of_an_administrator_who_does_not_see_everything(staged: Estate) -> None:
    views = staged.hub.rooms.auth.views
    resident = views.roles["resident"]
    views.set_roles({**views.roles, "resident": replace(resident, permissions=resident.permissions | {"admin"})})
    headers = {"Authorization": f"Bearer {staged.tokens['resident of a']}"}
    address = staged.url + "/api/stream?restrict=state_changed"
    async with staged.http.get(address, headers=headers) as stream:
        assert await stream.content.readline() == b"data: ping\n"
        async with asyncio.timeout(1):
            await staged.hub.rooms.registries.entities.update("light.marigold", place="flat_b")
            while b"scene.own" not in (line := await stream.content.readline()):
                assert b"light.marigold" not in line
    data = json.loads(line.removeprefix(b"data: "))["data"]
    assert data["entity_id"] == "scene.own"
    assert "entity_id" not in {**data["old_state"]["attributes"], **data["new_state"]["attributes"]}


async def test_a_scene_forgets_whom_it_named_when_its_reader_moves(staged: Estate) -> None:
    line = await staged.connect("resident of a")
    await staged.hub.rooms.registries.entities.update("scene.both", place="flat_b")
    await staged.hub.rooms.auth.users.update(
        staged.users["resident of a"].id, {"places": ["flat_a", "flat_b"]}, actor=COMMAND_ACTOR
    )
    await line.ask("subscribe_events", {"event_type": "state_changed"})
    await line.ask("ping")
    line.heard.clear()
    await staged.hub.rooms.auth.users.update(
        staged.users["resident of a"].id, {"places": ["flat_b"]}, actor=COMMAND_ACTOR
    )
    (state,) = await told(line, "subscribe_events", "scene.both")
    assert "entity_id" not in state["attributes"]
    await line.ws.close()


async def test_rows_of_the_past_of_a_scene_name_nobody_whom_the_reader_does_not_see(staged: Estate) -> None:
    """Whom it names now decides, also of what was written before."""
    await staged.hub.rooms.services.call("scene", "turn_on", target={"entity_id": ["scene.both", "scene.own"]})
    asked = {"start_time": "2020-01-01T00:00:00Z", "entity_ids": ["scene.both", "scene.own"]}

    async def rows(who: str) -> dict[str, Any]:
        line = await staged.connect(who)
        found = await result(line, "history/history_during_period", **asked)
        await line.ws.close()
        return {name: [row["a"] for row in told] for name, told in found.items()}

    async with asyncio.timeout(5):
        while len(every := await rows("admin")) < 2:
            await asyncio.sleep(0.05)
    assert every["scene.both"][-1]["entity_id"] == ["light.marigold", "light.vexillum"]
    seen = await rows("resident of a")
    assert seen["scene.own"][-1]["entity_id"] == ["light.marigold"]
    assert seen["scene.both"]
    assert not [attributes for attributes in seen["scene.both"] if "entity_id" in attributes]
    await staged.hub.rooms.registries.entities.update("light.marigold", place="flat_b")
    assert not [each for told in (await rows("resident of a")).values() for each in told if "entity_id" in each]
