"""Checking and taking up the YAML over the API: the files as they are now, words in the reader's language."""

from linli.auth import COMMAND_ACTOR

from .conftest import FLAT, THEIRS, House

CHECK = "/api/config/core/check_config"


def edit(house: House, old: str, new: str) -> None:
    main = house.hub.rooms.checked.deployment.main
    text = main.read_text(encoding="utf-8")
    assert old in text
    main.write_text(text.replace(old, new), encoding="utf-8")


async def test_check_config_looks_at_the_files_as_they_are_now(house: House) -> None:
    owner, token = await house.user("owner", "admin")
    assert await house.rest("POST", CHECK, token) == (200, {"result": "valid", "errors": None, "warnings": None})
    edit(house, "theirs: {name: Theirs}", "theirs: {nam: Theirs}")
    status, answer = await house.rest("POST", CHECK, token)
    assert (status, answer["result"], answer["warnings"]) == (200, "invalid", None)
    assert answer["errors"].startswith("linli.yaml:9:14: helpers.input_boolean.theirs.nam: unknown key")
    await house.hub.rooms.auth.users.update(owner.id, {"language": "zh-Hans"}, actor=COMMAND_ACTOR)
    _, answer = await house.rest("POST", CHECK, token)
    assert "unknown" not in answer["errors"]
    assert house.hub.rooms.notifications.get("check_report") is not None


async def test_a_reload_of_a_broken_yaml_is_answered_with_its_lines(house: House) -> None:
    _, token = await house.user("owner", "admin")
    client = await house.connect(token)
    edit(house, "theirs: {name: Theirs}", "theirs: {nam: Theirs}")
    for domain, service in (("input_boolean", "reload"), ("homeassistant", "reload_all")):
        status, answer = await house.rest("POST", f"/api/services/{domain}/{service}", token)
        assert status == 400
        assert answer["message"].startswith("linli.yaml:9:14: ")
        refused = await client.ask("call_service", domain=domain, service=service)
        assert refused["error"]["message"].startswith("linli.yaml:9:14: ")
    assert house.hub.rooms.states.get(THEIRS) is not None


async def test_reload_all_takes_up_what_changed(house: House) -> None:
    _, token = await house.user("owner", "admin")
    _, resident = await house.user("li", "resident", FLAT)
    edit(house, "theirs: {name: Theirs}", "theirs: {name: Neighbours'}\n    third:")
    assert (await house.rest("POST", "/api/services/homeassistant/reload_all", resident))[0] == 401
    assert house.hub.rooms.states.get("input_boolean.third") is None
    assert (await house.rest("POST", "/api/services/homeassistant/reload_all", token))[0] == 200
    theirs = house.hub.rooms.states.get(THEIRS)
    assert theirs is not None
    assert theirs.attributes["friendly_name"] == "Neighbours'"
    assert house.hub.rooms.states.get("input_boolean.third") is not None


async def test_the_hub_says_since_when_it_runs(house: House) -> None:
    client = await house.connect((await house.user("li", "resident", FLAT))[1])
    answer = await client.result("linli/hub")
    assert answer["state"] == "RUNNING"
    before = house.hub.rooms.states.get(THEIRS)
    assert before is not None
    assert before.last_changed <= answer["started_at"]
    await house.turn(THEIRS)
    after = house.hub.rooms.states.get(THEIRS)
    assert after is not None
    assert after.last_changed > answer["started_at"]
