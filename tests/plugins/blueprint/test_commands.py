"""Blueprints over the API, and the rules that fill them: files and saved ones, changed ones, and whose rights count."""

import asyncio
import textwrap

import pytest
from aiohttp import web

from house import free_port, lived_in, until
from linli.auth import COMMAND_ACTOR
from linli.storage.journal_rows import JournalFilter
from linli.testing.hub import Deployment
from plugins.automation.home import PROBE

YAML = """
linli: {{name: House, language: en, trusted: [probe]}}
http: {{port: {port}}}
api: {{}}
home: {{}}
probe: {{}}
automation:
  - {{id: written, alias: Written, use_blueprint: {{path: own/follow.yaml, input: {{which: switch.a, event: go}}}}}}
  - {{id: late, alias: Late, use_blueprint: {{path: saved.yaml, input: {{which: switch.b}}}}}}
script: {{}}
{more}
"""
FOLLOW = """
blueprint:
  name: Follow
  domain: automation
  input:
    which: {name: Which, selector: {entity: {}}}
    more:
      name: More
      input:
        event: {default: follow}
trigger: {platform: event, event_type: !input event}
action:
  - service: switch.turn_on
    entity_id: !input which
"""
SAY = """
blueprint: {name: Say, domain: script, input: {what: }}
sequence: [{event: said, event_data: {what: !input what}}]
"""
PATH = "/api/config/automation/config/"


class Living:
    """A house on one folder."""

    def __init__(self, tmp_path, more=""):
        self.port = free_port()
        self.deployment = Deployment(tmp_path, YAML.format(port=self.port, more=textwrap.dedent(more)))
        self.deployment.drop_in("probe", PROBE)
        self.write("automation/own/follow.yaml", FOLLOW)
        self.write("automation/own/idle.yaml", FOLLOW)

    def write(self, name, text):
        path = self.deployment.folder / "blueprints" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    async def __aenter__(self):
        self.living = lived_in(self.deployment, self.port)
        house = await self.living.__aenter__()
        self.user, self.token = await house.user("owner", "admin")
        self.client = await house.connect(self.token)
        self.house = house
        return self

    async def __aexit__(self, *error):
        return await self.living.__aexit__(*error)

    def state(self, entity_id):
        return self.house.hub.rooms.states.get(entity_id).state

    async def save(self, path="saved", yaml=FOLLOW, client=None, domain="automation", **more):
        client = client or self.client
        return await client.result("blueprint/save", domain=domain, path=path, yaml=yaml, **more)

    async def code(self, command, **words):
        return await self.client.code(command, **{"domain": "automation", **words})


@pytest.fixture
async def home(tmp_path):
    async with Living(tmp_path) as found:
        yield found


async def test_a_rule_of_the_yaml_fills_a_file_and_runs(home):
    home.house.hub.rooms.bus.fire("go", {})
    await until(lambda: home.state("switch.a") == "on")
    config = (await home.client.result("automation/config", entity_id="automation.written"))["config"]
    assert config["triggers"] == {"platform": "event", "event_type": "go"}
    assert config["alias"] == "Written"
    (trace,) = await home.client.result("trace/list", domain="automation", item_id="written")
    words = {"domain": "automation", "item_id": "written", "run_id": trace["run_id"]}
    full = await home.client.result("trace/get", **words)
    assert full["blueprint_inputs"]["use_blueprint"]["input"] == {"which": "switch.a", "event": "go"}
    assert full["config"]["actions"] == [{"service": "switch.turn_on", "entity_id": "switch.a"}]


async def test_what_stands_beside_takes_the_blueprints_place_in_either_spelling(home):
    use = {"path": "own/follow.yaml", "input": {"which": "switch.b"}}
    for spelling in ("trigger", "triggers"):
        rule = {"alias": "Mine", spelling: [{"trigger": "event", "event_type": spelling}], "use_blueprint": use}
        assert (await home.house.rest("POST", PATH + "1", home.token, json=rule))[0] == 200
        config = (await home.client.result("automation/config", entity_id="automation.mine"))["config"]
        assert config["triggers"] == [{"trigger": "event", "event_type": spelling}]


