"""Scripts beyond what the comparison with Home Assistant shows: who may call them, what they show when broken."""

import pytest

from linli import Context, LinliError
from linli.auth import COMMAND_ACTOR
from linli.ids import PlaceId
from plugins.automation.home import home_with

SCRIPT = """
script:
  greet:
    alias: Greet
    icon: mdi:hand-wave
    fields: {who: {description: Whom}}
    sequence: [{action: test.note, data: {n: "{{ who }}"}}]
"""


async def test_a_script_is_a_service_and_an_entity(tmp_path):
    async with home_with(tmp_path, SCRIPT) as home:
        state = home.state("script.greet")
        assert (state.state, state.attributes["friendly_name"]) == ("off", "Greet")
        assert state.attributes["icon"] == "mdi:hand-wave"
        started = []
        home.rooms.bus.listen("script_started", started.append)
        await home.call("script.greet", who="you")
        assert home.done() == ["you"]
        assert started[0].data == {"name": "Greet", "entity_id": "script.greet"}


async def test_who_may_not_control_a_script_may_not_run_it(tmp_path):
    """Also one whose steps ask for no right of their own."""
    async with home_with(tmp_path, SCRIPT + "  tell: {sequence: [{event: told}]}\n") as home:
        users = home.rooms.auth.users
        user = await users.create("R", role="read-only", actor=COMMAND_ACTOR, places=[PlaceId("root")])
        context = Context(user.id).vouch()
        for name in ("greet", "tell"):
            for service, data in (
                (f"script.{name}", {"who": "x"}),
                ("script.turn_on", {"entity_id": f"script.{name}"}),
            ):
                with pytest.raises(LinliError):
                    await home.call(service, context, **data)
        assert home.done() == home.told() == []


async def test_a_broken_script_says_where_and_is_no_service(tmp_path):
    yaml = SCRIPT + "  bad:\n    sequence:\n      - {delay: soon}\n  turn_on: {sequence: []}\n"
    async with home_with(tmp_path, yaml) as home:
        assert home.state("script.bad").state == "unavailable"
        assert "linli.yaml:13:" in home.issues("script")["broken_bad"]
        assert "broken_turn_on" in home.issues("script")
        with pytest.raises(LinliError):
            await home.call("script.bad")
        await home.call("script.greet", who="you")
        assert home.done() == ["you"]


async def test_a_failing_script_names_its_step(tmp_path):
    yaml = "script: {bad: {sequence: [{delay: 0}, {action: test.fail}]}}\n"
    async with home_with(tmp_path, yaml) as home:
        with pytest.raises(LinliError):
            await home.call("script.bad")
        assert "sequence/1" in home.issues("script")["failed_bad"]


async def test_a_reload_takes_up_what_the_yaml_says_now(tmp_path):
    async with home_with(tmp_path, SCRIPT) as home:
        path = home.deployment.folder / "linli.yaml"
        path.write_text(path.read_text().replace("  greet:", "  welcome:"))
        await home.call("script.reload")
        assert home.state("script.greet") is None
        with pytest.raises(LinliError, match="not found"):
            await home.call("script.greet", who="x")
        await home.call("script.welcome", who="you")
        assert home.done() == ["you"]


async def test_a_durable_script_goes_on_over_a_restart(tmp_path):
    yaml = """
    script:
      long:
        durable: true
        sequence: [{delay: 60}, {action: test.note, data: {n: "{{ x }}"}}]
    """
    async with home_with(tmp_path, yaml) as home:
        await home.call("script.turn_on", entity_id="script.long", variables={"x": 7})
        await home.forward(20)
        now = home.clock.now()
    async with home_with(tmp_path, yaml, start=now) as home:
        await home.forward(39)
        assert home.done() == []
        await home.forward(2)
        assert home.done() == [7]
