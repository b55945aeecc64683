"""Rules over the API: saved with their author, traced, looked at; actions and conditions tried out."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from house import free_port, lived_in, until
from linli.auth import COMMAND_ACTOR
from linli.testing.hub import Deployment
from plugins.automation.home import PROBE

YAML = """
linli: {{name: House, language: en, trusted: [probe]}}
http: {{port: {port}}}
api: {{}}
home: {{}}
probe: {{}}
automation:
  - {{id: written, alias: Written, triggers: [{{trigger: event, event_type: written}}], actions: [{{delay: 0}}]}}
script: {{}}
scene: []
"""
RULE = {
    "alias": "Saved",
    "description": "",
    "triggers": [{"trigger": "event", "event_type": "go"}],
    "conditions": [],
    "actions": [{"action": "switch.turn_on", "target": {"entity_id": "switch.a"}}],
    "mode": "single",
}
PATH = "/api/config/automation/config/"


@asynccontextmanager
async def living(tmp_path, files=None):
    port = free_port()
    deployment = Deployment(tmp_path, YAML.format(port=port)).drop_in("probe", PROBE)
    for name, text in (files or {}).items():
        path = deployment.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    async with lived_in(deployment, port) as house:
        house.token = (await house.user("owner", "admin"))[1]
        yield house


@pytest.fixture
async def house(tmp_path):
    async with living(tmp_path) as found:
        yield found


def state(house, entity_id):
    return house.hub.rooms.states.get(entity_id)


async def test_a_rule_is_saved_runs_is_read_again_and_goes(house):
    token = house.token
    assert await house.rest("GET", PATH + "1", token) == (404, {"message": "Resource not found"})
    assert await house.rest("POST", PATH + "1", token, json=RULE) == (200, {"result": "ok"})
    assert state(house, "automation.saved").attributes["id"] == "1"
    status, found = await house.rest("GET", PATH + "1", token)
    assert (status, found) == (200, {"id": "1", **RULE})
    house.hub.rooms.bus.fire("go", {})
    await until(lambda: state(house, "switch.a").state == "on")
    changed = {**RULE, "alias": "Other", "actions": []}
    assert await house.rest("POST", PATH + "1", token, json=changed) == (200, {"result": "ok"})
    assert state(house, "automation.saved").attributes["friendly_name"] == "Other"
    assert await house.rest("DELETE", PATH + "1", token) == (200, {"result": "ok"})
    assert state(house, "automation.saved") is None
    assert (await house.rest("DELETE", PATH + "1", token))[0] == 400


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**RULE, "triggers": [{"trigger": "moon"}]}, "Invalid trigger 'moon' specified"),
        ({**RULE, "actions": [{"delay": "soon"}]}, "actions"),
        ({**RULE, "conditions": ["{{ 1 +  }}"]}, "invalid template"),
        ({**RULE, "colour": "red"}, "extra keys not allowed"),
        ({"alias": "x"}, "required key not provided"),
        ({**RULE, "use_blueprint": {"path": "none.yaml"}}, "Unable to find none.yaml"),
    ],
)
async def test_what_is_no_rule_is_refused_with_a_sentence(house, body, said):
    status, answer = await house.rest("POST", PATH + "1", house.token, json=body)
    assert status == 400
    assert answer["message"].startswith("Message malformed: ")
    assert said in answer["message"]
    assert (await house.rest("GET", PATH + "1", house.token))[0] == 404


async def test_only_administrators_save_and_a_rule_of_the_yaml_keeps_its_id(house):
    resident = (await house.user("li", "resident"))[1]
    assert (await house.rest("POST", PATH + "1", resident, json=RULE))[0] in (401, 403)
    assert (await house.rest("POST", PATH + "1", json=RULE))[0] == 401
    status, answer = await house.rest("POST", PATH + "written", house.token, json=RULE)
    assert (status, answer["message"]) == (400, "Message malformed: the YAML has an automation of this id")


async def test_the_rights_of_a_saved_rule_end_with_those_of_its_author(house):
    author, token = await house.user("admin_2", "admin")
    assert (await house.rest("POST", PATH + "1", token, json=RULE))[0] == 200
    users = house.hub.rooms.auth.users
    await users.update(author.id, {"role": "read-only"}, actor=COMMAND_ACTOR)
    house.hub.rooms.bus.fire("go", {})
    await asyncio.sleep(0.1)
    assert state(house, "automation.saved").attributes["last_triggered"] is None
    await house.hub.rooms.services.call("automation", "trigger", {"entity_id": "automation.saved"})
    await until(lambda: state(house, "automation.saved").attributes["last_triggered"] is not None)
    await asyncio.sleep(0.05)
    assert state(house, "switch.a").state == "off"


async def test_a_template_of_a_saved_rule_renders_in_its_authors_view(house):
    told = []
    house.hub.rooms.bus.listen("told", told.append)
    event = {"event": "told", "event_data": {"seen": "{{ states('switch.a') }}"}}
    assert (await house.rest("POST", PATH + "1", house.token, json={**RULE, "actions": [event]}))[0] == 200
    house.hub.rooms.bus.fire("go", {})
    await until(lambda: told)
    assert told[0].data == {"seen": "off"}


async def test_what_was_saved_is_there_after_a_restart(tmp_path):
    async with living(tmp_path) as house:
        assert (await house.rest("POST", PATH + "1", house.token, json=RULE))[0] == 200
        script = {"sequence": [{"stop": "x"}], "alias": "Mine"}
        assert (await house.rest("POST", "/api/config/script/config/mine", house.token, json=script))[0] == 200
        scene = {"name": "Evening", "entities": {"switch.a": "on"}}
        assert (await house.rest("POST", "/api/config/scene/config/7", house.token, json=scene))[0] == 200
        token = house.token
    async with living_again(tmp_path) as house:
        for entity_id in ("automation.saved", "script.mine", "scene.evening"):
            assert state(house, entity_id).state != "unavailable"
        assert (await house.rest("GET", "/api/config/scene/config/7", token))[1] == {"id": "7", **scene}
        assert (await house.rest("GET", "/api/config/script/config/mine", token))[1] == script


@asynccontextmanager
async def living_again(tmp_path):
    port = free_port()
    async with lived_in(Deployment(tmp_path, YAML.format(port=port)).drop_in("probe", PROBE), port) as house:
        yield house


async def test_traces_are_listed_and_read(house):
    client = await house.connect(house.token)
    await house.rest("POST", PATH + "1", house.token, json={**RULE, "conditions": ["{{ trigger.event.data.x }}"]})
    for x in (False, True):
        house.hub.rooms.bus.fire("go", {"x": x})
        await asyncio.sleep(0.1)
    first, second = await client.result("trace/list", domain="automation", item_id="1")
    assert [first["script_execution"], second["script_execution"]] == ["failed_conditions", "finished"]
    assert (first["last_step"], second["last_step"]) == ("condition/0", "action/0")
    assert (first["state"], first["domain"], first["item_id"]) == ("stopped", "automation", "1")
    assert first["trigger"] == "event 'go'"
    words = {"domain": "automation", "item_id": "1", "run_id": second["run_id"]}
    full = await client.result("trace/get", **words)
    assert list(full["trace"]) == ["trigger/0", "condition/0", "action/0"]
    assert full["trace"]["condition/0"][0]["result"] == {"result": True, "entities": []}
    assert full["trace"]["action/0"][0]["result"]["params"]["service"] == "turn_on"
    assert full["trace"]["trigger/0"][0]["changed_variables"]["trigger"]["event"]["data"] == {"x": True}
    assert full["config"]["alias"] == "Saved"
    contexts = await client.result("trace/contexts", domain="automation", item_id="1")
    assert contexts[full["context"]["id"]] == {**words}
    assert await client.code("trace/get", **{**words, "run_id": "none"}) == "not_found"
    resident = await house.connect((await house.user("li", "resident"))[1])
    assert await resident.code("trace/list", domain="automation") == "unauthorized"


async def test_a_configuration_is_shown_to_administrators(house):
    client = await house.connect(house.token)
    found = await client.result("automation/config", entity_id="automation.written")
    assert found["config"]["id"] == "written"
    assert await client.code("automation/config", entity_id="automation.none") == "not_found"
    assert await client.code("script/config", entity_id="script.none") == "not_found"


async def test_conditions_and_actions_are_tried_out_with_ones_own_rights(house):
    client = await house.connect(house.token)
    condition = {"condition": "state", "entity_id": "switch.a", "state": "off"}
    assert await client.result("test_condition", condition=condition) == {"result": True}
    assert await client.code("test_condition", condition={"condition": "moon"}) == "invalid_format"
    sequence = [{"variables": {"x": {"a": 1}}}, {"stop": "", "response_variable": "x"}]
    found = await client.result("execute_script", sequence=sequence)
    assert found["response"] == {"a": 1}
    lock = [{"action": "lock.unlock", "target": {"entity_id": "{{ 'lock.front' }}"}}]
    await client.result("execute_script", sequence=lock)
    assert state(house, "lock.front").state == "unlocked"
    assert await client.code("execute_script", sequence=[{"delay": "soon"}]) == "invalid_format"