async def test_a_saved_one_brings_a_rule_to_life_and_is_kept_while_it_is_used(home):
    assert home.state("automation.late") == "unavailable"
    assert await home.save() == {"overrides_existing": False}
    await home.house.hub.rooms.services.call("automation", "reload", {})
    assert home.state("automation.late") == "on"
    assert await home.code("blueprint/delete", path="saved.yaml") == "home_assistant_error"
    assert await home.code("blueprint/save", path="saved", yaml=FOLLOW) == "already_exists"
    other = FOLLOW.replace("default: follow", "default: run")
    assert await home.save(yaml=other, allow_override=True) == {"overrides_existing": True}
    await asyncio.sleep(0.1)
    home.house.hub.rooms.bus.fire("run", {})
    await until(lambda: home.state("switch.b") == "on")
    assert await home.save("free") == {"overrides_existing": False}
    await home.client.result("blueprint/delete", domain="automation", path="free.yaml")
    assert "free.yaml" not in await home.client.result("blueprint/list", domain="automation")


async def test_a_blueprint_that_asks_for_more_makes_its_rules_unavailable_and_says_why(home):
    await home.save()
    await home.house.hub.rooms.services.call("automation", "reload", {})
    await home.save(yaml=FOLLOW.replace("more:", "must: {}\n    more:"), allow_override=True)
    await until(lambda: home.state("automation.late") == "unavailable")
    issue = next(each for each in home.house.hub.rooms.issues.all() if each.issue_id == "broken_late")
    assert "Missing input must" in str(issue.message.parameters)
    assert "linli.yaml:" in str(issue.message.parameters)


async def test_a_reload_takes_up_a_file_that_changed(home):
    home.write("automation/own/follow.yaml", FOLLOW.replace("turn_on", "turn_off"))
    home.house.hub.rooms.bus.fire("go", {})
    await until(lambda: home.state("switch.a") == "on")
    await home.house.hub.rooms.services.call("automation", "reload", {})
    home.house.hub.rooms.bus.fire("go", {})
    await until(lambda: home.state("switch.a") == "off")
    rows = await home.house.hub.rooms.storage.journal.rows(JournalFilter(action="automation.approved"))
    hashes = [row.details["rules"]["written"]["hash"] for row in rows]
    assert len(set(hashes)) == 2  # what was approved is what the blueprint made of it


async def test_a_script_fills_one_too(home):
    await home.save("say", SAY, domain="script")
    body = {"use_blueprint": {"path": "say.yaml", "input": {"what": "hello"}}}
    assert (await home.house.rest("POST", "/api/config/script/config/greet", home.token, json=body))[0] == 200
    said = []
    home.house.hub.rooms.bus.listen("said", said.append)
    await home.house.hub.rooms.services.call("script", "greet", {})
    assert [event.data for event in said] == [{"what": "hello"}]
    assert await home.code("blueprint/delete", domain="script", path="say.yaml") == "home_assistant_error"


@pytest.mark.parametrize(
    ("command", "words", "code"),
    [
        ("blueprint/save", {"path": "own/follow.yaml", "allow_override": True}, "service_validation_error"),
        ("blueprint/save", {"path": "../up.yaml"}, "invalid_format"),
        ("blueprint/save", {"path": "/etc/x.yaml"}, "invalid_format"),
        ("blueprint/save", {"path": "a/../../x.yaml"}, "invalid_format"),
        ("blueprint/save", {"path": ".hidden"}, "invalid_format"),
        ("blueprint/save", {"path": ""}, "invalid_format"),
        ("blueprint/save", {"path": "x", "yaml": "a: ["}, "invalid_format"),
        ("blueprint/save", {"path": "x", "domain": "script"}, "invalid_format"),
        ("blueprint/save", {"path": "x", "domain": "light"}, "invalid_format"),
        ("blueprint/save", {"path": "x", "source_url": "nope"}, "invalid_format"),
        ("blueprint/delete", {"path": "own/follow.yaml"}, "home_assistant_error"),
        ("blueprint/delete", {"path": "own/idle.yaml"}, "service_validation_error"),
        ("blueprint/delete", {"path": "none.yaml"}, "not_found"),
        ("blueprint/delete", {"path": "own/follow.yaml", "domain": "light"}, "invalid_format"),
        ("blueprint/substitute", {"path": "own/follow.yaml", "input": {}}, "invalid_format"),
        ("blueprint/substitute", {"path": "none.yaml", "input": {}}, "invalid_format"),
        ("blueprint/substitute", {"path": "own/follow", "input": {}}, "invalid_format"),
        ("blueprint/substitute", {"path": "own/follow.yaml"}, "invalid_format"),
        ("blueprint/import", {"url": "nonsense"}, "invalid_format"),
        ("blueprint/import", {"url": "https://github.com/o/r/blob/main/x.yaml"}, "home_assistant_error"),
    ],
)
async def test_what_is_refused(home, command, words, code):
    words = {"yaml": FOLLOW, **words} if command == "blueprint/save" else words
    if command != "blueprint/import":
        words = {"domain": "automation", **words}
    assert await home.client.code(command, **words) == code


async def test_a_broken_file_is_listed_with_its_fault_and_costs_no_other(tmp_path):
    living = Living(tmp_path)
    living.write("automation/broken.yaml", "a: [")
    living.write("automation/of_scripts.yaml", SAY)
    async with living as home:
        found = await home.client.result("blueprint/list", domain="automation")
        assert found["own/follow.yaml"]["metadata"]["name"] == "Follow"
        assert "error" in found["broken.yaml"]
        assert "type script, expected automation" in found["of_scripts.yaml"]["error"]
        assert await home.client.result("blueprint/list", domain="light") == {}


async def test_who_writes_no_rules_sees_names_and_no_defaults(home):
    resident = await home.house.connect((await home.house.user("li", "resident"))[1])
    found = await resident.result("blueprint/list", domain="automation")
    assert found["own/follow.yaml"]["metadata"]["input"] == {
        "which": {"name": "Which"},
        "more": {"name": "More", "input": {"event": {}}},
    }
    for command in ("substitute", "save", "delete"):
        words = {"domain": "automation", "path": "own/follow.yaml", "input": {}, "yaml": FOLLOW}
        keys = {"substitute": ("input",), "save": ("yaml",), "delete": ()}[command]
        sent = {key: words[key] for key in ("domain", "path", *keys)}
        assert await resident.code(f"blueprint/{command}", **sent) == "unauthorized"
    assert await resident.code("blueprint/import", url="https://github.com/o/r/blob/m/x.yaml") == "unauthorized"


async def test_a_rule_does_no_more_than_whoever_saved_its_blueprint_may(home):
    saver, token = await home.house.user("admin_2", "admin")
    await home.save(client=await home.house.connect(token))
    use = {"alias": "Mine", "use_blueprint": {"path": "saved.yaml", "input": {"which": "switch.a"}}}
    assert (await home.house.rest("POST", PATH + "1", home.token, json=use))[0] == 200
    await home.house.hub.rooms.services.call("automation", "reload", {})
    users = home.house.hub.rooms.auth.users
    await users.update(saver.id, {"role": "read-only"}, actor=COMMAND_ACTOR)
    for rule in ("automation.mine", "automation.late"):  # of another user, and of the deployment
        await home.house.hub.rooms.services.call("automation", "trigger", {"entity_id": rule})
    await asyncio.sleep(0.2)
    assert (home.state("switch.a"), home.state("switch.b")) == ("off", "off")
    await users.update(saver.id, {"role": "admin"}, actor=COMMAND_ACTOR)
    for rule in ("automation.mine", "automation.late"):
        await home.house.hub.rooms.services.call("automation", "trigger", {"entity_id": rule})
    await until(lambda: (home.state("switch.a"), home.state("switch.b")) == ("on", "on"))


async def test_what_is_saved_and_deleted_is_journaled(home):
    await home.save("x")
    await home.client.result("blueprint/delete", domain="automation", path="x.yaml")
    for action in ("blueprint.saved", "blueprint.deleted"):
        (row,) = await home.house.hub.rooms.storage.journal.rows(JournalFilter(action=action))
        assert row.subject == "automation/x.yaml"


async def test_one_is_imported_from_where_the_deployment_allows(tmp_path):
    app = web.Application()

    async def lamp(request):
        return web.Response(text=FOLLOW)

    app.router.add_get("/lamp.yaml", lamp)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    url = f"http://127.0.0.1:{port}/lamp.yaml"
    try:
        async with Living(tmp_path, f"blueprint: {{import_from: ['http://127.0.0.1:{port}']}}") as home:
            found = await home.client.result("blueprint/import", url=url)
            assert (found["suggested_filename"], found["exists"]) == ("127.0.0.1/lamp", False)
            assert found["blueprint"]["metadata"]["source_url"] == url
            assert (found["raw_data"], found["validation_errors"]) == (FOLLOW, None)
            await home.save("127.0.0.1/lamp", found["raw_data"], source_url=url)
            assert (await home.client.result("blueprint/import", url=url))["exists"] is True
            listed = await home.client.result("blueprint/list", domain="automation")
            assert listed["127.0.0.1/lamp.yaml"]["metadata"]["source_url"] == url
            none = url.replace("lamp", "none")
            assert await home.client.code("blueprint/import", url=none) == "not_found"
    finally:
        await runner.cleanup()
